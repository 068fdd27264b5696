import { expect, test } from 'vitest'
import { clusterFaultsText } from './format.ts'
import { faults } from './strikes.ts'
import { type ClusterFaultKind, clusterFaultKinds, type ClusterUnderTest } from './types.ts'

/** Of a cluster, what is looked at before anything is broken. */
const clusterWith = (...names: string[]) =>
  ({ parts: names.map((name) => ({ name })), partitioned: 'work-2' }) as unknown as ClusterUnderTest

const whyNot = (cluster: ClusterUnderTest) =>
  Object.fromEntries(
    clusterFaultKinds.flatMap((kind): [ClusterFaultKind, string][] => {
      const fault = faults[kind](cluster, () => 0)
      return typeof fault === 'string' ? [[kind, fault]] : []
    }),
  )

test('what a cluster has none of cannot be broken, and that is said', () => {
  expect(whyNot(clusterWith('gateway', 'front'))).toEqual({
    'relay-between': 'this cluster has no relays',
    'worker-asleep': 'this cluster has no workers',
    'worker-partitioned': 'this cluster has no work-2',
    'replica-paused': 'this cluster has no replicas',
  })
  expect(whyNot(clusterWith('relay-1', 'work-1', 'work-2', 'replica-north'))).toEqual({})
})

test('a run in which nothing could be tried is not shown as a good one', () => {
  const notTried = ['replica-paused: this cluster has no replicas']
  const text = clusterFaultsText({ seed: 7, good: false, tookMs: 0, strikes: [], notTried })
  expect(text).toBe('✗ Nothing was tried.\n  replica-paused: this cluster has no replicas')
})

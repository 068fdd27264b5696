import { openDatabase, sql } from '@souk/postgres'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { journeys } from './journeys.ts'
import { openClusterUnderTest, type OwnCluster } from '../../apps/souk/cluster/under-test.ts'

let cluster: OwnCluster
beforeAll(async () => {
  const beganAt = performance.now()
  cluster = await openClusterUnderTest({
    // Who stands by adds nothing to the way of an order, and half a minute to the start of two cores.
    change(description) {
      const { 'relay-2': _relay, 'work-1': _worker, ...programs } = description.programs
      return { ...description, programs }
    },
    onProgress: (text) =>
      process.stderr.write(`${((performance.now() - beganAt) / 1_000).toFixed(1).padStart(7)} s  ${text}\n`),
  })
})
let passed = 0
let failed = 0
afterEach(({ task }) => {
  if ((task.result?.errors ?? []).length > 0) failed += 1
  else passed += 1
})
afterAll(async () => {
  // What tests see is an answer that never came; why is in the logs, which go with the cluster.
  if (failed > 0 || passed === 0) process.stderr.write(`\n${cluster?.lastWords() ?? ''}\n`)
  await cluster?.stop()
})

journeys(() => cluster)

test('its orders lie on several databases', async () => {
  const counts = await Promise.all(
    cluster.shards.map(async (shard) => {
      const db = openDatabase({ url: cluster.adminUrl(shard), schema: 'orders', maxConnections: 1 })
      const { count } = await db.autocommit.one<{ count: number }>(sql`select count(*)::int as count from orders`)
      await db.close()
      return count
    }),
  )
  expect(counts.length).toBe(4)
  expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1)
})

import { openDatabase, sql } from '@souk/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
}, 240_000)
afterAll(() => cluster?.stop(), 60_000)

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

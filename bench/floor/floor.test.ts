import { testDatabase, type TestDatabase } from '@souk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runLoad } from '../load/index.ts'
import { startFloor, type RunningFloor } from './start.ts'

let database: TestDatabase
let floor: RunningFloor

beforeAll(async () => {
  database = await testDatabase([])
  floor = await startFloor(database.url)
})
afterAll(async () => {
  await floor?.stop()
  await database?.close()
})

test('the floor takes and settles every order it answers, in few commits', async () => {
  const result = await runLoad({
    baseUrl: floor.baseUrl,
    targets: [1, 2, 3].map((sku) => ({ path: '/orders', body: JSON.stringify({ lines: [{ sku, qty: 2 }] }) })),
    tokens: [],
    mode: { kind: 'closed' },
    connections: 20,
    count: 500,
    seed: 3,
  })
  expect(result).toMatchObject({ accepted: 500, refused: 0, indeterminate: 0 })
  await expect.poll(async () => (await floor.count()).completed, { timeout: 10_000 }).toBe(500)
  const [row] = await database.query(`
    select (select count(*)::int from floor.orders where status = 2) as confirmed,
      (select sum(sold)::int from floor.stock) as sold,
      (select count(*)::int from floor.payments) as paid,
      (select count(*)::int from floor.notifications) as told,
      (select count(*)::int < 250 from floor.outbox) as batched`)
  expect(row).toEqual({ confirmed: 500, sold: 1_000, paid: 500, told: 500, batched: true })
})

import { manualClock, type TestDatabase, testDatabase } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { housekeepingJobs } from './housekeeping.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase([{ service: 'orders', sets: [] }])
})
afterAll(() => database.close())

describe('a service is kept clean', () => {
  test('an answer is forgotten after 24 hours, not before', async () => {
    const clock = manualClock(new Date())
    const db = database.open('orders')
    const job = housekeepingJobs({ name: 'orders', db, parts: {} }, undefined, 'home', clock.clock).find(
      (one) => one.name === 'orders.forget-answers',
    )
    await database.query(
      `insert into orders.idempotency_keys (principal, key, route, body_hash) values ('p', 'k', 'r', '')`,
    )
    clock.advance(23 * 3_600_000)
    await job?.run()
    expect(await database.query('select 1 from orders.idempotency_keys')).toHaveLength(1)
    clock.advance(2 * 3_600_000)
    await job?.run()
    expect(await database.query('select 1 from orders.idempotency_keys')).toHaveLength(0)
  })

  test('a process that does not know all readers forgets no events', () => {
    const db = database.open('orders')
    const names = (all: Parameters<typeof housekeepingJobs>[1]) =>
      housekeepingJobs({ name: 'orders', db, parts: {} }, all, 'home', () => new Date()).map((job) => job.name)
    expect(names(undefined)).not.toContain('orders.forget-events')
    expect(names([{ name: 'orders', db, parts: {} }])).toContain('orders.forget-events')
  })
})

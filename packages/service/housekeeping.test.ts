import { fakeMetrics, manualClock, memoryLog, type TestDatabase, testDatabase } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { housekeepingJobs, watchDeadLetters } from './housekeeping.ts'

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

test('more than a hundred dead letters are an alarm, said once when it is crossed and once when it is over', async () => {
  const log = memoryLog()
  const metrics = fakeMetrics()
  const watch = watchDeadLetters([{ name: 'orders', db: database.open('orders'), parts: {} }], metrics, log)
  const park = (from: number, to: number, consumer: string) =>
    database.query(
      `insert into orders.dead_letters (id, consumer, source, shard, xid, seq, index, event_id, type, topic, key,
                                        schema_version, envelope, cause, attempts, parked_at)
       select gen_random_uuid(), $3, 's', 'home', '1', n, 0, '', '', '', '', 1, '', 'c', 5, now()
         from generate_series($1::int, $2) n`,
      [from, to, consumer],
    )
  await park(1, 60, 'orders.one')
  await park(61, 100, 'orders.two')
  await watch.look()
  expect(metrics.value('souk_dead_letters_alarm')).toBe(0)
  expect(metrics.value('souk_dead_letters', { consumer: 'orders.two' })).toBe(40)
  await park(101, 101, 'orders.two')
  await watch.look()
  await watch.look()
  expect(metrics.value('souk_dead_letters_alarm')).toBe(1)
  expect(log.lines).toMatchObject([{ level: 'error', total: 101, consumers: { 'orders.one': 60, 'orders.two': 41 } }])
  await database.query(
    `update orders.dead_letters set state = 'discarded', resolved_at = now() where consumer = 'orders.two'`,
  )
  await watch.look()
  watch.stop()
  expect(metrics.value('souk_dead_letters_alarm')).toBe(0)
  expect(metrics.value('souk_dead_letters', { consumer: 'orders.two' })).toBe(0)
  expect(log.lines.map(({ level }) => level)).toEqual(['error', 'info'])
})

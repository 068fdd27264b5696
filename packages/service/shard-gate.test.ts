import { type Database, sql } from '@souk/postgres'
import { type TestDatabase, testDatabase } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { commonMigrations } from './index.ts'
import { createShardGate } from './shard-gate.ts'
import { held } from './test-move.ts'

let database: TestDatabase
let db: Database
let lapses = 0
const gate = createShardGate({ shards: ['home'], isTrusted: () => true, lapses: () => lapses })
const shard = () => gate.seer('placing')({ name: 'home', db }).db

beforeAll(async () => {
  database = await testDatabase([{ service: 'books', sets: [commonMigrations] }])
  db = database.open('books', { maxConnections: 1 })
})
beforeEach(() => {
  lapses = 0
})
afterAll(() => database.close())

const announce = sql`insert into outbox (topic, event_count, batch) values ('books.book', 1, '')`
const announced = async () => (await database.query('select from books.outbox')).length

test('who waited for a connection and slept meanwhile sends nothing, for nobody has waited for him', async () => {
  const busy = held()
  const other = db.transaction(() => busy.here())
  await busy.reached
  const statement = shard().autocommit.run(announce)
  const transaction = shard().transaction((tx) => tx.run(announce))
  lapses += 1
  busy.letGo()
  await expect(statement).rejects.toMatchObject({ code: 'shards-unknown' })
  await expect(transaction).rejects.toMatchObject({ code: 'shards-unknown' })
  await other
  expect(await announced()).toBe(0)
  await shard().autocommit.run(announce)
  expect(await announced()).toBe(1)
  // The connection was given back whole.
  expect(db.stats()).toMatchObject({ open: 1, waiting: 0 })
})

test('who waited while the shop left is told to come again', async () => {
  gate.follow({ shardOf: ['home'], closed: new Map() })
  const busy = held()
  const other = db.transaction(() => busy.here())
  await busy.reached
  const statement = shard().autocommit.run(announce)
  gate.follow({ shardOf: ['elsewhere'], closed: new Map() })
  busy.letGo()
  await expect(statement).rejects.toMatchObject({ code: 'shop-moving' })
  await other
})

import { StockChangedSchema, type StockChanged } from '@souk/contracts/inventory'
import { eventually, type TestDatabase, testDatabase } from '@souk/testing'
import { Client } from 'pg'
import {
  createPostgresLog,
  createOutbox,
  defineEvent,
  type EventLog,
  newEvent,
  type NewEvent,
  type Outbox,
  type Position,
} from './index.ts'
import { encodeBatch } from './envelope.ts'

// For this package's tests: a service that writes events, one that consumes them, and two kinds of event.

const common = { name: 'common', folder: new URL('../service/migrations/', import.meta.url) }

const keyOf = (event: StockChanged) => event.variantId
export const counted = defineEvent({
  type: 'writer.counted',
  topic: 'writer.count',
  schemaVersion: 1,
  message: StockChangedSchema,
  keyOf,
})
export const noted = defineEvent({
  type: 'writer.noted',
  topic: 'writer.note',
  schemaVersion: 1,
  message: StockChangedSchema,
  keyOf,
})

export const countedEvent = (key: string, version: number, type = counted): NewEvent =>
  newEvent(type, { variantId: key, version: BigInt(version) }, { occurredAtMs: Date.now(), correlationId: 'test' })

export type Stage = {
  database: TestDatabase
  writer: ReturnType<TestDatabase['open']>
  reader: ReturnType<TestDatabase['open']>
  log: EventLog
  outbox: Outbox
  write(...events: NewEvent[]): Promise<void>
  /** The end of the log, once nothing is held back by transactions elsewhere on the server. */
  end(): Promise<Position>
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const database = await testDatabase([
    { service: 'writer', sets: [common] },
    { service: 'reader', sets: [common] },
  ])
  await database.query(`
    create table reader.effects (consumer text not null, key text not null, version bigint not null, at bigint generated always as identity);
    grant select, insert on reader.effects to souk_reader`)
  const log = createPostgresLog([{ name: 'main', db: database.open('souk_log') }])
  const outbox = createOutbox({ wake: (rows) => log.wake('writer', rows) })
  const writer = database.open('writer', { maxConnections: 10 })
  return {
    database,
    writer,
    reader: database.open('reader', { maxConnections: 10 }),
    log,
    outbox,
    write: (...events) => writer.transaction((tx) => outbox.append(tx, events)),
    end: () =>
      eventually(async () => {
        if ((await log.stalledSeconds('writer', 'main')) > 0) throw new Error('older transactions are still open')
        return await log.head('writer', 'main')
      }),
    close: () => database.close(),
  }
}

/** A session of its own, for transactions that overlap. */
export async function openSession(
  database: TestDatabase,
  service = 'writer',
): Promise<{
  run(text: string, values?: unknown[]): Promise<unknown[]>
  append(events: readonly NewEvent[]): Promise<void>
  close(): Promise<void>
}> {
  const client = new Client({ connectionString: database.urlFor(service) })
  await client.connect()
  await client.query(`set search_path = ${service}`)
  return {
    run: async (text, values) => (await client.query(text, values)).rows,
    append: async (events) => {
      await client.query('insert into outbox (topic, event_count, batch) values ($1, $2, $3)', [
        events[0]?.event.topic,
        events.length,
        encodeBatch(events),
      ])
    },
    close: () => client.end(),
  }
}

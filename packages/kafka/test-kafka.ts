import {
  createOutbox,
  createPostgresLog,
  type Event,
  type EventLog,
  newEvent,
  type NewEvent,
  defineEvent,
} from '@souk/events'
import { StockChangedSchema, type StockChanged } from '@souk/contracts/inventory'
import { fakeMetrics, memoryLog, type TestDatabase, testDatabase } from '@souk/testing'
import {
  createKafkaLog,
  createUnrelayed,
  type KafkaLog,
  type KafkaSettings,
  type Relay,
  relaySchema,
  type RelayOptions,
  startRelay,
} from './index.ts'

// For this package's tests: a service that writes events, one that consumes them, a relay between, and a real broker.

const common = { name: 'common', folder: new URL('../service/migrations/', import.meta.url) }
const keyOf = (event: StockChanged) => event.variantId
const about = { schemaVersion: 1, message: StockChangedSchema, keyOf }
export const counted = defineEvent({ type: 'writer.counted', topic: 'writer.count', ...about })
export const noted = defineEvent({ type: 'writer.noted', topic: 'writer.note', ...about })

export const countedEvent = (key: string, version: number, type = counted): NewEvent =>
  newEvent(type, { variantId: key, version: BigInt(version) }, { occurredAtMs: Date.now(), correlationId: 'test' })

export const versionOf = ({ payload }: Event): number => Number((payload as never as { version: bigint }).version)

export type Stage = {
  database: TestDatabase
  writer: ReturnType<TestDatabase['open']>
  reader: ReturnType<TestDatabase['open']>
  relayDb: ReturnType<TestDatabase['open']>
  /** The outboxes as PostgreSQL has them. */
  outboxes: EventLog
  log: KafkaLog
  settings: KafkaSettings
  write(...events: NewEvent[]): Promise<void>
  /** A row of any content. */
  writeRaw(topic: string, batch: Buffer): Promise<void>
  relay(more?: Partial<RelayOptions>): Relay
  /** A further log, as another process would have it. */
  openLog(): KafkaLog
  close(): Promise<void>
}

let stages = 0

export async function openStage(brokers: readonly string[], more: Partial<KafkaSettings> = {}): Promise<Stage> {
  const database = await testDatabase([
    { service: 'writer', sets: [common] },
    { service: 'reader', sets: [common] },
    relaySchema,
  ])
  await database.query(`
    create table reader.effects (consumer text not null, key text not null, version bigint not null, at bigint generated always as identity);
    grant select, insert on reader.effects to souk_reader`)
  const settings: KafkaSettings = {
    brokers,
    prefix: `souk${process.pid}x${++stages}`,
    partitions: 3,
    sessionMs: 2_000,
    ...more,
  }
  const logDb = database.open('souk_log')
  const outboxes = createPostgresLog([{ name: 'main', db: logDb }])
  const writer = database.open('writer', { maxConnections: 10 })
  const relayDb = database.open('relay')
  const logs: KafkaLog[] = []
  const relays: Relay[] = []
  const openLog = () => {
    const log = createKafkaLog({
      settings,
      logger: memoryLog(),
      clock: () => new Date(),
      onWake: (source) => outboxes.wake(source),
      unrelayedSeconds: createUnrelayed({ outboxes: logDb, db: relayDb, sources: ['writer'] }),
    })
    logs.push(log)
    return log
  }
  const log = openLog()
  const outbox = createOutbox({ wake: () => log.wake('writer') })
  return {
    database,
    writer,
    reader: database.open('reader', { maxConnections: 10 }),
    relayDb,
    outboxes,
    log,
    settings,
    write: (...events) => writer.transaction((tx) => outbox.append(tx, events)),
    async writeRaw(topic, batch) {
      await database.query('insert into writer.outbox (topic, event_count, batch) values ($1, 1, $2)', [topic, batch])
      outbox.wake()
    },
    relay(more) {
      const relay = startRelay({
        settings,
        shards: [{ name: 'main', log: outboxes, outboxes: logDb, db: relayDb }],
        sources: ['writer'],
        logger: memoryLog(),
        metrics: fakeMetrics(),
        holder: `relay-${relays.length}`,
        leaseMs: 1_000,
        ...more,
      })
      relays.push(relay)
      return relay
    },
    openLog,
    async close() {
      await Promise.all(relays.map((relay) => relay.stop()))
      await Promise.all(logs.map((each) => each.close()))
      await database.close()
    },
  }
}

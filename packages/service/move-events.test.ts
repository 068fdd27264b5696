import { kafkaForTests } from '@souk/engines/for-tests'
import { StockChangedSchema } from '@souk/contracts/inventory'
import {
  type Consumer,
  createConsumerMeters,
  createOutbox,
  defineEvent,
  type Event,
  type EventLog,
  newEvent,
  type RunningConsumer,
  runConsumer,
} from '@souk/events'
import { createKafkaLog, type Relay, createUnrelayed, relaySchema, startRelay } from '@souk/kafka'
import { type Database, sql } from '@souk/postgres'
import { eventually, fakeMetrics, memoryLog } from '@souk/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Reader } from './boot.ts'
import { isShardRefusal } from './shard-errors.ts'
import { type MoveStage, openMoveStage, type ShardName } from './test-move.ts'

const read = defineEvent({
  type: 'books.read',
  topic: 'books.book',
  schemaVersion: 1,
  message: StockChangedSchema,
  keyOf: (event) => event.variantId,
})
const versionOf = ({ payload }: Event) => Number((payload as never as { version: bigint }).version)
const both: readonly ShardName[] = ['home', 'east']
const clock = () => new Date()

const kafka = await kafkaForTests()
if (kafka.notTried !== undefined) process.stderr.write(`\n${kafka.notTried}\n\n`)
const carriers = kafka.notTried === undefined ? (['PostgreSQL', 'Kafka'] as const) : (['PostgreSQL'] as const)
if (kafka.notTried !== undefined) test.skip(kafka.notTried, () => {})

let stage: MoveStage
beforeAll(async () => {
  stage = await openMoveStage([relaySchema])
  await stage.databases.home.query(`
    create table ledger.entries (place bigint generated always as identity primary key, book_id uuid, version bigint);
    grant select, insert on ledger.entries to souk_ledger`)
})
afterAll(async () => {
  await stage.close()
  if (kafka.notTried === undefined) await kafka.close()
})

describe.each(carriers)('a shop that moves while %s carries what is announced of it', (carrier) => {
  let log: EventLog
  let closeLog = async () => {}
  let relay: Relay | undefined
  let readers: Reader[]
  let consumers: RunningConsumer[]
  let process: Awaited<ReturnType<MoveStage['process']>>
  let books: string[]

  const relayDbs = new Map<string, Database>()
  const settings = {
    brokers: kafka.notTried === undefined ? kafka.kafka.brokers : [],
    prefix: `moving${globalThis.process.pid}`,
    partitions: 3,
    sessionMs: 2_000,
  }

  const logDbOf = (name: 'home' | 'east') => stage.databases[name].open('souk_log')

  function sendToKafka(): Relay {
    const relays = both.map((name) =>
      startRelay({
        settings,
        shards: [
          {
            name,
            log: stage.outboxes,
            outboxes: logDbOf(name),
            db: relayDbs.get(name) as Database,
          },
        ],
        sources: ['books'],
        logger: memoryLog(),
        metrics: fakeMetrics(),
        leaseMs: 1_000,
      }),
    )
    return {
      stop: async () => void (await Promise.all(relays.map((each) => each.stop()))),
      lag: async () => ({ events: 0, seconds: 0 }),
    }
  }

  beforeEach(async () => {
    await stage.reset()
    await stage.databases.home.query('truncate ledger.entries')
    process = await stage.process()
    log = stage.outboxes
    if (carrier === 'Kafka') {
      for (const name of both) if (!relayDbs.has(name)) relayDbs.set(name, stage.databases[name].open('relay'))
      const unrelayed = new Map(
        both.map((name) => {
          const db = relayDbs.get(name) as Database
          return [name as string, createUnrelayed({ outboxes: logDbOf(name), db, sources: ['books'] })]
        }),
      )
      const kafkaLog = createKafkaLog({
        settings,
        logger: memoryLog(),
        clock,
        outboxes: stage.outboxes,
        onWake: (source) => stage.outboxes.wake(source),
        unrelayedSeconds: async (source, shard) => (await unrelayed.get(shard)?.(source)) ?? 0,
      })
      log = kafkaLog
      closeLog = kafkaLog.close
      relay = sendToKafka()
    }
    const notes: Consumer = {
      name: 'books.hearing',
      events: [read],
      batchSize: 7,
      async handle(tx, events) {
        await tx.run(sql`insert into heard (book_id, version)
          select * from unnest(${events.map(({ key }) => key)}::uuid[], ${events.map(versionOf)}::bigint[])`)
      },
    }
    const entries: Consumer = {
      name: 'ledger.entries',
      events: [read],
      batchSize: 5,
      async handle(tx, events) {
        await tx.run(sql`insert into entries (book_id, version)
          select * from unnest(${events.map(({ key }) => key)}::uuid[], ${events.map(versionOf)}::bigint[])`)
      },
    }
    const ledger = stage.databases.home.open('ledger')
    readers = both.flatMap((name): Reader[] => [
      { consumer: notes, shard: name, db: stage.databases[name].open('books'), within: name },
      { consumer: entries, shard: name, db: ledger, within: undefined },
    ])
    consumers = readers.map(({ consumer, shard, db, within }) =>
      runConsumer({
        consumer,
        log,
        db: within === undefined ? db : process.shardMap.forConsumer({ name: within, db }, 'inside'),
        shard,
        logger: memoryLog(),
        clock,
        meters: createConsumerMeters(fakeMetrics()),
        standbyMs: 20,
      }),
    )
    books = []
    for (const title of ['a', 'b', 'c', 'd', 'e']) books.push(await stage.write(title))
  })
  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop()))
    await relay?.stop()
    relay = undefined
    await closeLog()
    closeLog = async () => {}
  })

  /** Somebody turns pages all the while, wherever the books lie. */
  function startReading() {
    const outbox = createOutbox({ wake: () => log.wake('books') })
    const turned = new Map<string, number>()
    let stopping = false
    const turn = async (id: string) => {
      try {
        // New work, as orders are: it is the first that waits.
        const { db } = process.shards.toPlaceOn(process.shards.ofId(id).name)
        await db.transaction(async (tx) => {
          const { version } = await tx.one<{ version: number }>(
            sql`update books set pages = pages + 1 where book_id = ${id} returning pages - 120 as version`,
          )
          const payload = { variantId: id, version: BigInt(version) }
          await outbox.append(tx, [newEvent(read, payload, { occurredAtMs: Date.now(), correlationId: 'moving' })])
          tx.afterCommit(() => turned.set(id, version))
        })
      } catch (error) {
        if (!isShardRefusal(error)) throw error
      }
    }
    const reading = Promise.all(
      books.map(async (id) => {
        while (!stopping) {
          await turn(id)
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }),
    )
    return {
      turned,
      async stop() {
        stopping = true
        await reading
      },
    }
  }

  test('everything is handled once, in its order, and where the shop is', async () => {
    const reader = startReading()
    const deps = { readers, eventLog: log, isDivided: (service: string) => service === 'books' }
    for (const [turn, to] of (['east', 'home', 'east'] as const).entries()) {
      let back = Promise.resolve()
      await stage.move(to, {
        ...deps,
        closedAtMostMs: 60_000,
        catchUpMs: 60_000,
        async at(step) {
          if (carrier !== 'Kafka' || turn !== 1 || step !== 'copied') return
          // The relay is away for a while; what it has not sent is still to be waited for.
          await relay?.stop()
          back = new Promise((resolve) => setTimeout(resolve, 700)).then(() => {
            relay = sendToKafka()
          })
        },
      })
      await back
      expect(await stage.whereItLies()).toBe(to)
    }
    await reader.stop()
    const expected = (id: string) => Array.from({ length: reader.turned.get(id) ?? 0 }, (_, at) => at + 1)
    await eventually(
      async () => {
        for (const id of books) {
          const heard = await stage.databases.east.query<{ version: string }>(
            'select version from books.heard where book_id = $1 order by version',
            [id],
          )
          expect(heard.map(({ version }) => Number(version))).toEqual(expected(id))
          const entries = await stage.databases.home.query<{ version: string }>(
            'select version from ledger.entries where book_id = $1 order by place',
            [id],
          )
          expect(entries.map(({ version }) => Number(version))).toEqual(expected(id))
        }
      },
      { timeoutMs: 60_000 },
    )
    expect(Math.min(...books.map((id) => reader.turned.get(id) ?? 0))).toBeGreaterThan(5)
    expect(await stage.databases.home.query('select from books.heard')).toEqual([])
    for (const name of both) expect(await stage.databases[name].query('select from books.dead_letters')).toEqual([])
  }, 180_000)

  test('an event that nobody handles keeps it where it is', async () => {
    const reader = startReading()
    await eventually(() => expect(reader.turned.size).toBe(books.length), { timeoutMs: 30_000 })
    await Promise.all(consumers.map((consumer) => consumer.stop()))
    const deps = { readers, eventLog: log, isDivided: (service: string) => service === 'books' }
    await expect(stage.move('east', { ...deps, catchUpMs: 500 })).rejects.toThrow('too far behind on home')
    await reader.stop()
    expect(await stage.titles('east')).toEqual([])
    expect(await stage.whereItLies()).toBe('home')
  }, 60_000)
})

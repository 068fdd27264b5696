import {
  beginning,
  createConsumerMeters,
  createOutbox,
  decodeBatch,
  encodeBatch,
  offsetsIn,
  runConsumer,
  type RunningConsumer,
} from '@souk/events'
import { sql } from '@souk/postgres'
import { eventually, fakeMetrics, memoryLog } from '@souk/testing'
import { kafkaForTests } from '@souk/engines/for-tests'
import { Producer } from '@platformatic/kafka'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createKafkaLog, type KafkaLog, relayState, sendAgain } from './index.ts'
import { recordProgress, takeLease } from './relay.sql.ts'
import { counted, countedEvent, openStage, type Stage, versionOf } from './test-kafka.ts'

const given = await kafkaForTests()
if (given.notTried !== undefined) {
  process.stderr.write(`\n${given.notTried}\n\n`)
  test.skip(given.notTried, () => {})
} else {
  const { kafka } = given
  afterAll(() => given.close())

  let stage: Stage
  const consumers: RunningConsumer[] = []
  beforeEach(async () => {
    stage = await openStage(kafka.brokers)
  })
  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()))
    await stage.close()
  })

  const name = 'reader.relayed'
  function consume(log: KafkaLog = stage.log) {
    const logger = memoryLog()
    const consumer = runConsumer({
      consumer: {
        name,
        events: [counted],
        handle: (tx, events) =>
          tx
            .run(sql`insert into effects (consumer, key, version)
              select ${name}, * from unnest(${events.map((event) => event.key)}::text[],
                ${events.map(versionOf)}::bigint[])`)
            .then(() => {}),
      },
      log,
      db: stage.reader,
      shard: 'main',
      logger,
      clock: () => new Date(),
      meters: createConsumerMeters(fakeMetrics()),
      standbyMs: 20,
    })
    consumers.push(consumer)
    return { consumer, logger }
  }
  const applied = async (key: string) =>
    (
      await stage.reader.autocommit.many<{ version: number }>(
        sql`select version from effects where key = ${key} order by at`,
      )
    ).map(({ version }) => Number(version))
  const upTo = (version: number) => Array.from({ length: version }, (_, at) => at + 1)
  const write = (from: number, to: number) =>
    stage.write(
      ...upTo(to)
        .slice(from - 1)
        .map((version) => countedEvent('k', version)),
    )
  /** Everything that lies in Kafka, records sent twice included. */
  const inKafka = async () => {
    const keys: number[] = []
    for (const lane of await stage.log.lanes('writer', 'main', [counted.topic])) {
      const { rows } = await stage.log.read('writer', lane, beginning, { limitEvents: 10_000 })
      keys.push(...rows.flatMap((row) => decodeBatch(row.batch).map(() => row.seq)))
    }
    return keys
  }
  const recordsInKafka = async () => {
    const log = createKafkaLog({ settings: stage.settings, logger: memoryLog(), clock: () => new Date() })
    let events = 0
    for (const lane of await log.lanes('writer', 'main', [counted.topic]))
      events += (await log.lag('writer', lane, beginning, {})).events
    await log.close()
    return events
  }

  describe('the relay', () => {
    test('of two, one works; when it hangs or ends the other takes over, and nothing is lost or counts twice', async () => {
      const first = stage.relay({ holder: 'first' })
      await eventually(async () =>
        expect(await relayState(stage.relayDb)).toMatchObject([{ holder: 'first', held: true }]),
      )
      stage.relay({ holder: 'second' })
      consume()
      await write(1, 3)
      await eventually(async () => expect(await applied('k')).toEqual(upTo(3)))
      expect(await relayState(stage.relayDb)).toMatchObject([{ holder: 'first', epoch: '1' }])
      await first.stop()
      await write(4, 6)
      await eventually(async () => expect(await applied('k')).toEqual(upTo(6)))
      expect(await relayState(stage.relayDb)).toMatchObject([{ holder: 'second', epoch: '2' }])
    })

    test('what another process wrote is found by looking, and the lease is kept while there is nothing', async () => {
      stage.relay({ leaseMs: 400 })
      consume()
      await write(1, 1)
      await eventually(async () => expect(await applied('k')).toEqual([1]))
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      const elsewhere = createOutbox({ wake() {} })
      await stage.writer.transaction((tx) => elsewhere.append(tx, [countedEvent('k', 2)]))
      await eventually(async () => expect(await applied('k')).toEqual([1, 2]))
      expect(await relayState(stage.relayDb)).toMatchObject([{ epoch: '1', held: true }])
    })

    test('one that slept through a change of hands can record nothing', async () => {
      const stale = await takeLease(stage.relayDb.autocommit, 'writer', 'sleeper', 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
      stage.relay({ holder: 'awake' })
      consume()
      await write(1, 3)
      await eventually(async () => expect(await applied('k')).toEqual(upTo(3)))
      const progress = async () => (await relayState(stage.relayDb))[0]
      const before = await progress()
      const far = { xid: '99999999', seq: 0, index: 0 }
      expect(await recordProgress(stage.relayDb.autocommit, 'writer', stale?.epoch ?? '', far, 1_000)).toBe(0)
      expect(await progress()).toMatchObject({ xid: before?.xid, holder: 'awake' })
    })

    test('one killed after sending and before recording: its successor finds in Kafka what was sent', async () => {
      const relay = stage.relay({ holder: 'killed' })
      await write(1, 5)
      await eventually(async () => expect((await inKafka()).length).toBe(5))
      await relay.stop()
      // As if the step had been sent and never recorded.
      await stage.database.query(`update relay.leases set xid = '0', seq = 0`)
      stage.relay({ holder: 'successor' })
      consume()
      await write(6, 7)
      await eventually(async () => expect(await applied('k')).toEqual(upTo(7)))
      expect(await recordsInKafka()).toBe(7)
    })

    test('what was sent twice all the same takes effect once', async () => {
      stage.relay()
      const { consumer } = consume()
      await write(1, 5)
      await eventually(async () => expect(await applied('k')).toEqual(upTo(5)))
      const where = { log: stage.outboxes, db: stage.relayDb, shard: 'main' }
      await sendAgain(where, 'writer', new Date(0))
      await eventually(async () => expect(await recordsInKafka()).toBe(10))
      await write(6, 6)
      await eventually(async () => expect(await applied('k')).toEqual(upTo(6)))
      await consumer.stop()
      consumers.length = 0
      // Also for one that begins anew, with a log that has read nothing yet.
      consume(stage.openLog())
      await write(7, 7)
      await eventually(async () => expect(await applied('k')).toEqual(upTo(7)))
    })

    test('a broker that is killed and comes back interrupts, and loses nothing', async () => {
      stage.relay()
      consume()
      await write(1, 2)
      await eventually(async () => expect(await applied('k')).toEqual([1, 2]))
      const writing = (async () => {
        for (let version = 3; version <= 40; version += 1) {
          await write(version, version)
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      })()
      await kafka.kill()
      await kafka.start()
      await writing
      await eventually(async () => expect(await applied('k')).toEqual(upTo(40)), { timeoutMs: 60_000 })
    })

    test('events that Kafka lost are noticed by who has not read them, and take effect once they are sent again', async () => {
      stage.relay()
      const { consumer } = consume()
      await write(1, 2)
      await eventually(async () => expect(await applied('k')).toEqual([1, 2]))
      await consumer.stop()
      consumers.length = 0
      await write(3, 4)
      await eventually(async () => expect((await inKafka()).length).toBe(4))
      await deleteRecords(stage)
      await write(5, 6)
      const logger = memoryLog()
      const log = createKafkaLog({ settings: stage.settings, logger, clock: () => new Date() })
      const late = consume(log)
      await eventually(() =>
        expect(logger.lines).toContainEqual(
          expect.objectContaining({ message: expect.stringContaining('events are missing in Kafka') }),
        ),
      )
      expect(await applied('k')).toEqual([1, 2])
      await sendAgain({ log: stage.outboxes, db: stage.relayDb, shard: 'main' }, 'writer', new Date(0))
      await eventually(async () => expect(await applied('k')).toEqual(upTo(6)))
      await late.consumer.stop()
      consumers.length = 0
      await log.close()
    })

    test('a consumer that read PostgreSQL before goes on where it was', async () => {
      await write(1, 3)
      const head = await eventually(async () => {
        expect(await stage.outboxes.stalledSeconds('writer', 'main')).toBe(0)
        return await stage.outboxes.head('writer', 'main')
      })
      await stage.reader.autocommit.run(sql`insert into consumer_offsets (consumer, source, shard, xid, seq, index)
        values (${name}, 'writer', 'main', ${head.xid}::xid8, 0, 0)`)
      await write(4, 5)
      stage.relay()
      consume()
      await eventually(async () => expect(await applied('k')).toEqual([4, 5]))
      await eventually(async () =>
        expect((await offsetsIn(stage.reader)).map(({ shard }) => shard)).toContain('main/writer.count/0'),
      )
    })
  })

  describe('a log written by Debezium', () => {
    test('each outbox row is one record; what comes twice, deletes and tombstones change nothing', async () => {
      const topic = `${stage.settings.prefix}.main.writer.outbox`
      const log = createKafkaLog({
        settings: { ...stage.settings, partitions: 1 },
        logger: memoryLog(),
        clock: () => new Date(),
        writtenBy: 'debezium',
      })
      const producer = new Producer({ clientId: 'debezium', bootstrapBrokers: [...kafka.brokers] })
      const { consumer } = consume(log)
      await log.lanes('writer', 'main', [counted.topic])
      const row = (lsn: number, versions: number[], more: object = {}) => ({
        topic,
        partition: 0,
        value: Buffer.from(JSON.stringify({ payload: { ...debeziumRecord(lsn, versions), ...more } })),
      })
      const first = row(24_000_200, [1, 2])
      const messages = [
        first,
        row(24_000_400, [3]),
        first,
        row(24_000_600, [], { op: 'd', after: null }),
        { topic, partition: 0 },
        row(24_000_800, [4]),
      ]
      await producer.send({ messages, acks: -1 })
      await eventually(async () => expect(await applied('k')).toEqual([1, 2, 3, 4]))
      await consumer.stop()
      consumers.length = 0
      await producer.close()
      await log.close()
    })
  })
}

/** As version 3 of the connector writes a row of the outbox with binary.handling.mode=base64; xid8 it does not know. */
function debeziumRecord(lsn: number, versions: readonly number[]) {
  const batch = encodeBatch(versions.map((version) => countedEvent('k', version)))
  return {
    before: null,
    after: {
      seq: lsn % 1_000,
      topic: counted.topic,
      event_count: versions.length,
      batch: batch.toString('base64'),
      written_at: '2026-03-01T10:00:00.000000Z',
      kinds: [counted.type],
    },
    source: {
      version: '3.3.1.Final',
      connector: 'postgresql',
      sequence: JSON.stringify([String(lsn - 100), String(lsn)]),
      schema: 'writer',
      table: 'outbox',
      lsn,
      txId: 800,
    },
    op: 'c',
    ts_ms: 1_772_359_200_000,
  }
}

async function deleteRecords(stage: Stage): Promise<void> {
  const { Admin } = await import('@platformatic/kafka')
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...stage.settings.brokers] })
  const partitions = [0, 1, 2].map((partition) => ({ partition, offset: -1n }))
  await admin.deleteRecords({ topics: [{ name: `${stage.settings.prefix}.${counted.topic}.main`, partitions }] })
  await admin.close()
}

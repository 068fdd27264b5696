import { sql, type Database, type Tx } from '@souk/postgres'
import { eventually, fakeMetrics, memoryLog } from '@souk/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type RunConsumerOptions, runConsumer, type RunningConsumer } from './consumer.ts'
import { createConsumerMeters } from './meters.ts'
import { listDeadLetters, replayDeadLetters } from './dead-letters.ts'
import { offsetsIn } from './retention.ts'
import { rewindConsumer } from './rewind.ts'
import { tail } from './tail.ts'
import type { EventLog } from './log.ts'
import type { Consumer, Event, EventType, NewEvent } from './types.ts'

/** What the suite needs: a source that writes, a database that consumes (with a table `effects`), and the log between. */
export type ConsumersUnderTest = {
  log: EventLog
  /** The same log as another process has it. */
  openLog(): EventLog
  source: string
  shard: string
  reader: Database
  counted: EventType
  /** An event of that kind. */
  event(key: string, version: number): NewEvent
  /** The same in a version of the schema that consumers here do not know. */
  eventOfTomorrow(key: string): NewEvent
  versionOf(event: Event): number
  write(...events: NewEvent[]): Promise<void>
  /** A row of any content. */
  writeRaw(batch: Buffer): Promise<void>
  /** Have everything written so far delivered once more, if this log ever does that. */
  deliverAgain(): Promise<void>
  /** Forget everything written so far, as retention would. */
  forgetAll(): Promise<void>
  /** How many processes can share a consumer's work at once. */
  sharedBy: number
  close(): Promise<void>
}

const quick = { attempts: 3, firstMs: 1, longestMs: 4, jitter: 0.25 }

/** What every log must do for those who consume it. Call it from a test file of the implementation. */
export function describeConsumers(name: string, open: () => Promise<ConsumersUnderTest>): void {
  describe(`consumers of the event log (${name})`, () => {
    let given: ConsumersUnderTest
    beforeAll(async () => {
      given = await open()
    })
    afterAll(() => given.close())

    const running = new Set<RunningConsumer>()
    afterEach(async () => {
      await Promise.all([...running].map((consumer) => consumer.stop()))
      running.clear()
    })
    let names = 0
    const freshName = () => `reader.suite_${++names}`

    function start(consumer: Consumer, more: Partial<RunConsumerOptions> = {}): RunningConsumer {
      const started = runConsumer({
        consumer,
        log: given.log,
        db: given.reader,
        shard: given.shard,
        logger: memoryLog(),
        clock: () => new Date(),
        meters: createConsumerMeters(fakeMetrics()),
        backoff: quick,
        standbyMs: 20,
        ...more,
      })
      running.add(started)
      return started
    }
    const stop = async (consumer: RunningConsumer) => {
      running.delete(consumer)
      await consumer.stop()
    }

    const record = (tx: Tx, consumer: string, events: readonly Event[]) =>
      tx.run(sql`insert into effects (consumer, key, version)
        select ${consumer}, * from unnest(${events.map((event) => event.key)}::text[],
                                          ${events.map((event) => given.versionOf(event))}::bigint[])`)
    const recorder = (name: string, more: Partial<Consumer> = {}): Consumer => ({
      name,
      events: [given.counted],
      handle: async (tx, events) => void (await record(tx, name, events)),
      ...more,
    })
    /** Versions applied, by key, in the order of their transactions. */
    const effects = async (consumer: string) => {
      const rows = await given.reader.autocommit.many<{ key: string; version: number }>(
        sql`select key, version from effects where consumer = ${consumer} order by at`,
      )
      return Map.groupBy(rows, ({ key }) => key)
    }
    const versions = async (consumer: string, key: string) =>
      ((await effects(consumer)).get(key) ?? []).map(({ version }) => Number(version))
    const counting = (to: number) => Array.from({ length: to }, (_, at) => at + 1)
    const parked = (consumer: string) => listDeadLetters(given.reader.autocommit, { consumer })

    test('many writers, many keys: nothing is lost, nothing counts twice, and each key keeps its order', async () => {
      const name = freshName()
      const keys = counting(12).map((number) => `${name}-${number}`)
      start(recorder(name, { batchSize: 50 }))
      await Promise.all(
        keys.map(async (key) => {
          for (const version of counting(25)) await given.write(given.event(key, version))
        }),
      )
      await eventually(async () => {
        for (const key of keys) expect(await versions(name, key)).toEqual(counting(25))
      })
      expect(await parked(name)).toEqual([])
    })

    test('a process joins and another leaves while events come: each takes effect once, in order', async () => {
      const name = freshName()
      const keys = counting(9).map((number) => `${name}-${number}`)
      const by = new Map<string, number>()
      const asProcess = (process: string) =>
        recorder(name, {
          batchSize: 20,
          handle: async (tx, events) => {
            await record(tx, name, events)
            by.set(process, (by.get(process) ?? 0) + 1)
          },
        })
      const first = start(asProcess('first'), { log: given.openLog() })
      let version = 0
      const writeRound = async () => {
        version += 1
        await given.write(...keys.map((key) => given.event(key, version)))
      }
      for (let round = 0; round < 10; round += 1) await writeRound()
      await eventually(async () => {
        const applied = await effects(name)
        expect(keys.filter((key) => !applied.has(key))).toEqual([])
      })
      const second = start(asProcess('second'), { log: given.openLog() })
      // With one lane the second may never get a turn; with several it must get some of them.
      await eventually(
        async () => {
          await writeRound()
          if (given.sharedBy > 1) expect(by.get('second') ?? 0).toBeGreaterThan(0)
        },
        { everyMs: 50 },
      )
      for (let round = 0; round < 10; round += 1) await writeRound()
      await stop(first)
      for (let round = 0; round < 10; round += 1) await writeRound()
      await eventually(async () => {
        for (const key of keys) expect(await versions(name, key)).toEqual(counting(version))
      })
      expect(by.get('second')).toBeGreaterThan(0)
      await stop(second)
    })

    test('what is delivered again changes nothing', async () => {
      const name = freshName()
      const consumer = start(recorder(name))
      await given.write(...counting(20).map((version) => given.event(name, version)))
      await eventually(async () => expect(await versions(name, name)).toEqual(counting(20)))
      await given.deliverAgain()
      await given.write(given.event(name, 21))
      await eventually(async () => expect(await versions(name, name)).toEqual(counting(21)))
      await stop(consumer)
      start(recorder(name))
      await given.write(given.event(name, 22))
      await eventually(async () => expect(await versions(name, name)).toEqual(counting(22)))
    })

    test('a handler that fails after its work has done nothing, and the retry does it once', async () => {
      const name = freshName()
      let failures = 2
      start(
        recorder(name, {
          handle: async (tx, events) => {
            await record(tx, name, events)
            if (events.some((event) => event.key === name) && failures-- > 0) throw new Error('for a moment')
          },
        }),
      )
      await given.write(given.event(name, 1), given.event(name, 2))
      await eventually(async () => expect(await versions(name, name)).toEqual([1, 2]))
      expect(await parked(name)).toEqual([])
    })

    test('one poisoned event among many is found and parked; the others are applied, and it can be replayed', async () => {
      const name = freshName()
      let poisonous = true
      const consumer = recorder(name, {
        handle: async (tx, events) => {
          if (poisonous && events.some((event) => event.key === name && given.versionOf(event) === 13))
            throw new Error('thirteen')
          await record(tx, name, events)
        },
      })
      await given.write(...counting(40).map((version) => given.event(name, version)))
      start(consumer)
      await eventually(async () => expect((await versions(name, name)).length).toBe(39))
      expect(await versions(name, name)).toEqual(counting(40).filter((version) => version !== 13))
      const [letter, ...others] = await parked(name)
      expect(others).toEqual([])
      expect(letter).toMatchObject({ key: name, type: given.counted.type, cause: 'Error: thirteen', state: 'parked' })
      poisonous = false
      const replay = { db: given.reader, consumers: [consumer], clock: () => new Date() }
      expect((await replayDeadLetters(replay, [letter?.id ?? ''])).replayed).toEqual([letter?.id])
      expect((await versions(name, name)).at(-1)).toBe(13)
    })

    test('bytes that are no events, and a version nobody here knows, are parked with their reason and stop nobody', async () => {
      const name = freshName()
      start(recorder(name))
      await given.write(given.event(name, 1))
      await given.writeRaw(Buffer.from('no batch of events'))
      await given.write(given.eventOfTomorrow(name))
      await given.write(given.event(name, 2))
      await eventually(async () => expect(await versions(name, name)).toEqual([1, 2]))
      await eventually(async () => {
        const causes = (await parked(name)).map(({ cause }) => cause)
        expect(causes).toContainEqual(expect.stringContaining('the batch cannot be read'))
        expect(causes).toContainEqual(
          expect.stringContaining(`schema version 2 of ${given.counted.type} is not known here`),
        )
      })
    })

    test('a consumer can be sent back to a time, and to the beginning', async () => {
      const name = freshName()
      const consumer = recorder(name)
      await given.write(given.event(name, 1), given.event(name, 2))
      const started = start(consumer)
      await eventually(async () => expect(await versions(name, name)).toEqual([1, 2]))
      await new Promise((resolve) => setTimeout(resolve, 20))
      const noon = new Date()
      await new Promise((resolve) => setTimeout(resolve, 20))
      await given.write(given.event(name, 3))
      await eventually(async () => expect(await versions(name, name)).toEqual([1, 2, 3]))
      const options = { consumer, log: given.log, db: given.reader, shard: given.shard }
      await rewindConsumer({ ...options, to: noon })
      // Whoever works finds the offset moved with the next event, or when it looks after some idle seconds.
      await given.write(given.event(name, 4))
      await eventually(async () => expect(await versions(name, name)).toEqual([1, 2, 3, 3, 4]))
      await stop(started)
      await rewindConsumer({ ...options, to: { xid: '0', seq: 0, index: 0 } })
      start(consumer)
      await eventually(async () => expect(await versions(name, name)).toEqual([1, 2, 3, 3, 4, 1, 2, 3, 4]))
    })

    test('what passes by can be watched, from the beginning and from now on', async () => {
      const name = freshName()
      await given.write(given.event(name, 1))
      const seen = async (options: Partial<Parameters<typeof tail>[0]>) => {
        const keys: string[] = []
        const { log, source, shard } = given
        for await (const { event } of tail({ log, source, shard, events: [given.counted], ...options }))
          if (event !== undefined) {
            keys.push(event.key)
            if (options.signal && event.key === `${name}-now`) break
          }
        return keys
      }
      await eventually(async () =>
        expect(await seen({ from: { xid: '0', seq: 0, index: 0 }, follow: false })).toContain(name),
      )
      const watching = seen({ signal: AbortSignal.timeout(20_000) })
      const writing = setInterval(() => void given.write(given.event(`${name}-now`, 1)), 50)
      const keys = await watching
      clearInterval(writing)
      expect(keys).toContain(`${name}-now`)
      expect(keys).not.toContain(name)
    })

    test('an event that comes alone is handled at once', async () => {
      const name = freshName()
      const consumer = recorder(name)
      start(consumer)
      await given.write(given.event(name, 0))
      await eventually(async () => expect(await versions(name, name)).toEqual([0]))
      const tookMs: number[] = []
      for (const version of counting(15)) {
        // Longer than the waits between looks grow.
        await new Promise((resolve) => setTimeout(resolve, 100))
        const began = performance.now()
        await given.write(given.event(name, version))
        await eventually(async () => expect((await versions(name, name)).length).toBe(version + 1), { everyMs: 2 })
        tookMs.push(performance.now() - began)
      }
      const median = tookMs.toSorted((a, b) => a - b)[7] as number
      // 10 to 40 ms on an idle machine; the rest is for one that is not.
      expect(median).toBeLessThan(1_000)
    })

    test('after retention a new consumer begins with the oldest event kept, and the others go on', async () => {
      const old = freshName()
      const consumer = start(recorder(old))
      await given.write(given.event(old, 1))
      await eventually(async () => expect(await versions(old, old)).toEqual([1]))
      await given.forgetAll()
      await given.write(given.event(old, 2))
      await eventually(async () => expect(await versions(old, old)).toEqual([1, 2]))
      await stop(consumer)
      const fresh = freshName()
      start(recorder(fresh))
      await eventually(async () => expect(await versions(fresh, old)).toEqual([2]))
      expect((await offsetsIn(given.reader)).some((offset) => offset.consumer === fresh)).toBe(true)
    })
  })
}

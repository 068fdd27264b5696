import { DomainError } from '@souk/errors'
import { DatabaseUnavailable, OutcomeUnknown, sql, type Tx } from '@souk/postgres'
import { eventually, fakeMetrics, memoryLog } from '@souk/testing'
import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest'
import { encodeBatch } from './envelope.ts'
import {
  createConsumerMeters,
  type Consumer,
  discardDeadLetter,
  type Event,
  forgetPassedEvents,
  isEvent,
  listDeadLetters,
  offsetsIn,
  purgeDeadLetters,
  replayDeadLetters,
  runConsumer,
  type RunningConsumer,
  showDeadLetter,
  tail,
} from './index.ts'
import { counted, countedEvent, noted, openSession, openStage, type Stage } from './test-log.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

const running: RunningConsumer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((consumer) => consumer.stop()))
})

let names = 0
const freshName = () => `reader.test_${++names}`
const quick = { attempts: 5, firstMs: 1, longestMs: 4, jitter: 0.25 }

function start(consumer: Consumer, more: Partial<Parameters<typeof runConsumer>[0]> = {}) {
  const logger = memoryLog()
  const metrics = fakeMetrics()
  const started = runConsumer({
    consumer,
    log: stage.log,
    db: stage.reader,
    shard: 'main',
    logger,
    clock: () => new Date(),
    meters: createConsumerMeters(metrics),
    backoff: quick,
    standbyMs: 20,
    ...more,
  })
  running.push(started)
  return { ...started, logger, metrics }
}

/** The visible effect of the tests' consumers: one row per event applied. */
const record = (tx: Tx, consumer: string, events: readonly Event[]) => {
  const ours = events.filter((event) => isEvent(event, counted) || isEvent(event, noted))
  return tx.run(sql`insert into effects (consumer, key, version)
    select ${consumer}, * from unnest(${ours.map((event) => event.key)}::text[],
                                      ${ours.map((event) => String((event.payload as never as { version: bigint }).version))}::bigint[])`)
}
const effects = async (consumer: string) =>
  (
    await stage.reader.autocommit.many<{ key: string; version: number }>(
      sql`select key, version from effects where consumer = ${consumer} order by at`,
    )
  ).map(({ key, version }) => `${key}${version}`)

const recorder = (name: string, more: Partial<Consumer> = {}): Consumer => ({
  name,
  events: [counted],
  handle: async (tx, events) => {
    await record(tx, name, events)
  },
  ...more,
})

/** A consumer's place at the end of the log, so that a test sees only its own events. */
async function fromNow(name: string): Promise<void> {
  const head = await stage.end()
  await stage.reader.autocommit.run(sql`insert into consumer_offsets (consumer, source, shard, xid, seq, index)
    values (${name}, 'writer', 'main', ${head.xid}::xid8, 0, 0)`)
}

const parked = async (consumer: string) => await listDeadLetters(stage.reader.autocommit, { consumer })

describe('a consumer', () => {
  test('applies what it declared, in order, and leaves the rest alone', async () => {
    const name = freshName()
    await fromNow(name)
    start(recorder(name))
    await stage.write(countedEvent('a', 1), countedEvent('n', 1, noted), countedEvent('a', 2))
    await stage.write(countedEvent('n', 2, noted))
    await stage.write(countedEvent('a', 3))
    await eventually(async () => expect(await effects(name)).toEqual(['a1', 'a2', 'a3']))
    expect(await parked(name)).toEqual([])
  })

  test('applies 10,000 events once each, those of a key in order, in few transactions', async () => {
    const name = freshName()
    await fromNow(name)
    for (let row = 0; row < 50; row += 1)
      await stage.write(
        ...Array.from({ length: 200 }, (_, index) => countedEvent(`k${index % 40}-`, row * 200 + index)),
      )
    const { metrics, lag } = start(recorder(name, { batchSize: 1_000 }))
    await eventually(async () => expect((await effects(name)).length).toBe(10_000))
    const applied = await effects(name)
    expect(new Set(applied).size).toBe(10_000)
    const lastOfKey = new Map<string, number>()
    for (const each of applied) {
      const [key, version] = each.split('-') as [string, string]
      expect(Number(version)).toBeGreaterThan(lastOfKey.get(key) ?? -1)
      lastOfKey.set(key, Number(version))
    }
    expect(metrics.value('souk_consumer_batches_total', { consumer: name })).toBeLessThanOrEqual(12)
    expect(await lag()).toEqual({ events: 0, seconds: 0 })
  })

  test('whose connection dies between effect and commit applies the batch once all the same', async () => {
    const name = freshName()
    await fromNow(name)
    let kills = 0
    start(
      recorder(name, {
        handle: async (tx, events) => {
          await record(tx, name, events)
          if (kills++ < 2) await tx.run(sql`select pg_terminate_backend(pg_backend_pid())`)
        },
      }),
    )
    await stage.write(countedEvent('a', 1), countedEvent('a', 2))
    await eventually(async () => expect(await effects(name)).toEqual(['a1', 'a2']))
    expect(kills).toBe(3)
    expect(await parked(name)).toEqual([])
  })

  test('that committed without learning of it does not apply the batch again', async () => {
    const name = freshName()
    await fromNow(name)
    let lost = false
    const db: typeof stage.reader = {
      ...stage.reader,
      async transaction(body, options) {
        const result = await stage.reader.transaction(body, options)
        if (lost) return result
        lost = true
        throw new OutcomeUnknown(new Error('cut after COMMIT was sent'))
      },
    }
    start(recorder(name), { db })
    await stage.write(countedEvent('a', 1))
    await stage.write(countedEvent('a', 2))
    await eventually(async () => expect(await effects(name)).toEqual(['a1', 'a2']))
  })

  test('run by two processes applies everything once, and one takes over when the other dies', async () => {
    const name = freshName()
    await fromNow(name)
    const workers = new Map<string, number>()
    const runner = (worker: string) =>
      start(
        recorder(name, {
          batchSize: 20,
          handle: async (tx, events) => {
            workers.set(worker, (workers.get(worker) ?? 0) + 1)
            await record(tx, name, events)
            await new Promise((resolve) => setTimeout(resolve, 2))
          },
        }),
      )
    const [one, two] = [runner('one'), runner('two')]
    const write = async (from: number) => {
      for (let row = from; row < from + 20; row += 1)
        await stage.write(...Array.from({ length: 10 }, (_, index) => countedEvent('k', row * 10 + index)))
    }
    await write(0)
    await eventually(async () => expect((await effects(name)).length).toBe(200))
    const busier = (workers.get('one') ?? 0) >= (workers.get('two') ?? 0) ? one : two
    await busier.stop()
    await write(20)
    await eventually(async () => expect((await effects(name)).length).toBe(400))
    expect(await effects(name)).toEqual(Array.from({ length: 400 }, (_, index) => `k${index}`))
  })

  test('stands by while a process that hangs holds its offset, and goes on when that one is gone', async () => {
    const name = freshName()
    await fromNow(name)
    await stage.write(countedEvent('a', 1)) // before it hangs: afterwards nobody could read it
    const hung = await openSession(stage.database, 'reader')
    await hung.run('begin')
    await hung.run('select 1 from consumer_offsets where consumer = $1 for update', [name])
    const { logger } = start(recorder(name), { db: stage.database.open('reader', { lockTimeoutMs: 20 }) })
    const said = 'another process works for this consumer, standing by'
    await eventually(() => expect(logger.lines.map((line) => line.message)).toContain(said)).finally(hung.close)
    await eventually(async () => expect(await effects(name)).toEqual(['a1']))
    expect(logger.lines.filter((line) => line.level !== 'debug')).toEqual([])
    expect(await parked(name)).toEqual([])
  })

  test('that is stopped finishes the batch under way and takes no other', async () => {
    const name = freshName()
    await fromNow(name)
    let entered = () => {}
    const inside = new Promise<void>((resolve) => {
      entered = resolve
    })
    const { stop } = start(
      recorder(name, {
        batchSize: 1,
        handle: async (tx, events) => {
          entered()
          await new Promise((resolve) => setTimeout(resolve, 30))
          await record(tx, name, events)
        },
      }),
    )
    await stage.write(countedEvent('a', 1), countedEvent('a', 2))
    await inside
    await stop()
    expect(await effects(name)).toEqual(['a1'])
  })
})

describe('an event that cannot be handled', () => {
  const poisoned = (
    name: string,
    bad: (event: Event) => boolean,
    error: () => Error,
    batches: number[] = [],
  ): Consumer =>
    recorder(name, {
      handle: async (tx, events) => {
        batches.push(events.length)
        await record(tx, name, events)
        if (events.some(bad)) throw error()
      },
    })
  const isThird = (event: Event) => isEvent(event, counted) && event.payload.version === 3n
  const write = (...versions: number[]) => stage.write(...versions.map((version) => countedEvent('a', version)))

  test('is parked alone, after five attempts, and the others go on', async () => {
    const name = freshName()
    await fromNow(name)
    await write(1, 2, 3, 4, 5, 6, 7, 8)
    const batches: number[] = []
    const { metrics, logger } = start(poisoned(name, isThird, () => new Error('the shelf is missing'), batches))
    await eventually(async () => expect(await effects(name)).toEqual(['a1', 'a2', 'a4', 'a5', 'a6', 'a7', 'a8']))
    const letters = await parked(name)
    expect(letters).toMatchObject([
      {
        type: 'writer.counted',
        topic: 'writer.count',
        key: 'a',
        schemaVersion: 1,
        source: 'writer',
        index: 2,
        cause: 'Error: the shelf is missing',
        state: 'parked',
      },
    ])
    expect(batches).toEqual([8, 8, 8, 8, 8, 4, 2, 2, 1, 1, 4])
    expect(letters[0]?.attempts).toBe(8)
    expect(metrics.value('souk_consumer_parked_total', { consumer: name })).toBe(1)
    expect(logger.lines.some((line) => line.level === 'error' && line.message === 'event parked in dead letters')).toBe(
      true,
    )
  })

  test('is not tried five times when the answer will always be no', async () => {
    const name = freshName()
    await fromNow(name)
    await write(3)
    const refusal = new DomainError('not-found', { status: 404, title: 'No', help: '' }, 'there is no such shop')
    const batches: number[] = []
    start(poisoned(name, isThird, () => refusal, batches))
    await eventually(async () => expect(await parked(name)).toMatchObject([{ attempts: 1 }]))
    expect(batches).toEqual([1])
  })

  test('does not hide another in the same batch', async () => {
    const name = freshName()
    await fromNow(name)
    await write(1, 2, 3, 4, 5, 6, 7)
    const isOdd = (event: Event) => isEvent(event, counted) && event.payload.version % 2n === 1n
    start(poisoned(name, isOdd, () => new Error('odd')))
    await eventually(async () => expect((await parked(name)).length).toBe(4))
    expect(await effects(name)).toEqual(['a2', 'a4', 'a6'])
  })

  test('that fails a few times and then does not is applied, and nothing is parked', async () => {
    const name = freshName()
    await fromNow(name)
    await write(3)
    let failures = 3
    start(
      poisoned(
        name,
        () => failures-- > 0,
        () => new Error('not yet'),
      ),
    )
    await eventually(async () => expect(await effects(name)).toEqual(['a3']))
    expect(await parked(name)).toEqual([])
  })

  test('because it is of a version not known here, or cannot be decoded, is parked at once with its cause', async () => {
    const name = freshName()
    await fromNow(name)
    const newer = { ...countedEvent('newer', 1), event: { ...counted, schemaVersion: 2 } }
    const insert = (batch: Buffer) =>
      stage.writer.autocommit.run(
        sql`insert into outbox (topic, event_count, batch) values (${counted.topic}, 1, ${batch})`,
      )
    await insert(encodeBatch([newer]))
    await insert(Buffer.from('this is no batch'))
    const broken = encodeBatch([countedEvent('broken', 0)])
    broken.fill(0xff, broken.length - 3)
    await insert(broken)
    await write(9)
    start(recorder(name))
    await eventually(async () => expect(await effects(name)).toEqual(['a9']))
    const letters = await parked(name)
    expect(letters.map((letter) => letter.cause)).toEqual([
      expect.stringContaining('schema version 2 of writer.counted is not known here'),
      expect.stringContaining('the batch cannot be read'),
      expect.stringMatching(/TypeError|RangeError/),
    ])
    expect(letters.map((letter) => letter.attempts)).toEqual([0, 0, 0])
  })

  test('while the database is away is nobody’s fault: it waits, and nothing is parked', async () => {
    const name = freshName()
    await fromNow(name)
    await write(1, 2)
    let away = 3
    start(
      recorder(name, {
        handle: async (tx, events) => {
          if (away-- > 0) throw new DatabaseUnavailable(new Error('refused'))
          await record(tx, name, events)
        },
      }),
      { backoff: { ...quick, attempts: 2 } },
    )
    await eventually(async () => expect(await effects(name)).toEqual(['a1', 'a2']))
    expect(await parked(name)).toEqual([])
  })
})

describe('dead letters', () => {
  /** Parks everything until it is mended. */
  async function parkOne(version = 3) {
    const name = freshName()
    await fromNow(name)
    let broken = true
    const consumer = recorder(name, {
      handle: async (tx, events) => {
        await record(tx, name, events)
        if (broken) throw new DomainError('no', { status: 422, title: 'No', help: '' }, 'not like this')
      },
    })
    await stage.write(countedEvent('a', version))
    const { stop } = start(consumer)
    const [letter] = await eventually(async () => {
      const letters = await parked(name)
      expect(letters.length).toBe(1)
      return letters
    })
    await stop()
    return { name, consumer, id: letter?.id as string, mend: () => (broken = false) }
  }
  const context = (consumer: Consumer) => ({ db: stage.reader, consumers: [consumer], clock: () => new Date() })

  test('are shown with the event they carry', async () => {
    const { id, consumer } = await parkOne(7)
    const shown = await showDeadLetter(stage.reader.autocommit, id, [consumer])
    expect(shown?.event).toMatchObject({ key: 'a', correlationId: 'test', payload: { variantId: 'a', version: 7n } })
    expect(shown?.envelope.length).toBeGreaterThan(0)
  })

  test('take effect once, however often and by however many they are replayed', async () => {
    const { name, id, consumer, mend } = await parkOne()
    mend()
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => replayDeadLetters(context(consumer), [id])))
    await replayDeadLetters(context(consumer), [id])
    expect(outcomes.flatMap((outcome) => outcome.replayed)).toEqual([id])
    expect(await effects(name)).toEqual(['a3'])
    expect(await parked(name)).toMatchObject([{ state: 'replayed' }])
  })

  test('that fail again stay parked with one attempt more and the new cause', async () => {
    const { name, id, consumer } = await parkOne()
    const outcome = await replayDeadLetters(context(consumer), [id, '00000000-0000-7000-8000-000000000000'])
    expect(outcome).toMatchObject({ replayed: [], failed: [{ id }], skipped: ['00000000-0000-7000-8000-000000000000'] })
    expect(await parked(name)).toMatchObject([{ state: 'parked', attempts: 2 }])
    expect(await effects(name)).toEqual([])
  })

  test('can be discarded with a reason, once, and are forgotten after 30 days', async () => {
    const { name, id, consumer, mend } = await parkOne()
    expect(await discardDeadLetter(stage.reader.autocommit, id, 'test data', new Date())).toBe(true)
    expect(await discardDeadLetter(stage.reader.autocommit, id, 'again', new Date())).toBe(false)
    mend()
    expect((await replayDeadLetters(context(consumer), [id])).skipped).toEqual([id])
    expect(await parked(name)).toMatchObject([{ state: 'discarded', resolution: 'test data' }])
    await purgeDeadLetters(stage.reader.autocommit, new Date(Date.now() + 29 * 86_400_000))
    expect((await parked(name)).length).toBe(1)
    await purgeDeadLetters(stage.reader.autocommit, new Date(Date.now() + 31 * 86_400_000))
    expect(await parked(name)).toEqual([])
  })
})

describe('watching and keeping the log', () => {
  test('a tail shows what happens from now on, across topics', async () => {
    const stop = new AbortController()
    const seen: string[] = []
    const watching = (async () => {
      for await (const { event } of tail({
        log: stage.log,
        source: 'writer',
        shard: 'main',
        events: [counted, noted],
        signal: stop.signal,
      }))
        if (seen.push(`${event?.type} ${event?.key}`) === 2) stop.abort()
    })()
    await new Promise((resolve) => setTimeout(resolve, 50))
    await stage.write(countedEvent('seen', 1))
    await stage.write(countedEvent('seen too', 1, noted))
    await watching
    expect(seen).toEqual(['writer.counted seen', 'writer.noted seen too'])
  })

  test('only old events that every consumer has passed are forgotten', async () => {
    const [one, two] = [freshName(), freshName()]
    const now = new Date()
    const count = async () =>
      Number((await stage.database.query<{ n: string }>('select count(*) as n from writer.outbox'))[0]?.n)
    const forget = async (days: number) =>
      await forgetPassedEvents({
        source: stage.writer,
        shard: 'main',
        consumers: [one, two],
        offsets: await offsetsIn(stage.reader),
        now,
        days,
      })
    await stage.database.query(`update writer.outbox set written_at = now() - interval '10 days'`)
    const before = await count()
    await fromNow(one)
    expect(await forget(7)).toBe(0) // the other one has not begun
    await fromNow(two)
    await stage.write(countedEvent('young', 1))
    expect(await forget(20)).toBe(0)
    expect(await forget(7)).toBe(before)
    expect(await count()).toBe(1)
    expect(await forget(0)).toBe(0) // never younger than a day
  })
})

describe('a consumer that must ask others first', () => {
  test('asks before each attempt and outside the transaction, and is handed the answer', async () => {
    const asked: string[][] = []
    let failures = 1
    const name = freshName()
    const consumer = recorder(name, {
      async prepare(events) {
        asked.push(events.map((event) => event.key))
        return `answer ${asked.length}`
      },
      async handle(tx, events, prepared) {
        expect(prepared).toBe(`answer ${asked.length}`)
        if (failures-- > 0) throw new Error('not this time')
        await record(tx, name, events)
      },
    })
    await fromNow(name)
    start(consumer)
    await stage.write(countedEvent('p', 1))
    await eventually(async () => expect(await effects(name)).toEqual(['p1']))
    expect(asked).toEqual([['p'], ['p']])
  })
})

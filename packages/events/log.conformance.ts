import { eventually } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeBatch } from './envelope.ts'
import { beginning, comparePositions, type EventLog } from './log.ts'
import type { NewEvent, Position } from './types.ts'

/** What the suite needs of an implementation, on an empty log of one source. */
export type LogUnderTest = {
  log: EventLog
  source: string
  shard: string
  topics: readonly [string, string]
  /** An event of a topic, whose id can be found again. */
  event(topic: string, key: string): NewEvent
  /** A transaction that stays open until it is told. */
  begin(): Promise<{
    append(events: readonly NewEvent[]): Promise<void>
    commit(): Promise<void>
    rollback(): Promise<void>
  }>
  close(): Promise<void>
}

/** What every event log must do, whatever keeps it. Call it from a test file of the implementation. */
export function describeLog(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`the event log (${name})`, () => {
    let given: LogUnderTest
    beforeAll(async () => {
      given = await open()
    })
    afterAll(() => given.close())

    const write = async (topic: string, ...keys: string[]) => {
      const events = keys.map((key) => given.event(topic, key))
      const transaction = await given.begin()
      await transaction.append(events)
      await transaction.commit()
      return events.map((event) => event.id)
    }
    const page = (from: Position, limitEvents = 1_000, topics: readonly string[] = given.topics) =>
      given.log.read(given.source, given.shard, from, { topics, limitEvents })
    /** All there is from a place on; waits until nothing is held back by neighbours. */
    const readAll = async (from: Position, limitEvents = 1_000, topics: readonly string[] = given.topics) => {
      const ids: string[] = []
      for (let at = from; ; ) {
        const read = await page(at, limitEvents, topics)
        ids.push(...read.rows.flatMap((row) => decodeBatch(row.batch).map((envelope) => envelope.eventId)))
        expect(comparePositions(read.end, at)).toBeGreaterThanOrEqual(0)
        at = read.end
        if (!read.full) return { ids, end: at }
      }
    }
    /** Transactions elsewhere on the server may hold readers back for a moment: what is expected arrives eventually. */
    const arrives = (from: Position, ids: readonly string[], limitEvents?: number, topics?: readonly string[]) =>
      eventually(async () => {
        const read = await readAll(from, limitEvents, topics)
        expect(read.ids).toEqual(ids)
        return read
      })
    const end = () =>
      eventually(async () => {
        expect(await given.log.stalledSeconds(given.source, given.shard)).toBe(0)
        return await given.log.head(given.source, given.shard)
      })

    test('events are read in the order in which they were written, each once', async () => {
      const from = await end()
      const [topic] = given.topics
      const ids = [...(await write(topic, 'a')), ...(await write(topic, 'b', 'c', 'd')), ...(await write(topic, 'e'))]
      await arrives(from, ids)
      await arrives(from, ids, 1)
      await arrives(from, ids, 2)
    })

    test('a page that ends has a place behind it, from which nothing is read twice', async () => {
      const from = await end()
      const [topic] = given.topics
      const first = await arrives(from, await write(topic, 'a', 'b'))
      expect((await readAll(first.end)).ids).toEqual([])
      await arrives(first.end, await write(topic, 'c'))
    })

    test('only topics asked for are read, and the place moves past the others', async () => {
      const from = await end()
      const [one, other] = given.topics
      const wanted = await write(one, 'a')
      await write(other, 'b')
      const { end: behind } = await eventually(async () => {
        const all = await arrives(from, wanted, 1_000, [one])
        expect((await readAll(from)).ids.length).toBe(2)
        return all
      })
      await eventually(async () => {
        const { end: later } = await readAll(behind, 1_000, [one])
        expect((await readAll(later)).ids).toEqual([])
      })
    })

    test('a transaction that began early and commits late is not skipped', async () => {
      const from = await end()
      const [topic] = given.topics
      const early = given.event(topic, 'early')
      const late = await given.begin()
      await late.append([early])
      const neighbours = [...(await write(topic, 'x')), ...(await write(topic, 'y'))]
      const before = await readAll(from)
      await late.commit()
      await eventually(async () => {
        const after = await readAll(before.end)
        expect([...before.ids, ...after.ids].sort()).toEqual([early.id, ...neighbours].sort())
      })
    })

    test('what was rolled back is never read', async () => {
      const from = await end()
      const [topic] = given.topics
      const transaction = await given.begin()
      await transaction.append([given.event(topic, 'never')])
      await transaction.rollback()
      const written = await write(topic, 'a')
      await arrives(from, written)
    })

    test('a reader that runs beside eight writers gets every event once, and those of a key in order', async () => {
      const from = await end()
      const [topic] = given.topics
      const written: string[][] = Array.from({ length: 8 }, () => [])
      let writing = 8
      const writers = written.map(async (ofKey, writer) => {
        for (let round = 0; round < 25; round += 1) ofKey.push(...(await write(topic, `${writer}`, `${writer}`)))
        writing -= 1
      })
      const got: { id: string; key: string }[] = []
      let at = from
      for (let last = false; ; last = writing === 0) {
        const read = await page(at, 7)
        for (const row of read.rows)
          got.push(...decodeBatch(row.batch).map(({ eventId, key }) => ({ id: eventId, key })))
        at = read.end
        if (last && !read.full && got.length >= 400) break
      }
      await Promise.all(writers)
      expect(got.length).toBe(400)
      for (const [writer, ofKey] of written.entries())
        expect(got.filter(({ key }) => key === `${writer}`).map(({ id }) => id)).toEqual(ofKey)
    })

    test('the lag is what lies behind a place, in events and in age, and nothing at the end', async () => {
      const from = await end()
      const [topic] = given.topics
      const ids = await write(topic, 'a', 'b', 'c')
      const behind = await given.log.lag(given.source, given.shard, from, { topics: given.topics })
      expect(behind.events).toBe(3)
      expect(behind.seconds).toBeGreaterThanOrEqual(0)
      expect(behind.seconds).toBeLessThan(60)
      const { end: done } = await arrives(from, ids)
      expect(await given.log.lag(given.source, given.shard, done, { topics: given.topics })).toEqual({
        events: 0,
        seconds: 0,
      })
    })

    test('from the beginning, everything kept is read', async () => {
      const [topic] = given.topics
      const [id] = await write(topic, 'a')
      await eventually(async () => {
        const all = (await readAll(beginning)).ids
        expect(all.at(-1)).toBe(id)
        expect(new Set(all).size).toBe(all.length)
      })
    })

    test('a watcher is woken at once, does not miss a wake between two waits, and is let go by its signal', async () => {
      const watch = given.log.watch(given.source)
      setTimeout(() => given.log.wake(given.source), 5)
      expect(await watch.waitForMore(10_000)).toBe(true)
      given.log.wake(given.source)
      expect(await watch.waitForMore(10_000)).toBe(true)
      expect(await watch.waitForMore(1)).toBe(false)
      const stop = new AbortController()
      setTimeout(() => stop.abort(), 5)
      expect(await watch.waitForMore(10_000, stop.signal)).toBe(false)
      watch.close()
    })
  })
}

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
    const end = () => given.log.head(given.source, given.shard)

    test('events are read in the order in which they were written, each once', async () => {
      const from = await end()
      const [topic] = given.topics
      const ids = [...(await write(topic, 'a')), ...(await write(topic, 'b', 'c', 'd')), ...(await write(topic, 'e'))]
      expect((await readAll(from)).ids).toEqual(ids)
      expect((await readAll(from, 1)).ids).toEqual(ids)
      expect((await readAll(from, 2)).ids).toEqual(ids)
    })

    test('a page that ends has a place behind it, from which nothing is read twice', async () => {
      const from = await end()
      const [topic] = given.topics
      await write(topic, 'a', 'b')
      const first = await readAll(from)
      expect((await readAll(first.end)).ids).toEqual([])
      const more = await write(topic, 'c')
      expect((await readAll(first.end)).ids).toEqual(more)
    })

    test('only topics asked for are read, and the place moves past the others', async () => {
      const from = await end()
      const [one, other] = given.topics
      const wanted = await write(one, 'a')
      await write(other, 'b')
      const read = await readAll(from, 1_000, [one])
      expect(read.ids).toEqual(wanted)
      expect((await readAll(read.end)).ids).toEqual([])
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
      const after = await readAll(before.end)
      expect([...before.ids, ...after.ids].sort()).toEqual([early.id, ...neighbours].sort())
    })

    test('what was rolled back is never read', async () => {
      const from = await end()
      const [topic] = given.topics
      const transaction = await given.begin()
      await transaction.append([given.event(topic, 'never')])
      await transaction.rollback()
      const written = await write(topic, 'a')
      expect((await readAll(from)).ids).toEqual(written)
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
        if (last && !read.full) break
      }
      await Promise.all(writers)
      expect(got.length).toBe(400)
      for (const [writer, ofKey] of written.entries())
        expect(got.filter(({ key }) => key === `${writer}`).map(({ id }) => id)).toEqual(ofKey)
    })

    test('the lag is what lies behind a place, in events and in age, and nothing at the end', async () => {
      const from = await end()
      const [topic] = given.topics
      await write(topic, 'a', 'b', 'c')
      const behind = await given.log.lag(given.source, given.shard, from, given.topics)
      expect(behind.events).toBe(3)
      expect(behind.seconds).toBeGreaterThanOrEqual(0)
      expect(behind.seconds).toBeLessThan(60)
      const { end: done } = await readAll(from)
      expect(await given.log.lag(given.source, given.shard, done, given.topics)).toEqual({ events: 0, seconds: 0 })
    })

    test('from the beginning, everything kept is read', async () => {
      const [topic] = given.topics
      const ids = await write(topic, 'a')
      const all = (await readAll(beginning)).ids
      expect(all.at(-1)).toBe(ids[0])
      expect(new Set(all).size).toBe(all.length)
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

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
    const lanesOf = (topics: readonly string[]) => given.log.lanes(given.source, given.shard, topics)
    const page = (lane: string, from: Position, limitEvents = 1_000, topics: readonly string[] = given.topics) =>
      given.log.read(given.source, lane, from, { topics, limitEvents })
    /** A place on each lane. */
    type Places = ReadonlyMap<string, Position>
    const everywhere = async (place: Position): Promise<Places> =>
      new Map((await lanesOf(given.topics)).map((lane) => [lane, place]))
    const on = (places: Places, lane: string) => places.get(lane) ?? beginning
    /** All there is from these places on, lane by lane. */
    const readAll = async (from: Places, limitEvents = 1_000, topics: readonly string[] = given.topics) => {
      const read: { id: string; key: string }[] = []
      const behind = new Map(from)
      for (const lane of await lanesOf(topics))
        for (let at = on(from, lane); ; ) {
          const { rows, end, full } = await page(lane, at, limitEvents, topics)
          read.push(...rows.flatMap((row) => decodeBatch(row.batch).map(({ eventId, key }) => ({ id: eventId, key }))))
          expect(comparePositions(end, at)).toBeGreaterThanOrEqual(0)
          behind.set(lane, end)
          at = end
          if (!full) break
        }
      return { read, ids: read.map(({ id }) => id), end: behind as Places }
    }
    /** Transactions elsewhere on the server may hold readers back for a moment: what is expected arrives eventually. */
    const arrives = (from: Places, ids: readonly string[], limitEvents?: number, topics?: readonly string[]) =>
      eventually(async () => {
        const all = await readAll(from, limitEvents, topics)
        expect(all.ids.toSorted()).toEqual(ids.toSorted())
        return all
      })
    /** Behind everything that was written. */
    const end = () =>
      eventually(async () => {
        expect(await given.log.stalledSeconds(given.source, given.shard)).toBe(0)
        const heads = new Map<string, Position>()
        for (const lane of await lanesOf(given.topics)) heads.set(lane, await given.log.head(given.source, lane))
        return heads as Places
      })

    test('every event is read once, however large the pages, and those of a key as they were written', async () => {
      const from = await end()
      const [topic] = given.topics
      const keys = [['a'], ['b', 'c', 'd'], ['a', 'b', 'a'], ['d', 'd'], ['a']]
      const written: { id: string; key: string }[] = []
      for (const row of keys)
        for (const [at, id] of (await write(topic, ...row)).entries()) written.push({ id, key: row[at] as string })
      for (const limit of [1_000, 1, 2]) {
        const { read } = await arrives(
          from,
          written.map(({ id }) => id),
          limit,
        )
        for (const key of ['a', 'b', 'c', 'd'])
          expect(read.filter((each) => each.key === key)).toEqual(written.filter((each) => each.key === key))
      }
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
        expect((await readAll(later, 1_000, [one])).ids).toEqual([])
      })
    })

    test('a transaction that began early and commits late is not skipped', async () => {
      const from = await end()
      const [topic] = given.topics
      const early = given.event(topic, 'early')
      const late = await given.begin()
      await late.append([early])
      const neighbours = [...(await write(topic, 'early')), ...(await write(topic, 'y'))]
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
      const from = new Map(await end())
      const [topic] = given.topics
      const lanes = await lanesOf([topic])
      const written: string[][] = Array.from({ length: 8 }, () => [])
      let writing = 8
      const writers = written.map(async (ofKey, writer) => {
        for (let round = 0; round < 25; round += 1) ofKey.push(...(await write(topic, `${writer}`, `${writer}`)))
        writing -= 1
      })
      const got: { id: string; key: string }[] = []
      for (let last = false; ; last = writing === 0) {
        let full = false
        for (const lane of lanes) {
          const read = await page(lane, on(from, lane), 7)
          for (const row of read.rows)
            got.push(...decodeBatch(row.batch).map(({ eventId, key }) => ({ id: eventId, key })))
          from.set(lane, read.end)
          full ||= read.full
        }
        if (last && !full && got.length >= 400) break
      }
      await Promise.all(writers)
      expect(got.length).toBe(400)
      for (const [writer, ofKey] of written.entries())
        expect(got.filter(({ key }) => key === `${writer}`).map(({ id }) => id)).toEqual(ofKey)
    })

    test('the lag is what lies behind a place, in events and in age, and nothing at the end', async () => {
      const from = await end()
      const [topic] = given.topics
      const want = { topics: [topic] }
      const lag = async (places: Places) => {
        const lanes = await lanesOf([topic])
        const each = await Promise.all(lanes.map((lane) => given.log.lag(given.source, lane, on(places, lane), want)))
        return {
          events: each.reduce((sum, one) => sum + one.events, 0),
          seconds: Math.max(...each.map((one) => one.seconds)),
        }
      }
      const ids = await write(topic, 'a', 'b', 'c')
      const behind = await eventually(async () => {
        const now = await lag(from)
        expect(now.events).toBe(3)
        return now
      })
      expect(behind.seconds).toBeGreaterThanOrEqual(0)
      expect(behind.seconds).toBeLessThan(60)
      const { end: done } = await arrives(from, ids, 1_000, [topic])
      expect(await lag(done)).toEqual({ events: 0, seconds: 0 })
    })

    test('from the beginning, everything kept is read', async () => {
      const [topic] = given.topics
      const [id] = await write(topic, 'a')
      await eventually(async () => {
        const all = (await readAll(await everywhere(beginning))).ids
        expect(all).toContain(id)
        expect(new Set(all).size).toBe(all.length)
      })
    })

    test('a time has a place: from there on, all is read that was written since, and little that was before', async () => {
      const [topic] = given.topics
      const before = await write(topic, 'a', 'b', 'c', 'd')
      await eventually(async () => expect((await readAll(await everywhere(beginning))).ids).toContain(before[0]))
      await new Promise((resolve) => setTimeout(resolve, 20))
      const sinceMs = Date.now()
      await new Promise((resolve) => setTimeout(resolve, 20))
      const after = await write(topic, 'a', 'b', 'c', 'd')
      await eventually(async () => {
        const places = new Map<string, Position>()
        for (const lane of await lanesOf(given.topics))
          places.set(lane, await given.log.placeAt(given.source, lane, sinceMs))
        expect((await readAll(places)).ids.toSorted()).toEqual(after.toSorted())
      })
    })

    test('a watcher is woken at once, does not miss a wake between two waits, and is let go by its signal', async () => {
      const [lane] = await lanesOf(given.topics)
      const watch = given.log.watch(given.source, lane)
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

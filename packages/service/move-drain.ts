import { beginning, comparePositions, type EventLog, offsetsIn, type Position, sourceOf, tail } from '@souk/events'
import type { Database } from '@souk/postgres'
import type { Reader } from './boot.ts'
import { MoveRefused } from './move-refused.ts'
import { lastAnnounced } from './move-rows.sql.ts'

export type DrainDeps = {
  /** Every consumer there is, wherever it runs. */
  readers: readonly Reader[]
  isDivided(service: string): boolean
  eventLog: EventLog
  source: string
  destination: string
  /** The source as the owner of the tables, and the services that announce there. */
  owner: Database
  announcing: readonly string[]
}

type Offsets = ReadonlyMap<string, Position>

/** Waits for consumers, so that a shop's events are handled where it was, or where it is then, and in their order. */
export function createDrain(deps: DrainDeps) {
  const { readers, isDivided, eventLog, source, destination, owner, announcing } = deps
  const announcedAt = (reader: Reader) => isDivided(sourceOf(reader.consumer)) && reader.shard === source
  /** Whoever reads what was announced at the source. */
  const ofSource = readers.filter(announcedAt)
  /** Consumers of divided services that other services tell something: each database of theirs reads for itself. */
  const told = (shard: string) => readers.filter((each) => each.within === shard && !isDivided(sourceOf(each.consumer)))

  const offsetsOf = async (some: readonly Reader[]): Promise<Map<Database, Offsets>> => {
    const all = new Map<Database, Offsets>()
    for (const db of new Set(some.map((reader) => reader.db)))
      all.set(db, new Map((await offsetsIn(db)).map((each) => [`${each.consumer} ${each.source} ${each.shard}`, each])))
    return all
  }

  /** Whether there is an event for this consumer from its offset on, and before a place. */
  async function isBehind(reader: Reader, from: (lane: string) => Position, until?: (lane: string) => Position) {
    const { consumer, shard } = reader
    const events = tail({
      log: eventLog,
      source: sourceOf(consumer),
      shard,
      events: consumer.events,
      from,
      follow: false,
    })
    for await (const { lane, at } of events)
      if (until === undefined || comparePositions(at, until(lane)) < 0) return true
    return false
  }

  const keyOf = ({ consumer }: Reader, lane: string) => `${consumer.name} ${sourceOf(consumer)} ${lane}`

  async function behind(
    some: readonly Reader[],
    until?: (reader: Reader, lane: string) => Position,
  ): Promise<string[]> {
    const offsets = await offsetsOf(some)
    const late = await Promise.all(
      some.map(async (reader) => {
        const from = (lane: string) => offsets.get(reader.db)?.get(keyOf(reader, lane)) ?? beginning
        const isLate = await isBehind(reader, from, until && ((lane) => until(reader, lane)))
        return isLate ? [reader.consumer.name] : []
      }),
    )
    return late.flat()
  }

  async function until(isOver: () => Promise<string[]>, leftMs: () => number, what: string): Promise<void> {
    for (;;) {
      const late = await isOver()
      if (late.length === 0) return
      if (leftMs() <= 0) throw new MoveRefused(`${what}: ${[...new Set(late)].join(', ')}. Do processes run them?`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  const within = (ms: number) => {
    const end = performance.now() + ms
    return () => end - performance.now()
  }

  return {
    /** Until everybody has passed what is announced at the source now. */
    async untilPassed(ms: number): Promise<void> {
      const heads = new Map<string, Position>()
      for (const name of new Set(ofSource.map(({ consumer }) => sourceOf(consumer))))
        heads.set(name, await eventLog.head(name, source))
      const head = ({ consumer }: Reader) => heads.get(sourceOf(consumer)) ?? beginning
      await until(() => behind(ofSource, head), within(ms), `These consumers are too far behind on ${source}`)
    },

    /** Until nothing is unread, for an instant at least. */
    untilQuiet: (leftMs: () => number): Promise<void> =>
      until(unread, leftMs, `This was not read to its end on ${source}`),

    /** Asked when nobody works any more: then it stays so. */
    isQuiet: async (): Promise<boolean> => (await unread()).length === 0,
  }

  /**
   * What has still to be handled before the shops may go: what the source has announced, by anybody; and what was told to
   * both shards, by the source as far as the destination has come.
   */
  async function unread(): Promise<string[]> {
    const before = await lastPlaces()
    const late = [...(await behind(ofSource)), ...(await notAsFar())]
    if (late.length > 0) return late
    for (const service of announcing)
      if ((await eventLog.stalledSeconds(service, source)) > 0) return [`events of ${service}`]
    return (await lastPlaces()) === before ? [] : ['what was announced meanwhile']
  }

  async function notAsFar(): Promise<string[]> {
    const reached = new Map<string, Position>()
    for (const offsets of (await offsetsOf(told(destination))).values())
      for (const [key, at] of offsets) reached.set(key, at)
    return behind(told(source), (reader, lane) => reached.get(keyOf(reader, lane)) ?? beginning)
  }

  async function lastPlaces(): Promise<string> {
    return JSON.stringify(await Promise.all(announcing.map((service) => lastAnnounced(owner.autocommit, service))))
  }
}

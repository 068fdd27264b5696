import { comparePositions, type EventLog, offsetsIn, type Position, readToItsEnd, sourceOf } from '@souk/events'
import type { Database } from '@souk/postgres'
import type { Reader } from './boot.ts'
import { MoveRefused } from './move-refused.ts'
import { lastAnnounced } from './move-rows.sql.ts'

export type DrainDeps = {
  /** Every consumer there is, wherever it runs. */
  readers: readonly Reader[]
  isDivided(service: string): boolean
  /** What consumers read. */
  eventLog: EventLog
  /** What was announced, where it was written down: the same, unless something else carries it. */
  outboxes: EventLog
  source: string
  destination: string
  /** The source as the owner of the tables, and the services that announce there. */
  owner: Database
  announcing: readonly string[]
}

type Offsets = ReadonlyMap<string, Position>

/** Waits for consumers, so that a shop's events are handled where it was, or where it is then, and in their order. */
export function createDrain(deps: DrainDeps) {
  const { readers, isDivided, eventLog, outboxes, source, destination, owner, announcing } = deps
  const announcedAt = (reader: Reader) => isDivided(sourceOf(reader.consumer)) && reader.shard === source
  /** Whoever reads what was announced at the source. */
  const ofSource = readers.filter(announcedAt)
  /** Consumers of divided services that other services tell something: each database of theirs reads for itself. */
  const told = (shard: string) => readers.filter((each) => each.within === shard && !isDivided(sourceOf(each.consumer)))
  /**
   * Up to where a reader has handled everything, and its offsets then. A lane in which nothing has happened for days has an
   * old offset; it need not be read from there each time.
   */
  const passed = new Map<Reader, { upTo: Position; offsets: Offsets }>()

  const offsetsOf = async (some: readonly Reader[]): Promise<Map<Database, Offsets>> => {
    const all = new Map<Database, Offsets>()
    for (const db of new Set(some.map((reader) => reader.db)))
      all.set(db, new Map((await offsetsIn(db)).map((each) => [`${each.consumer} ${each.source} ${each.shard}`, each])))
    return all
  }

  const keyOf = ({ consumer }: Reader, lane: string) => `${consumer.name} ${sourceOf(consumer)} ${lane}`

  const toItsEnd = (reader: Reader, offsets: Offsets, more: Partial<Parameters<typeof readToItsEnd>[0]>) =>
    readToItsEnd({
      outboxes,
      log: eventLog,
      source: sourceOf(reader.consumer),
      shard: reader.shard,
      events: reader.consumer.events,
      heard: (lane) => offsets.get(keyOf(reader, lane)),
      ...more,
    })

  async function isBehind(reader: Reader, offsets: Offsets): Promise<boolean> {
    const before = passed.get(reader)
    const wasPutBack = [...(before?.offsets ?? [])].some(
      ([key, at]) => comparePositions(offsets.get(key) ?? at, at) < 0,
    )
    const upTo = await toItsEnd(reader, offsets, before === undefined || wasPutBack ? {} : { known: before.upTo })
    if (upTo === undefined) return true
    passed.set(reader, { upTo, offsets })
    return false
  }

  async function late(
    some: readonly Reader[],
    isLate: (reader: Reader, offsets: Offsets) => Promise<boolean>,
  ): Promise<string[]> {
    const offsets = await offsetsOf(some)
    const each = await Promise.all(
      some.map(async (reader) =>
        (await isLate(reader, offsets.get(reader.db) ?? new Map())) ? [reader.consumer.name] : [],
      ),
    )
    return each.flat()
  }

  /**
   * What has still to be handled before the shops may go: what the source has announced, by anybody; and what was told to
   * both shards, by the source as far as the destination has come.
   */
  async function unread(): Promise<string[]> {
    const before = await lastPlaces()
    // First: what nobody can read yet may be there to be read a moment later, when consumers have been asked.
    for (const service of announcing)
      if ((await eventLog.stalledSeconds(service, source)) > 0 || (await outboxes.stalledSeconds(service, source)) > 0)
        return [`events of ${service}`]
    const behind = [...(await late(ofSource, isBehind)), ...(await notAsFar())]
    if (behind.length > 0) return behind
    return (await lastPlaces()) === before ? [] : ['what was announced meanwhile']
  }

  async function notAsFar(): Promise<string[]> {
    const reached = new Map<string, Position>()
    for (const offsets of (await offsetsOf(told(destination))).values())
      for (const [key, at] of offsets) reached.set(key, at)
    return late(told(source), async (reader, offsets) => {
      const until = (lane: string) => reached.get(keyOf(reader, lane))
      return (await toItsEnd(reader, offsets, { until })) === undefined
    })
  }

  async function lastPlaces(): Promise<string> {
    return JSON.stringify(await Promise.all(announcing.map((service) => lastAnnounced(owner.autocommit, service))))
  }

  async function until(isOver: () => Promise<string[]>, leftMs: () => number, what: string): Promise<void> {
    for (;;) {
      const some = await isOver()
      if (some.length === 0) return
      if (leftMs() <= 0) throw new MoveRefused(`${what}: ${[...new Set(some)].join(', ')}. Do processes run them?`)
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
        heads.set(name, await outboxes.head(name, source))
      const isLate = async (reader: Reader, offsets: Offsets) => {
        const head = heads.get(sourceOf(reader.consumer))
        return (await toItsEnd(reader, offsets, { until: () => head })) === undefined
      }
      await until(() => late(ofSource, isLate), within(ms), `These consumers are too far behind on ${source}`)
    },

    /** Until nothing is unread, for an instant at least. */
    untilQuiet: (leftMs: () => number): Promise<void> =>
      until(unread, leftMs, `This was not read to its end on ${source}`),

    /** Asked when nobody works any more: then it stays so. */
    isQuiet: async (): Promise<boolean> => (await unread()).length === 0,
  }
}

export type Drain = ReturnType<typeof createDrain>

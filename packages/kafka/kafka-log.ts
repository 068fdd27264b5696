import { beginning, createWakes, type EventLog, type Position, type Watch } from '@souk/events'
import type { Logger } from '@souk/telemetry'
import { defaults, ensureTopics, type KafkaSettings } from './cluster.ts'
import { createCursors } from './cursors.ts'
import { createFeed, type Fed } from './feed.ts'
import { debeziumLayout, relayLayout } from './layout.ts'
import { joinGroup } from './members.ts'
import { behind, isBefore, type KafkaRow, placeText } from './record.ts'

export type KafkaLog = EventLog & {
  /** After all consumers have stopped. */
  close(): Promise<void>
}

export type KafkaLogOptions = {
  settings: KafkaSettings
  logger: Logger
  clock: () => Date
  /** Who wrote it: our relay (the default), or Debezium. */
  writtenBy?: 'relay' | 'debezium'
  /** Age of the oldest row that is in the outbox and not in Kafka yet, if this process can know it (`createUnrelayed`). */
  unrelayedSeconds?: (source: string, shard: string) => Promise<number>
  /** The same events where they were written: for the head of a whole shard, which no partition knows. */
  outboxes?: Pick<EventLog, 'head'>
  /** Ids of all schemas that are registered here; one that is not is said once, and read as far as it can be. */
  knownSchemas?: readonly string[]
  /** Events of this source were committed here: for a relay in the same process. */
  onWake?: (source: string) => void
}

/** Who waits for so long has found nothing for a while. */
const restingMs = 200
const toldMs = 5_000

const textOf = ({ xid, seq, index }: Position) => `${xid}/${seq}/${index}`

/**
 * The event log on Kafka. Its lanes are partitions, "home/orders.order/3"; places in them are those of the outbox rows,
 * which every record carries: what a relay sends twice is recognised, a consumer's offset means the same whoever carried
 * the events, and what Kafka loses can be sent again.
 */
export function createKafkaLog(options: KafkaLogOptions): KafkaLog {
  const { settings, logger, clock } = options
  const prefix = settings.prefix ?? defaults.prefix
  const layout = options.writtenBy === 'debezium' ? debeziumLayout(prefix) : relayLayout(prefix)
  const cursors = createCursors()
  const wakes = createWakes()
  const feed = createFeed({ settings, layout, logger, onNews: (source, lane) => wakes.wake(source, lane) })
  /**
   * By lane and kinds: since which place nothing of those kinds was found, and how far was looked. A consumer's offset rests
   * where its last event was; what others announced meanwhile is not what it is behind.
   */
  const idle = new Map<string, { since: string; until: string; offset: bigint | undefined }>()
  /** Places before which a hole was found even when everything was read from the beginning. */
  const holes = new Set<string>()

  const startOf = async (lane: string, from: Position) => cursors.find(lane, from) ?? (await feed.earliest(lane))

  /**
   * The record before this one was not read: it is neither behind the place, nor was it passed on the way. Who reads from
   * the beginning takes what is kept, and misses nothing it ever had.
   */
  const hasHole = (row: KafkaRow, place: Position) =>
    row.after !== undefined && place.xid !== '0' && !isBefore(row.after, place)

  /** What is there from a place on, at most so many events. */
  async function scan(lane: string, from: Position, wants: (row: KafkaRow) => boolean, limitEvents: number) {
    const began = cursors.find(lane, from)
    const mayRescan = began !== undefined && !holes.has(`${lane} ${placeText(from)}`)
    const rows: KafkaRow[] = []
    let skipped = false
    let offset = began ?? (await feed.earliest(lane))
    let place = from
    let events = 0
    const page = (full: boolean) => {
      cursors.set(lane, place, offset)
      return { rows, end: place, full, reached: true, skipped }
    }
    for (let atEnd = false; !atEnd; ) {
      const chunk = await feed.read(lane, offset)
      for (const { row, offset: at } of chunk.records) {
        if (row !== undefined && !isBefore(row, place)) {
          if (hasHole(row, place)) {
            if (rows.length > 0) return page(true)
            if (mayRescan) {
              // The hint was wrong, or somebody put the offset back: begin with the oldest there is, once.
              holes.add(`${lane} ${placeText(from)}`)
              cursors.set(lane, from, await feed.earliest(lane))
              return { rows, end: from, full: true, reached: true, skipped: false }
            }
            reportHole(lane, place, row)
            offset = at + 1n
            continue
          }
          place = behind(row)
          if (wants(row)) {
            noteSchemas(row.schemas)
            rows.push(row)
            events += row.eventCount
          } else skipped = true
        }
        offset = at + 1n
        if (events >= limitEvents) return page(true)
      }
      offset = chunk.next
      atEnd = chunk.atEnd
    }
    return page(false)
  }

  const knownSchemas = options.knownSchemas && new Set(options.knownSchemas)
  const noted = new Set([''])
  /**
   * An id that is not registered here was written by a newer release. Within one version that is no harm: fields are only
   * added. Events of another version are parked by whoever consumes them, by name.
   */
  function noteSchemas(ids: string): void {
    if (knownSchemas === undefined || noted.has(ids)) return
    noted.add(ids)
    const unknown = ids.split(',').filter((id) => id !== '' && !knownSchemas.has(id))
    if (unknown.length > 0)
      logger.warn({ schemas: unknown }, 'events are written in a schema newer than this process knows')
  }

  const reported = new Set<string>()
  /** Never passed over in silence: the events before it are lost to this reader until they are sent again. */
  function reportHole(lane: string, place: Position, row: KafkaRow): void {
    const key = `${lane} ${placeText(place)}`
    holes.add(key)
    if (reported.has(key)) return
    reported.add(key)
    logger.error(
      { lane, from: placeText(place), to: placeText(row.after ?? row) },
      'events are missing in Kafka; nothing behind them is handled until the relay sends them again (souk relay --again)',
    )
  }

  async function head(lane: string): Promise<Position> {
    const { record, next } = await feed.last(lane)
    if (record?.row === undefined) return beginning
    const place = behind(record.row)
    if (cursors.find(lane, place) === undefined) cursors.set(lane, place, next)
    return place
  }

  async function rowAt(lane: string, offset: bigint): Promise<Fed | undefined> {
    for (let at = offset; ; ) {
      const { records, next, atEnd } = await feed.read(lane, at)
      const found = records.find(({ row }) => row !== undefined)
      if (found !== undefined || atEnd) return found
      at = next
    }
  }

  /** Of a lane that is followed everything new is announced; looking is for what was missed all the same. */
  function watch(source: string, lane?: string): Watch {
    const waiting = wakes.watch(source, lane)
    const isTold = () => lane !== undefined && feed.endOf(lane) !== undefined
    return {
      ...waiting,
      waitForMore: (ms, signal) => waiting.waitForMore(ms >= restingMs && isTold() ? toldMs : ms, signal),
    }
  }

  return {
    watch,
    wake(source) {
      wakes.wake(source)
      options.onWake?.(source)
    },
    async lanes(source, shard, topics) {
      const kafkaTopics = layout.kafkaTopics(source, shard, topics)
      await ensureTopics(settings, kafkaTopics)
      const partitions = await feed.partitions(kafkaTopics)
      return layout.lanes(source, shard, topics, (topic) => partitions.get(topic) ?? 0)
    },
    divide: layout.divide,
    async read(_source, lane, from, want) {
      const kinds = want.kinds && new Set(want.kinds)
      const topics = layout.mixed && want.topics ? new Set(want.topics) : undefined
      const wants = (row: KafkaRow) =>
        (topics === undefined || topics.has(row.topic)) &&
        (kinds === undefined || row.kinds.length === 0 || row.kinds.some((kind) => kinds.has(kind)))
      const page = await scan(lane, from, wants, want.limitEvents)
      const key = `${lane} ${want.kinds?.join()}`
      const before = idle.get(key)
      const last = page.rows.at(-1)
      idle.set(key, {
        since:
          last === undefined ? (before?.until === textOf(from) ? before.since : textOf(from)) : textOf(behind(last)),
        until: textOf(page.end),
        offset: cursors.find(lane, page.end),
      })
      return page
    },
    head: (source, lane) =>
      lane.includes('/') || options.outboxes === undefined ? head(lane) : options.outboxes.head(source, lane),
    async placeAt(_source, lane, timeMs) {
      const offset = await feed.offsetAt(lane, timeMs)
      const row = offset === undefined ? undefined : (await rowAt(lane, offset))?.row
      if (row === undefined) return await head(lane)
      const place = { xid: row.xid, seq: row.seq, index: 0 }
      cursors.set(lane, place, offset as bigint)
      return place
    },
    async lag(_source, lane, from, want) {
      const looked = idle.get(`${lane} ${want.kinds?.join()}`)
      if (looked === undefined && cursors.find(lane, from) === undefined) await scan(lane, from, () => true, 1)
      const offset =
        looked?.since === textOf(from) && looked.offset !== undefined ? looked.offset : await startOf(lane, from)
      if (feed.endOf(lane) === offset) return { events: 0, seconds: 0 }
      const { record: last } = await feed.last(lane)
      if (last === undefined || last.offset < offset) return { events: 0, seconds: 0 }
      const first = await rowAt(lane, offset)
      if (first?.row === undefined || last.row === undefined) return { events: 0, seconds: 0 }
      // Debezium does not count events: then it is records.
      const events =
        last.row.total > 0
          ? last.row.total - (first.row.total - first.row.eventCount) - from.index
          : Number(last.offset - first.offset) + 1
      return { events: Math.max(0, events), seconds: Math.max(0, (clock().getTime() - first.row.writtenAtMs) / 1_000) }
    },
    isForeign: async () => false,
    stalledSeconds: async (source, shard) => (await options.unrelayedSeconds?.(source, shard)) ?? 0,
    join: (joining) => joinGroup(joining, { settings, layout, cursors, logger, follow: feed.follow }),
    close: () => feed.close(),
  }
}

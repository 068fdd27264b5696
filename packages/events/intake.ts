import type { EventEnvelope } from '@souk/contracts/events'
import { decodeBatch, encodeEnvelope, openEnvelope } from './envelope.ts'
import type { EventLog, LogPage, LogRow, Wanted } from './log.ts'
import type { Consumer, Event, EventType, Position } from './types.ts'

/** One event on its way to a consumer, or what is left of one that could not be read. */
export type Item = {
  /** Undefined when it could not be read; `cause` says why. */
  readonly event: Event | undefined
  readonly cause: string | undefined
  readonly origin: Position
  /** Where the consumer stands once this one is handled. */
  readonly next: Position
  readonly topic: string
  /** For the record, made only when it is parked. */
  readonly envelope: () => { head: EventEnvelope | undefined; bytes: Buffer }
}

export type Kinds = ReadonlyMap<string, EventType>
export const kindsOf = (events: readonly EventType[]): Kinds => new Map(events.map((event) => [event.type, event]))

/** Rows without any of these events need not be sent. */
export const wantedBy = (events: readonly EventType[]): Wanted & { topics: readonly string[] } => ({
  topics: [...new Set(events.map((event) => event.topic))],
  kinds: events.map((event) => event.type),
})

/** The events of a row that these kinds include, from a place in it on. Never throws: what is unreadable says so. */
export function itemsOf(row: LogRow, kinds: Kinds, from: Position): Item[] {
  const behind: Position = { xid: row.xid, seq: row.seq + 1, index: 0 }
  let envelopes: readonly EventEnvelope[]
  try {
    envelopes = decodeBatch(row.batch)
  } catch (error) {
    const origin = { xid: row.xid, seq: row.seq, index: 0 }
    const cause = `the batch cannot be read: ${messageOf(error)}`
    const envelope = () => ({ head: undefined, bytes: row.batch })
    return [{ event: undefined, cause, origin, next: behind, topic: row.topic, envelope }]
  }
  const items: Item[] = []
  const first = row.xid === from.xid && row.seq === from.seq ? from.index : 0
  for (let index = first; index < envelopes.length; index += 1) {
    const head = envelopes[index] as EventEnvelope
    const kind = kinds.get(head.type)
    if (kind === undefined || kind.topic !== row.topic) continue
    let event: Event | undefined
    let cause: string | undefined
    try {
      event = openEnvelope(head, kind)
    } catch (error) {
      cause = messageOf(error)
    }
    items.push({
      event,
      cause,
      origin: { xid: row.xid, seq: row.seq, index },
      next: index + 1 < envelopes.length ? { xid: row.xid, seq: row.seq, index: index + 1 } : behind,
      topic: row.topic,
      envelope: () => ({ head, bytes: encodeEnvelope(head) }),
    })
  }
  return items
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)

/** What a consumer has read and not yet been given, and the page after it, read while it works. */
export type Intake = {
  /** Where the next page begins. */
  readonly at: Position
  /** Rows were read, since this was last set to false, that hold nothing for this consumer. */
  skipped: boolean
  /** Resolves to `limit` events at most; none when there are none now. */
  take(limit: number): Promise<Item[]>
}

export function createIntake(options: {
  log: EventLog
  source: string
  shard: string
  consumer: Consumer
  from: Position
  limitEvents: number
}): Intake {
  const { log, source, shard, limitEvents } = options
  const kinds = kindsOf(options.consumer.events)
  const wanted = wantedBy(options.consumer.events)
  const waiting: Item[] = []
  let at = options.from
  let ahead: Promise<LogPage> | undefined

  const read = () => log.read(source, shard, at, { ...wanted, limitEvents })
  const intake: Intake = {
    skipped: false,
    get at() {
      return at
    },
    async take(limit) {
      while (waiting.length < limit) {
        const page = await (ahead ?? read())
        ahead = undefined
        for (const row of page.rows) {
          const items = itemsOf(row, kinds, at)
          if (items.length === 0) intake.skipped = true
          else waiting.push(...items)
        }
        if (page.skipped) intake.skipped = true
        at = page.end
        if (!page.full) break
        // Behind a full page there is more: it is fetched while these are handled. Otherwise waiting a little gives
        // larger batches and fewer statements.
        ahead = read()
        ahead.catch(() => {}) // seen when it is awaited, or not at all
      }
      return waiting.splice(0, limit)
    },
  }
  return intake
}

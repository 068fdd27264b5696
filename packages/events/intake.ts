import type { EventEnvelope } from '@souk/contracts/events'
import { decodeEnvelope } from './envelope.ts'
import { type EnvelopeHead, headsOf } from './envelope-heads.ts'
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
  envelope(): { head: EventEnvelope | undefined; bytes: Buffer }
}

/** Of thousands in a batch only the last is asked for its place, and hardly one for its envelope. */
class RowItem implements Item {
  readonly event: Event | undefined
  readonly cause: string | undefined
  readonly #row: LogRow
  readonly #head: EnvelopeHead
  readonly #isLast: boolean

  constructor(row: LogRow, head: EnvelopeHead, isLast: boolean, event: Event | undefined, cause: string | undefined) {
    this.#row = row
    this.#head = head
    this.#isLast = isLast
    this.event = event
    this.cause = cause
  }
  get topic(): string {
    return this.#row.topic
  }
  get origin(): Position {
    return { xid: this.#row.xid, seq: this.#row.seq, index: this.#head.index }
  }
  get next(): Position {
    const { xid, seq } = this.#row
    return this.#isLast ? { xid, seq: seq + 1, index: 0 } : { xid, seq, index: this.#head.index + 1 }
  }
  envelope() {
    const bytes = this.#head.whole()
    return { head: decodeEnvelope(bytes), bytes }
  }
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
  let heads: readonly EnvelopeHead[]
  try {
    heads = row.shared?.of(row.batch) ?? headsOf(row.batch)
  } catch (error) {
    return [
      {
        event: undefined,
        cause: `the batch cannot be read: ${messageOf(error)}`,
        origin: { xid: row.xid, seq: row.seq, index: 0 },
        next: { xid: row.xid, seq: row.seq + 1, index: 0 },
        topic: row.topic,
        envelope: () => ({ head: undefined, bytes: row.batch }),
      },
    ]
  }
  const items: Item[] = []
  const first = row.xid === from.xid && row.seq === from.seq ? from.index : 0
  for (let index = first; index < heads.length; index += 1) {
    const head = heads[index] as EnvelopeHead
    const kind = kinds.get(head.type)
    if (kind === undefined || kind.topic !== row.topic) continue
    let event: Event | undefined
    let cause: string | undefined
    try {
      event = head.open(kind)
    } catch (error) {
      cause = messageOf(error)
    }
    items.push(new RowItem(row, head, index + 1 === heads.length, event, cause))
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

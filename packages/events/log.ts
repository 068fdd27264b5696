import type { SharedHeads } from './envelope-heads.ts'
import type { Position } from './types.ts'

/** One row of a log: the events of one transaction and one topic. */
export type LogRow = {
  readonly xid: string
  readonly seq: number
  readonly topic: string
  readonly eventCount: number
  /** souk.events.EventBatch */
  readonly batch: Buffer
  readonly writtenAtMs: number
  /** Of a row that several readers of this process are given. */
  readonly shared?: SharedHeads
}

/** What is known of a row once its transaction has committed. */
export type WrittenRow = Pick<LogRow, 'xid' | 'seq' | 'batch'>

export type LogPage = {
  /** In order; nothing can appear between them later. */
  readonly rows: readonly LogRow[]
  /** Where to read on. Lies behind rows of other topics, too. */
  readonly end: Position
  /** There may be more at once. */
  readonly full: boolean
  /** Rows were passed over that nobody asked for. Left out by a log that never sends them. */
  readonly skipped?: boolean
  /** False when the log has not yet come to the place asked for: it is another log than the one that place is from. */
  readonly reached: boolean
}

export type Lag = {
  /** Written and not yet handled, 100,000 rows counted at most. */
  readonly events: number
  /** Age of the oldest of them. */
  readonly seconds: number
}

/** What a reader is after. */
export type Wanted = {
  /** Undefined: all there are. */
  readonly topics?: readonly string[]
  /** Rows that carry none of these may be left out; undefined: nothing is. */
  readonly kinds?: readonly string[]
}

/**
 * What was announced, per source service and shard: the port behind which the PostgreSQL log and Kafka stand.
 * `log.conformance.ts` says what every implementation must do.
 *
 * A log has lanes. Within one the order never changes, and all events of a key are in the same one; each consumer keeps
 * an offset per lane, under the lane's name. In PostgreSQL a shard is one lane, of the same name. Places are those of the
 * outbox everywhere, so they mean the same whatever carries the events.
 */
export type EventLog = {
  /** Those that carry these topics now. */
  lanes(source: string, shard: string, topics: readonly string[]): Promise<readonly string[]>
  /**
   * A row of the outbox as it lies in these lanes, all those of a topic: whole in one, or a part in each of several.
   * @throws where places in lanes are not those of the outbox.
   */
  divide(row: LogRow, lanes: readonly string[]): readonly (readonly [lane: string, row: LogRow])[]
  /** Rows wanted from `from` on: one at least if there is any, then as many as make up `limitEvents`. */
  read(source: string, lane: string, from: Position, want: Wanted & { limitEvents: number }): Promise<LogPage>
  /** The place behind everything that can be read now. */
  head(source: string, lane: string): Promise<Position>
  /** The place of the first row written at this time or later; the head if there is none. */
  placeAt(source: string, lane: string, timeMs: number): Promise<Position>
  lag(source: string, lane: string, from: Position, want: Wanted): Promise<Lag>
  /** Whether this place can never have been one of this log: the database was restored, or it is another one. */
  isForeign(source: string, lane: string, place: Position): Promise<boolean>
  /** Age of the oldest row that is written but cannot be read yet: an older transaction is open, or it was not relayed. 0 for none. */
  stalledSeconds(source: string, shard: string): Promise<number>
  /** Be told of new rows, of a lane or of all. What happens between two waits is not missed. */
  watch(source: string, lane?: string): Watch
  /**
   * Rows of this source were committed by this process, or by one that told it. Those it is given a log may take from here
   * when they are read, instead of having them sent again.
   */
  wake(source: string, rows?: readonly WrittenRow[]): void
  /** Take part in a consumer's work: its lanes are shared among all who joined, wherever they run. */
  join(options: JoinOptions): Membership
}

export type JoinOptions = {
  readonly consumer: string
  readonly source: string
  readonly shard: string
  /** The database its effects go to, where several read the same log: each of them is given all of it. Default: `shard`. */
  readonly into?: string
  readonly topics: readonly string[]
  /**
   * The lanes that are this process's now: at once or soon, and again whenever that changes. Nothing goes wrong when two
   * processes believe to have the same one, since only one of them can move its offset.
   */
  onLanes(lanes: readonly string[]): void
}

export type Membership = {
  /** Work on a lane begins at this place: where to look for it can be found out now. */
  begin(lane: string, from: Position): Promise<void>
  /** The offset moved. For the log's own bookkeeping; nothing depends on it. */
  passed(lane: string, to: Position): void
  /** Others take the lanes over. */
  leave(): Promise<void>
}

export type Watch = {
  /** Resolves at a wake (true), after `timeoutMs` or when `signal` aborts (false). */
  waitForMore(timeoutMs: number, signal?: AbortSignal): Promise<boolean>
  close(): void
}

export const beginning: Position = { xid: '0', seq: 0, index: 0 }

/** Negative, 0 or positive, as for sorting. */
export function comparePositions(a: Position, b: Position): number {
  // Whole numbers without leading zeros: the longer is the larger, and of equal length they sort as texts do.
  if (a.xid !== b.xid) return a.xid.length - b.xid.length || (a.xid < b.xid ? -1 : 1)
  return a.seq - b.seq || a.index - b.index
}

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
}

export type LogPage = {
  /** In order; nothing can appear between them later. */
  readonly rows: readonly LogRow[]
  /** Where to read on. Lies behind rows of other topics, too. */
  readonly end: Position
  /** There may be more at once. */
  readonly full: boolean
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
  readonly topics: readonly string[]
  /** Rows that carry none of these may be left out; undefined: nothing is. */
  readonly kinds?: readonly string[]
}

/**
 * What was announced, per source service and shard, in an order that never changes: the port behind which the
 * PostgreSQL log stands today. `log.conformance.ts` says what every implementation must do.
 */
export type EventLog = {
  /** Rows wanted from `from` on: one at least if there is any, then as many as make up `limitEvents`. */
  read(source: string, shard: string, from: Position, want: Wanted & { limitEvents: number }): Promise<LogPage>
  /** The place behind everything that can be read now. */
  head(source: string, shard: string): Promise<Position>
  lag(source: string, shard: string, from: Position, want: Wanted): Promise<Lag>
  /** Age of the oldest row that is written but cannot be read, because an older transaction is still open; 0 for none. */
  stalledSeconds(source: string, shard: string): Promise<number>
  /** Be told of new rows. What happens between two waits is not missed. */
  watch(source: string): Watch
  /** Rows of this source were committed by this process. */
  wake(source: string): void
}

export type Watch = {
  /** Resolves at a wake (true), after `timeoutMs` or when `signal` aborts (false). */
  waitForMore(timeoutMs: number, signal?: AbortSignal): Promise<boolean>
  close(): void
}

export const beginning: Position = { xid: '0', seq: 0, index: 0 }

/** Negative, 0 or positive, as for sorting. */
export function comparePositions(a: Position, b: Position): number {
  const byXid = BigInt(a.xid) - BigInt(b.xid)
  if (byXid !== 0n) return byXid < 0n ? -1 : 1
  return a.seq - b.seq || a.index - b.index
}

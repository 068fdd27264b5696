import { SharedHeads } from './envelope-heads.ts'
import { comparePositions, type LogPage, type LogRow, type Wanted } from './log.ts'
import type { Position } from './types.ts'

/** A row as the log's own statement reads it. */
export type ReadRow = LogRow & {
  /** The types of its events, with blanks between; empty where they were not written down. */
  readonly kinds: string
}

/** A reader that knows what it wants. */
export type Exactly = Required<Wanted>

type Kept = { readonly row: ReadRow; readonly atMs: number }
type Extension = { readonly rows: readonly ReadRow[]; readonly end: Position; readonly full: boolean }

/** As many events as are read at once, of which a large consumer takes two batches. */
const extendEvents = 4_096
const maxBytes = 16 * 1024 * 1024
const maxAgeMs = 5_000
/** What was read so lately need not be asked for again, if there is something in it. */
const freshMs = 20
/**
 * Between two looks, while there is something to be found. In a rush everybody is woken every 10 ms, also those for whom
 * there is nothing, and there were 120 looks a second at 76 new rows. Batches are as far apart as that anyway; and who wrote
 * a row needs up to 25 ms to tell of it, with another process between: what is looked for too soon has to be sent.
 */
const betweenLooksMs = (events: number): number => Math.min(100, Math.max(25, events / 5))
const busyWithinMs = 250

/**
 * The newest stretch of a log, for all readers in this process together. A source has up to eight consumers here, and each
 * event woke all of them: every one sent a statement of its own, most of them for nothing, and what two of them wanted
 * came twice. Now one statement reads what any of them wants, and they look at that.
 *
 * The stretch has no gaps: of the rows anybody wants it holds each one between its beginning and its end, for every
 * extension begins where the one before ended. Whoever is further behind reads the database himself until he has caught up.
 */
export class RecentRows {
  readonly #extend: (from: Position, want: Exactly, limitEvents: number) => Promise<Extension>
  readonly #topics = new Set<string>()
  readonly #kinds = new Set<string>()
  /** By the list of kinds each brings, and when it last came. */
  readonly #readers = new Map<readonly string[], { want: Exactly; atMs: number }>()
  #rows: Kept[] = []
  #bytes = 0
  /** Undefined: nothing is known, until somebody has read up to the end of the log. */
  #stretch: { from: Position; end: Position } | undefined
  #extendedAtMs = Number.NEGATIVE_INFINITY
  /** When the last look was begun, and the last that found something. */
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #foundAtMs = Number.NEGATIVE_INFINITY
  #found = 0
  #running: Promise<unknown> = Promise.resolve()
  #next: Promise<void> | undefined

  /** @param extend asks the database; `end` is the place behind what it answers. */
  constructor(extend: (from: Position, want: Exactly, limitEvents: number) => Promise<Extension>) {
    this.#extend = extend
  }

  /** Undefined when the reader must ask the database himself; see `readUpTo`. */
  async read(from: Position, want: Exactly, limitEvents: number): Promise<LogPage | undefined> {
    this.#include(want)
    const now = this.#page(from, want, limitEvents)
    if (now?.full || (now !== undefined && now.rows.length > 0 && performance.now() - this.#extendedAtMs < freshMs))
      return now
    if (now === undefined) return undefined
    // One that is under way may have begun before what the reader was woken for: another follows it, once for all who ask.
    await this.#extended()
    return this.#page(from, want, limitEvents)
  }

  /** Somebody has read everything up to this place, which no row can come to lie before any more. */
  readUpTo(end: Position): void {
    this.#stretch ??= { from: end, end }
  }

  /** A kind nobody wanted before may lie within the stretch, unread. */
  #include(want: Exactly): void {
    const { topics, kinds } = want
    this.#readers.set(kinds, { want, atMs: performance.now() })
    const before = this.#topics.size + this.#kinds.size
    for (const topic of topics) this.#topics.add(topic)
    for (const kind of kinds) this.#kinds.add(kind)
    if (this.#topics.size + this.#kinds.size > before) this.#forget()
  }

  #forget(): void {
    this.#rows = []
    this.#bytes = 0
    this.#stretch = undefined
  }

  #page(from: Position, want: Exactly, limitEvents: number): LogPage | undefined {
    const stretch = this.#stretch
    if (stretch === undefined || comparePositions(from, stretch.from) < 0 || comparePositions(stretch.end, from) < 0)
      return undefined
    let first = this.#rows.length
    while (first > 0 && !isBefore((this.#rows[first - 1] as Kept).row, from)) first -= 1
    const rows: LogRow[] = []
    let events = 0
    for (let at = first; at < this.#rows.length; at += 1) {
      const { row } = this.#rows[at] as Kept
      if (!isWanted(row, want)) continue
      rows.push(row)
      events += row.eventCount
      if (events >= limitEvents)
        return { rows, end: { xid: row.xid, seq: row.seq + 1, index: 0 }, full: true, reached: true }
    }
    return { rows, end: stretch.end, full: false, reached: true }
  }

  /** Resolves after a look at the database that began after this call. */
  #extended(): Promise<void> {
    if (this.#next === undefined) {
      const before = this.#running
      this.#next = before
        .catch(() => {}) // whoever waits for that one hears of it
        .then(() => this.#due()) // all who were woken together ask once
        .then(() => {
          const running = this.#look()
          this.#running = running
          this.#next = undefined
          return running
        })
    }
    return this.#next
  }

  #due(): Promise<void> {
    const nowMs = performance.now()
    const isBusy = nowMs - this.#foundAtMs < busyWithinMs
    const waitMs = isBusy ? this.#lookedAtMs + betweenLooksMs(this.#found) - nowMs : 0
    return new Promise((resolve) => {
      // Behind what has come by now: of the rows there may be word.
      const behind = () => setImmediate(resolve)
      if (waitMs > 0) setTimeout(behind, waitMs)
      else behind()
    })
  }

  async #look(): Promise<void> {
    const stretch = this.#stretch
    if (stretch === undefined) return
    const want = { topics: [...this.#topics], kinds: [...this.#kinds] }
    this.#lookedAtMs = performance.now()
    const { rows, end } = await this.#extend(stretch.end, want, extendEvents)
    if (rows.length > 0) {
      this.#foundAtMs = this.#lookedAtMs
      this.#found = rows.reduce((sum, { eventCount }) => sum + eventCount, 0)
    }
    // Forgotten meanwhile: what was read may lack what somebody wants now.
    if (this.#stretch !== stretch) return
    // Restored to an earlier state, or another database: nothing here is true any more.
    if (comparePositions(end, stretch.end) < 0) return this.#forget()
    const atMs = performance.now()
    this.#extendedAtMs = atMs
    for (const [kinds, reader] of this.#readers) if (atMs - reader.atMs > maxAgeMs) this.#readers.delete(kinds)
    const readers = [...this.#readers.values()]
    for (const row of rows) {
      const shared = new SharedHeads(readers.filter(({ want: wanted }) => isWanted(row, wanted)).length)
      this.#rows.push({ row: { ...row, shared }, atMs })
      this.#bytes += row.batch.length
    }
    this.#stretch = { from: this.#trimmed(atMs) ?? stretch.from, end }
  }

  /** Lets go of what is old or too much. Resolves to where the stretch then begins, if that is somewhere else. */
  #trimmed(nowMs: number): Position | undefined {
    let gone = 0
    for (; gone < this.#rows.length; gone += 1) {
      const { row, atMs } = this.#rows[gone] as Kept
      if (this.#bytes <= maxBytes && nowMs - atMs <= maxAgeMs) break
      this.#bytes -= row.batch.length
    }
    if (gone === 0) return undefined
    const { row } = this.#rows[gone - 1] as Kept
    this.#rows = this.#rows.slice(gone)
    return { xid: row.xid, seq: row.seq + 1, index: 0 }
  }
}

/** Whether a row lies before a place, all of it. */
const isBefore = ({ xid, seq }: LogRow, from: Position) => comparePositions({ xid, seq, index: from.index }, from) < 0

const isWanted = ({ topic, kinds }: ReadRow, want: Exactly) =>
  want.topics.includes(topic) && (kinds === '' || kinds.split(' ').some((kind) => want.kinds.includes(kind)))

import { serviceOf } from './define.ts'
import { itemsOf, kindsOf, wantedBy } from './intake.ts'
import { beginning, comparePositions, type EventLog } from './log.ts'
import type { EventType, Position } from './types.ts'

/** How far a consumer is, lane by lane. */
export type Heard = (lane: string) => Position | undefined

/** So many events are read at once. */
const readEvents = 2_000

/**
 * Whether a consumer has handled everything an outbox holds for it. It is the outbox that is asked, whatever carries
 * events: what a relay has not sent yet has not been handled either, and offsets are the outbox's places everywhere.
 *
 * @param outboxes as PostgreSQL has them.
 * @param log      what the consumer reads: it says which lane an event is in.
 * @param until    lane by lane: what lies there or behind does not count. Left out: everything does.
 * @param known    up to here everything was, with offsets no smaller than these.
 * @returns the place up to which everything is handled; undefined if something is not.
 */
export async function readToItsEnd(options: {
  outboxes: EventLog
  log: EventLog
  source: string
  shard: string
  events: readonly EventType[]
  heard: Heard
  until?: Heard
  known?: Position
}): Promise<Position | undefined> {
  const { outboxes, log, source, shard, heard, until, known = beginning } = options
  const kinds = kindsOf(options.events.filter((event) => serviceOf(event.topic) === source))
  const wanted = wantedBy([...kinds.values()])
  const lanes = await log.lanes(source, shard, wanted.topics)
  const starts = new Map(lanes.map((lane) => [lane, later(heard(lane) ?? beginning, known)]))
  let at = [...starts.values()].sort(comparePositions)[0] ?? known
  for (;;) {
    // Without topics, which the kinds imply: who names both may be answered with what was read some milliseconds ago.
    const page = await outboxes.read(source, shard, at, {
      ...(wanted.kinds && { kinds: wanted.kinds }),
      limitEvents: readEvents,
    })
    // The outbox ends before what the consumer has heard: it was restored, and nothing can be said of it.
    if (!page.reached) return undefined
    for (const row of page.rows)
      for (const [lane, part] of log.divide(row, lanes)) {
        const from = starts.get(lane) ?? beginning
        // Rows the consumer is past need not be taken apart.
        if (comparePositions({ xid: row.xid, seq: row.seq + 1, index: 0 }, from) <= 0) continue
        const end = until?.(lane)
        for (const { origin } of itemsOf(part, kinds, from))
          if (until === undefined || comparePositions(origin, end ?? beginning) < 0) return undefined
      }
    if (!page.full) return page.end
    at = page.end
  }
}

const later = (a: Position, b: Position): Position => (comparePositions(a, b) < 0 ? b : a)

import { sql, type Tx } from '@souk/postgres'

export type OutboxRow = { xid: string; seq: number; batch: Buffer }

/** A place in the outbox; what is told behind it comes next. */
export type OutboxPlace = Pick<OutboxRow, 'xid' | 'seq'>

/**
 * Sorted by the columns, named with their table: a bare `xid` would mean the text of the select list, and sort "999"
 * behind "1000".
 *
 * @param notIn only what this snapshot had not seen
 */
export const outboxRows = (tx: Tx, after: OutboxPlace, notIn: string | null, limit: number) =>
  tx.many<OutboxRow>(sql`
    select xid::text, seq, batch from outbox
    where (xid, seq) > (${after.xid}::text::xid8, ${after.seq}::bigint) and topic in ('orders.order', 'orders.import')
      and (${notIn}::text is null or not pg_visible_in_snapshot(xid, ${notIn}::text::pg_snapshot))
    order by outbox.xid, outbox.seq limit ${limit}`)

/**
 * Behind this place is everything that was written from an instant on. Walks back from the end, and five minutes further: a
 * row has the time its transaction began at, and the place of when it first wrote.
 */
export const placeBefore = (tx: Tx, sinceMs: number) =>
  tx.maybeOne<OutboxPlace>(sql`
    select xid::text, seq from outbox where written_at < to_timestamp(${sinceMs}::bigint / 1000.0) - interval '5 minutes'
    order by outbox.xid desc, outbox.seq desc limit 1`)

/** When the oldest event still kept was written, and whether it is the first there ever was. */
export const oldestOutboxRow = (tx: Tx) =>
  tx.one<{ writtenAt: Date; complete: boolean }>(sql`
    select coalesce(min(written_at), now()) as "writtenAt", coalesce(min(seq), 1) = 1 as complete
    -- The first transactions may have written in another order than they began in.
    from (select written_at, seq from outbox order by xid, outbox.seq limit 100) oldest`)

export const databaseNow = async (tx: Tx) => (await tx.one<{ now: Date }>(sql`select now() as now`)).now.getTime()

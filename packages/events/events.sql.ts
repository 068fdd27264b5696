import { sql, type Tx } from '@souk/postgres'
import type { Position } from './types.ts'

/** @param row `kinds`: the types of its events, each once. */
export const insertOutboxRow = (
  tx: Tx,
  row: { topic: string; kinds: readonly string[]; eventCount: number; batch: Buffer },
) =>
  tx.one<{ xid: string; seq: number }>(sql`
  insert into outbox (topic, kinds, event_count, batch)
  values (${row.topic}, ${row.kinds}::text[], ${row.eventCount}, ${row.batch}) returning xid::text, seq`)

/** Of which consumer, on which log. */
export type OffsetKey = { readonly consumer: string; readonly source: string; readonly shard: string }

/**
 * A consumer seen for the first time begins with the oldest event kept; on a lane it never had, where it left `shard` when
 * that was read as a whole.
 */
export const insertOffset = (tx: Tx, key: OffsetKey, shard: string) =>
  tx.run(sql`
  insert into consumer_offsets (consumer, source, shard, xid, seq, index)
  select ${key.consumer}, ${key.source}, ${key.shard}, coalesce(max(xid), '0'), coalesce(max(seq), 0), coalesce(max(index), 0)
    from consumer_offsets where consumer = ${key.consumer} and source = ${key.source} and shard = ${shard}
  on conflict do nothing`)

/** Put the offset somewhere else. Whoever works for the consumer finds it moved, and goes on from there. */
export const placeOffset = (tx: Tx, key: OffsetKey, to: Position) =>
  tx.run(sql`
  insert into consumer_offsets (consumer, source, shard, xid, seq, index)
  values (${key.consumer}, ${key.source}, ${key.shard}, ${to.xid}::xid8, ${to.seq}, ${to.index})
  on conflict (consumer, source, shard) do update set xid = excluded.xid, seq = excluded.seq, index = excluded.index,
                                                      updated_at = now()`)

export const findOffset = (tx: Tx, key: OffsetKey) =>
  tx.maybeOne<Position>(sql`
  select xid::text, seq, index from consumer_offsets
   where consumer = ${key.consumer} and source = ${key.source} and shard = ${key.shard}`)

/**
 * Move the offset, if it still is where this process left it; otherwise change nothing and resolve to 0. Comes first in
 * the transaction: it holds the row, so a second process working for the same consumer waits here and then gets 0.
 */
export const moveOffset = (tx: Tx, key: OffsetKey, from: Position, to: Position) =>
  tx.run(sql`
  update consumer_offsets set xid = ${to.xid}::xid8, seq = ${to.seq}, index = ${to.index}, updated_at = now()
   where consumer = ${key.consumer} and source = ${key.source} and shard = ${key.shard}
     and xid = ${from.xid}::xid8 and seq = ${from.seq} and index = ${from.index}`)

export const listOffsets = (tx: Tx) =>
  tx.many<OffsetKey & Position & { updatedAt: Date }>(sql`
  select consumer, source, shard, xid::text, seq, index, updated_at as "updatedAt"
    from consumer_offsets order by consumer, source, shard`)

/** Remove rows every consumer has passed; 1,000 at most. The database refuses anything younger than a day. */
export const forgetEvents = (tx: Tx, before: Date, passed: Position) =>
  tx.one<{ removed: number }>(sql`select forget_events(${before}, ${passed.xid}::xid8, ${passed.seq}) as removed`)

import type { Sql } from '@souk/postgres'
import type { Wanted } from './log.ts'

// The log is read across schemas, and a statement's parameters cannot name a schema: so one text per source, made only
// from a name that is nothing but a name. No value that came from outside ever gets here; sources are service names.

const texts = new Map<string, string>()

/** All topics, and those named, are two texts: a condition that may hold or not would spoil the plan of both. */
const variant = (name: string, want: Wanted) => (want.topics === undefined ? `${name}_all` : name)
const ofTopics = (want: Wanted, parameter: string) =>
  want.topics === undefined ? `${parameter}::text[] is null` : `topic = any(${parameter}::text[])`

function statement(name: string, source: string, text: (outbox: string) => string, values: readonly unknown[]): Sql {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(source)) throw new RangeError(`not a service name: ${source}`)
  const named = `souk_log_${name}_${source}`
  let known = texts.get(named)
  if (known === undefined) {
    known = text(`${source}.outbox`)
    texts.set(named, known)
  }
  return { name: named, text: known, values }
}

/**
 * Rows from a place on, in (xid, seq) order and strictly below the xmin of the snapshot: every transaction there is over,
 * so no row can appear among them later, however late it commits. One row at least is answered, for its xmin; its seq is
 * null when there is nothing to read. Bytes come as base64: the driver reads texts only, and two digits each are longer
 * to send and to read. Those of the rows in `handed` stay where they are, and are null.
 */
export const readRows = (
  source: string,
  from: { xid: string; seq: number },
  want: Wanted,
  limitEvents: number,
  handed: readonly number[],
): Sql =>
  statement(
    variant('read', want),
    source,
    (outbox) => `
    with snapshot as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as xmin)
    select snapshot.xmin::text as "xmin", page.xid::text as "xid", page.seq, page.topic, page.event_count as "eventCount",
           array_to_string(page.kinds, ' ') as "kinds",
           case when page.seq = any($6::bigint[]) then null else encode(page.batch, 'base64') end as "batch",
           (extract(epoch from page.written_at) * 1000)::float8 as "writtenAtMs"
      from snapshot left join lateral (
        select *, sum(event_count) over (order by xid, seq rows unbounded preceding) - event_count as before
          from (select * from ${outbox}
                 where (xid, seq) >= ($1::xid8, $2::bigint) and xid < snapshot.xmin and ${ofTopics(want, '$3')}
                   and ($5::text[] is null or kinds = '{}' or kinds && $5)
                 order by xid, seq limit $4) as candidates
      ) as page on page.before < $4
     order by page.xid, page.seq`,
    [from.xid, from.seq, want.topics ?? null, limitEvents, want.kinds ?? null, handed],
  )

export const readHead = (source: string): Sql =>
  statement('head', source, () => 'select pg_snapshot_xmin(pg_current_snapshot())::text as "xid"', [])

export const readLag = (source: string, from: { xid: string; seq: number }, want: Wanted): Sql =>
  statement(
    variant('lag', want),
    source,
    (outbox) => `
    select coalesce(sum(event_count), 0)::bigint as "events",
           coalesce(extract(epoch from now() - min(written_at)), 0)::float8 as "seconds"
      from (select event_count, written_at from ${outbox}
             where (xid, seq) >= ($1::xid8, $2::bigint) and ${ofTopics(want, '$3')}
               and ($4::text[] is null or kinds = '{}' or kinds && $4)
             order by xid, seq limit 100000) as waiting`,
    [from.xid, from.seq, want.topics ?? null, want.kinds ?? null],
  )

export const readStall = (source: string): Sql =>
  statement(
    'stall',
    source,
    (outbox) => `
    select coalesce(extract(epoch from now() - min(written_at)), 0)::float8 as "seconds"
      from ${outbox} where xid >= pg_snapshot_xmin(pg_current_snapshot())`,
    [],
  )

/** Times of neighbours may be out of order by as long as their transactions took: so the first place, not the first time. */
export const readPlaceAt = (source: string, timeMs: number): Sql =>
  statement(
    'place_at',
    source,
    (outbox) => `
    select xid::text as "xid", seq from ${outbox}
     where written_at >= to_timestamp($1::float8 / 1000) order by xid, seq limit 1`,
    [timeMs],
  )

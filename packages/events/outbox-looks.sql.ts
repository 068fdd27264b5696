import { createHash } from 'node:crypto'
import { identifier, type Sql } from '@souk/postgres'

/** Where to look behind, by source. Of one that is left out nothing is told: the text is the same, and planned once. */
export type Places = ReadonlyMap<string, { readonly xid: string; readonly seq: number }>

/** A statement over the outboxes of these services, in their order: $1 and $2 are the places, as two arrays. */
function statement(sources: readonly string[], text: (parts: (make: Part) => string[]) => string) {
  const made = text((make) =>
    sources.map((source, at) => make(identifier(source, 'outbox').text, behind(at + 1), at + 1)),
  )
  const name = `souk_${createHash('sha1').update(made).digest('hex').slice(0, 16)}`
  return (places: Places): Sql => {
    const all = sources.map((source) => places.get(source))
    return { name, text: made, values: [all.map((place) => place?.xid), all.map((place) => place?.seq)] }
  }
}

type Part = (outbox: string, isBehind: string, at: number) => string
const behind = (at: number) => `(xid, seq) >= (($1::xid8[])[${at}], ($2::bigint[])[${at}])`

/**
 * In which outboxes, by their number from 1, a row can be read behind its place: below the xmin of the snapshot, as
 * `readRows` reads. By the index alone, and one entry of each.
 */
export const newsIn = (sources: readonly string[]) =>
  statement(
    sources,
    (parts) => `
    select pg_snapshot_xmin(pg_current_snapshot())::text as "xmin", array_remove(array[${parts(
      (outbox, isBehind, at) => `
      case when exists (select from ${outbox} where ${isBehind} and xid < pg_snapshot_xmin(pg_current_snapshot()))
           then ${at} end`,
    ).join(',')}], null) as "found"`,
  )

/** What lies behind the place in each, whether it can be read yet or not. */
export const lagsIn = (sources: readonly string[]) =>
  statement(sources, (parts) =>
    parts(
      (outbox, isBehind, at) => `
    select ${at} as "source", coalesce(sum(event_count), 0)::bigint as "events",
           greatest(0, coalesce(extract(epoch from now() - min(written_at)), 0))::float8 as "seconds"
      from (select event_count, written_at from ${outbox}
             where ${isBehind} order by xid, seq limit 100000) as waiting`,
    ).join('\n    union all'),
  )

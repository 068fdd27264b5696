import { integerArray, type Sql, sql, timeInId, type Tx, uuidArray } from '@souk/postgres'
import type { MessagePage } from './message-pages.ts'

/** Record pages: one statement whatever the number; for 2,048 messages some 2 µs each, the index by customer included. */
export function recordPages(tx: Tx, pages: readonly MessagePage[]) {
  // The ids of all pages in one array, with where each page's begin: arrays of arrays must be square.
  const starts: number[] = []
  let start = 1
  for (const { orders } of pages) {
    starts.push(start)
    start += orders.length
  }
  const shops: (string | null)[] | null = pages.every((page) => page.shops === null)
    ? null
    : pages.flatMap((page): readonly (string | null)[] => page.shops ?? page.orders.map(() => page.shopId))
  return tx.run(sql`
    insert into message_pages (at_ms, kind, shop_id, customers, orders, shops)
    select n.at_ms, n.kind, n.shop_id,
      (${uuidArray(pages.flatMap(({ customers }) => customers))}::uuid[])[n.first : n.first + n.count - 1],
      (${uuidArray(pages.flatMap(({ orders }) => orders))}::uuid[])[n.first : n.first + n.count - 1],
      case when n.shop_id is null then (${shops === null ? null : uuidArray(shops)}::uuid[])[n.first : n.first + n.count - 1] end
    from unnest(
      ${integerArray(pages.map(({ atMs }) => atMs))}::bigint[],
      ${integerArray(pages.map(({ kind }) => kind))}::smallint[],
      ${uuidArray(pages.map(({ shopId }) => shopId))}::uuid[],
      ${integerArray(starts)}::int[],
      ${integerArray(pages.map(({ orders }) => orders.length))}::int[])
      as n (at_ms, kind, shop_id, first, count)`)
}

/** A message of a page, in the columns that messages with a row of their own are read in. */
const asRow = sql`g.customer_id, g.id, g.about_id, g.shop_id, null::timestamptz as sent_at, g.kind, 0::smallint as channel,
  null::jsonb as parameters, null::text as outcome, null::text as receipt, null::timestamptz as receipt_at,
  null::text as receipt_detail, null::text as state, null::smallint as attempts, null::text as cause`

// One that was heard twice lies in two pages: each list takes it once, before it counts how many it has.

// The page first, along the index; then the place in it.
const ofCustomer = (customerId: string) =>
  sql`g.customers @> array[${customerId}::uuid] and g.customer_id = ${customerId}`

const earlier = (before: string | null) =>
  sql`(${before}::uuid is null or (g.at_ms <= ${before === null ? null : timeInId(before)}::bigint and g.id < ${before}::uuid))`

/**
 * Of one customer, the newest first. By the id, not by the page's time: the planner must not follow the index by time
 * through everybody's pages in the hope that some of this customer come soon.
 */
export const pagedOf = (customerId: string, before: string | null, kind: number | null, limit: number): Sql => sql`
  select distinct on (g.id) ${asRow} from paged_messages g
  where ${ofCustomer(customerId)} and ${earlier(before)} and (${kind}::smallint is null or g.kind = ${kind})
  order by g.id desc limit ${limit}`

/** Of everybody, the newest first: by the page's time, along the index, and by the id among those of an instant. */
export const pagedLatest = (from: string, before: string | null, kind: number | null, limit: number): Sql => sql`
  select distinct on (g.at_ms, g.id, g.customer_id) ${asRow} from paged_messages g
  where g.at_ms >= ${timeInId(from)} and ${earlier(before)} and (${kind}::smallint is null or g.kind = ${kind})
  order by g.at_ms desc, g.id desc, g.customer_id limit ${limit}`

export const pagedAbout = (customerId: string, aboutId: string): Sql =>
  sql`select ${asRow} from paged_messages g where ${ofCustomer(customerId)} and g.about_id = ${aboutId}`

/** By customer and id. The time in the ids says in which pages to look. */
export const pagedWith = (keys: readonly { customerId: string; id: string }[]): Sql => sql`
  select ${asRow} from paged_messages g
  join unnest(${uuidArray(keys.map((key) => key.customerId))}::uuid[], ${uuidArray(keys.map((key) => key.id))}::uuid[])
    k(customer_id, id) on g.customer_id = k.customer_id and g.id = k.id
  where g.at_ms = any(${integerArray([...new Set(keys.map(({ id }) => timeInId(id)))])}::bigint[])`

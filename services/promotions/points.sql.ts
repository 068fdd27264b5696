import { sql, type Tx } from '@souk/postgres'

export type PointEntry = {
  readonly entryId: string
  readonly shopId: string
  readonly customerId: string
  readonly orderId: string
  readonly points: number
  readonly reason: 'earned' | 'cancelled' | 'returned'
  readonly minorPerPoint: number
  readonly madeAtMs: number
}

/** What earns a point, of those of these shops that give any. */
export const pointShops = (tx: Tx, shopIds: readonly string[]) =>
  tx.many<{ shopId: string; minorPerPoint: number }>(sql`
    select shop_id as "shopId", minor_per_point as "minorPerPoint" from rules
    where shop_id = any(${shopIds}::uuid[]) and minor_per_point is not null`)

export type OrderPoints = { orderId: string; shopId: string; customerId: string; points: number; minorPerPoint: number }

/** What these orders have earned so far, and at which rate; those that earned nothing are left out. */
export const pointsOfOrders = (tx: Tx, orderIds: readonly string[]) =>
  tx.many<OrderPoints>(sql`
    select order_id as "orderId", shop_id as "shopId", customer_id as "customerId", sum(points)::bigint as points,
      max(minor_per_point) as "minorPerPoint"
    from point_entries where order_id = any(${orderIds}::uuid[]) group by 1, 2, 3`)

/** Enter them in the ledger and in the balances, which therefore are its sums. */
export async function enterPoints(tx: Tx, entries: readonly PointEntry[]): Promise<void> {
  await tx.run(sql`
    insert into point_entries (entry_id, shop_id, customer_id, order_id, points, reason, minor_per_point, made_at)
    select e.entry_id, e.shop_id, e.customer_id, e.order_id, e.points, e.reason, e.minor_per_point, to_timestamp(e.made_ms / 1000.0)
    from unnest(${entries.map((one) => one.entryId)}::uuid[], ${entries.map((one) => one.shopId)}::uuid[],
      ${entries.map((one) => one.customerId)}::uuid[], ${entries.map((one) => one.orderId)}::uuid[],
      ${entries.map((one) => one.points)}::bigint[], ${entries.map((one) => one.reason)}::text[],
      ${entries.map((one) => one.minorPerPoint)}::bigint[], ${entries.map((one) => one.madeAtMs)}::bigint[])
      as e (entry_id, shop_id, customer_id, order_id, points, reason, minor_per_point, made_ms)`)
  // Rows first and sums after: a negative part may not be inserted where the check looks at it before it is added.
  await tx.run(sql`
    insert into point_balances (customer_id, shop_id, points)
    select distinct customer_id, shop_id, 0 from unnest(${entries.map((one) => one.customerId)}::uuid[],
      ${entries.map((one) => one.shopId)}::uuid[]) as e (customer_id, shop_id)
    order by 1, 2 on conflict do nothing`)
  await tx.run(sql`
    update point_balances b set points = b.points + e.points
    from (select customer_id, shop_id, sum(points)::bigint as points
      from unnest(${entries.map((one) => one.customerId)}::uuid[], ${entries.map((one) => one.shopId)}::uuid[],
        ${entries.map((one) => one.points)}::bigint[]) as t (customer_id, shop_id, points) group by 1, 2) e
    where b.customer_id = e.customer_id and b.shop_id = e.shop_id`)
}

export const balancesOf = (tx: Tx, customerId: string) =>
  tx.many<{ shopId: string; points: number }>(sql`
    select shop_id as "shopId", points from point_balances where customer_id = ${customerId} order by shop_id limit 1000`)

/** Newest first. */
export const entriesOf = (tx: Tx, customerId: string, before: string, limit: number) =>
  tx.many<PointEntry>(sql`
    select entry_id as "entryId", shop_id as "shopId", customer_id as "customerId", order_id as "orderId", points, reason,
      minor_per_point as "minorPerPoint", (extract(epoch from made_at) * 1000)::bigint as "madeAtMs"
    from point_entries where customer_id = ${customerId} and entry_id < ${before}::uuid
    order by entry_id desc limit ${limit}`)

/** Balances that are not what their ledger adds up to. */
export const wrongBalances = (tx: Tx, limit: number) =>
  tx.many<{ customer_id: string; shop_id: string; balance: number; entries: number }>(sql`
    with sums as (select customer_id, shop_id, sum(points)::bigint as entries from point_entries group by 1, 2)
    select customer_id, shop_id, coalesce(b.points, 0) as balance, coalesce(s.entries, 0) as entries
    from point_balances b full join sums s using (customer_id, shop_id)
    where coalesce(b.points, 0) <> coalesce(s.entries, 0) limit ${limit}`)

/** Orders that have taken back more points than they earned. */
export const overdrawnOrders = (tx: Tx, limit: number) =>
  tx.many<{ order_id: string; points: number }>(sql`
    select order_id, sum(points)::bigint as points from point_entries group by order_id having sum(points) < 0 limit ${limit}`)

export const countBalances = async (tx: Tx) =>
  (await tx.one<{ n: number }>(sql`select count(*) as n from point_balances`)).n

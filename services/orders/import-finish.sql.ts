import { sql, type Tx } from '@souk/postgres'

export type MonthSum = { month: string; currency: string; lines: number; minor: number }

/** What this import's orders come to now, by the month they were placed in. */
export const soldByMonth = (tx: Tx, shopId: string, importId: string) =>
  tx.many<MonthSum & { orders: number; cancelled: number }>(sql`
    select to_char(o.placed_at at time zone 'utc', 'YYYY-MM') as month, o.currency, 0 as lines, count(*) as orders,
      count(*) filter (where o.status = 'cancelled') as cancelled, sum(o.total_minor)::bigint as minor
    from imported_orders i join orders o using (order_id)
    where i.shop_id = ${shopId} and i.import_id = ${importId} group by 1, 2`)

export const movedAmounts = (tx: Tx, shopId: string, importId: string) =>
  tx.many<{ moved: Record<string, number>; month: string; currency: string }>(sql`
    select i.moved, to_char(o.placed_at at time zone 'utc', 'YYYY-MM') as month, o.currency
    from imported_orders i join orders o using (order_id) where i.shop_id = ${shopId} and i.import_id = ${importId} and i.moved is not null`)

/** What of them was cancelled or came back, by the month in which that happened. */
export const returnedByMonth = (tx: Tx, shopId: string, importId: string) =>
  tx.many<MonthSum>(sql`
    select to_char(at at time zone 'utc', 'YYYY-MM') as month, currency, sum(lines)::bigint as lines, sum(minor)::bigint as minor from (
      select to_timestamp((o.history->-1->>1)::bigint / 1000.0) as at, o.currency, 0 as lines, o.total_minor as minor
      from imported_orders i join orders o using (order_id) where i.shop_id = ${shopId} and i.import_id = ${importId} and o.status = 'cancelled'
      union all
      select r.settled_at, o.currency, (select count(*) from return_lines rl where rl.return_id = r.return_id), r.refund_minor
      from imported_orders i join orders o using (order_id) join returns r using (order_id)
      where i.shop_id = ${shopId} and i.import_id = ${importId} and r.correlation_id = ${importId}::text) t
    group by 1, 2`)

export const rejectedByMonth = (tx: Tx, importId: string) =>
  tx.many<MonthSum>(sql`
    select month, currency, count(*) as lines, sum(minor)::bigint as minor from import_rejects where import_id = ${importId} group by 1, 2`)

export const countReturned = async (tx: Tx, importId: string) =>
  (
    await tx.one<{ lines: number }>(sql`
    select count(*) as lines from import_returns where import_id = ${importId} and state = 'made'`)
  ).lines

export const countOrderLines = async (tx: Tx, importId: string) =>
  (
    await tx.one<{ lines: number }>(sql`
    select coalesce(sum(order_lines), 0)::bigint as lines from import_slices where import_id = ${importId}`)
  ).lines

/** What was kept of the file and is not needed once its orders stand. */
export const forgetLines = (tx: Tx, importId: string) =>
  tx.run(sql`delete from import_lines where import_id = ${importId}`)

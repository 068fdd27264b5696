import { type Sql, sql, type Tx, uuidArray } from '@souk/postgres'
import { among, type OrderIds } from './audits.sql.ts'

/** Orders that have shipments or returns made since an instant, or under way: not all of these are told of. */
export const ordersWithParts = async (tx: Tx, firstPartId: string) =>
  (
    await tx.many<{ order_id: string }>(sql`
      select order_id from shipments where shipment_id >= ${firstPartId}::uuid or state = 'issuing'
      union select order_id from returns where return_id >= ${firstPartId}::uuid or state in ('receiving', 'received')`)
  ).map(({ order_id }) => order_id)

export type WrongLine = { order_id: string; line_no: number; ordered: number; shipped: number; returned: number }

/** Lines of which more is shipped, or being shipped, than was ordered, or more comes back than left. Of these orders. */
export const wrongLines = (tx: Tx, ids: OrderIds, limit: number) =>
  tx.many<WrongLine>(sql`
    with shipped as (
      select s.order_id, l.line_no, sum(l.quantity)::bigint as quantity,
        coalesce(sum(l.quantity) filter (where s.state <> 'issuing'), 0)::bigint as gone
      from shipments s join shipment_lines l using (shipment_id)
      where s.state <> 'refused' and ${among(ids, sql`s.order_id`)} group by 1, 2),
    returned as (
      select r.order_id, l.line_no, sum(coalesce(l.received, l.quantity))::bigint as quantity
      from returns r join return_lines l using (return_id)
      where r.state <> 'refused' and ${among(ids, sql`r.order_id`)} group by 1, 2),
    parts as (
      select order_id, line_no, coalesce(s.quantity, 0) as shipped, coalesce(s.gone, 0) as gone, coalesce(r.quantity, 0) as returned
      from shipped s full join returned r using (order_id, line_no))
    select p.order_id, p.line_no, coalesce(l.quantity, 0) as ordered, p.shipped, p.returned
    from parts p left join ${linesOf(ids)} l using (order_id, line_no) left join orders o using (order_id)
    where p.shipped > coalesce(l.quantity, 0) or p.returned > coalesce(l.quantity, 0)
      -- Orders taken over from elsewhere were shipped there.
      or (p.returned > p.gone and o.payment_method is distinct from 'external') limit ${limit}`)

/** Orders whose state is not what their shipments make of them. Orders without any say so by what they hold (I1). */
export const wrongStates = (tx: Tx, ids: OrderIds, limit: number) =>
  tx.many<{ order_id: string; status: string; ordered: number; gone: number }>(sql`
    with parts as (
      select s.order_id, coalesce(sum(l.quantity) filter (where s.state in ('issued', 'delivered', 'failed')), 0)::bigint as gone,
        bool_and(s.state in ('delivered', 'failed', 'refused')) and bool_or(s.state = 'delivered') as arrived,
        bool_or(s.state = 'issuing') as issuing
      from shipments s join shipment_lines l using (shipment_id) where ${among(ids, sql`s.order_id`)} group by 1),
    ordered as (
      select order_id, sum(quantity)::bigint as ordered from ${linesOf(ids)} l
      where order_id in (select order_id from parts) group by 1)
    select o.order_id, o.status, l.ordered, p.gone
    from parts p join orders o using (order_id) join ordered l using (order_id)
    where o.status <> case
        when p.gone = 0 then case when o.status = 'cancelled' then 'cancelled' else 'confirmed' end
        when p.gone < l.ordered then 'partly-shipped'
        when p.arrived then 'delivered'
        else 'shipped' end
      or (o.status = 'cancelled' and p.issuing)
    limit ${limit}`)

/** The lines of these orders. Of all orders the view takes every one apart; of some, only those are. */
const linesOf = (ids: OrderIds): Sql =>
  ids === null
    ? sql`order_lines`
    : sql`(select l.* from unnest(${uuidArray(ids)}::uuid[]) as i (id)
        cross join lateral (select * from order_lines l where l.order_id = i.id offset 0) l)`

export type WrongRefund = { order_id: string; line_no: number; paid: number; refunded: number }

/**
 * Lines that gave back more than they cost, or that came back whole and did not give back all of it, and returns that give
 * back something else than their lines.
 */
export const wrongRefunds = (tx: Tx, ids: OrderIds, limit: number) =>
  tx.many<WrongRefund>(sql`
    with refunded as (
      select r.order_id, l.line_no, sum(l.refund_minor)::bigint as minor,
        sum(case r.origin when 'undelivered' then l.quantity else l.received end)::bigint as units
      from returns r join return_lines l using (return_id)
      where r.state in ('receiving', 'received', 'settled') and ${among(ids, sql`r.order_id`)} group by 1, 2)
    select order_id, line_no::int as line_no, coalesce(l.total_minor, 0) as paid, coalesce(f.minor, 0) as refunded
    from refunded f left join ${linesOf(ids)} l using (order_id, line_no) left join orders o using (order_id)
    where l.total_minor is null or f.minor is null or f.minor > l.total_minor
      or (f.units = l.quantity and f.minor <> l.total_minor and o.payment_method <> 'external')
    union all
    select r.order_id, 0, coalesce(sum(l.refund_minor), 0)::bigint, coalesce(r.refund_minor, 0)
    from returns r join return_lines l using (return_id)
    where r.state in ('receiving', 'received', 'settled') and ${among(ids, sql`r.order_id`)}
    group by r.return_id having r.refund_minor is distinct from sum(l.refund_minor)
    limit ${limit}`)

export const countParts = async (tx: Tx, ids: OrderIds) =>
  (
    await tx.one<{ n: number }>(sql`
      select (select count(*) from shipments where ${among(ids)})
        + (select count(*) from returns where ${among(ids)}) as n`)
  ).n

/** Shipments and returns that have waited for another service for more than five minutes. */
export const waitingParts = (tx: Tx, limit: number) =>
  tx.many<{ id: string; what: string; state: string; attempts: number }>(sql`
    select shipment_id as id, 'shipment' as what, state, attempts from shipments
    where state = 'issuing' and created_at < now() - interval '5 minutes'
    union all
    select return_id, 'return', state, attempts from returns
    where state in ('receiving', 'received') and received_at < now() - interval '5 minutes'
    limit ${limit}`)

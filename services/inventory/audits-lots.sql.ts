import { sql, type Tx } from '@souk/postgres'
import { inScope, type Unbalanced } from './audits.sql.ts'

/** Shelves that are not the sum of their lots. */
export const listShelvesWithoutLots = (tx: Tx, since: string | undefined, limit: number) =>
  tx.many<Unbalanced>(sql`
    with scope as (${inScope(since)}),
    held as (
      select variant_id, location_id, sum(on_hand)::bigint as on_hand, sum(leaving)::bigint as leaving
        from lots where variant_id in (select variant_id from scope) group by variant_id, location_id)
    select format('variant %s at location %s', variant_id, location_id) as subject,
           format('on the shelf %s, lots %s; leaving %s, lots %s', coalesce(s.on_hand, 0), coalesce(h.on_hand, 0),
                  coalesce(s.leaving, 0), coalesce(h.leaving, 0)) as message
      from (select * from stock where variant_id in (select variant_id from scope)) s
           full join held h using (variant_id, location_id)
     where coalesce(s.on_hand, 0) <> coalesce(h.on_hand, 0) or coalesce(s.leaving, 0) <> coalesce(h.leaving, 0)
     order by 1 limit ${limit}`)

/** Lots that are not the sum of what moved them, or whose leaving units no waiting change will take. */
export const listUnbalancedLots = (tx: Tx, since: string | undefined, limit: number) =>
  tx.many<Unbalanced>(sql`
    with scope as (${inScope(since)}),
    moved as (
      select lot_id, sum(delta)::bigint as on_hand from lot_movements
       where variant_id in (select variant_id from scope) group by lot_id),
    taken as (
      select lot_id, sum(units)::bigint as leaving from change_takes
       where variant_id in (select variant_id from scope) group by lot_id)
    select 'lot ' || l.id as subject,
           format('on hand %s, ledger %s; leaving %s, changes that wait %s', l.on_hand, coalesce(m.on_hand, 0),
                  l.leaving, coalesce(t.leaving, 0)) as message
      from lots l left join moved m on m.lot_id = l.id left join taken t on t.lot_id = l.id
     where l.variant_id in (select variant_id from scope)
       and (l.on_hand <> coalesce(m.on_hand, 0) or l.leaving <> coalesce(t.leaving, 0))
     order by 1 limit ${limit}`)

/**
 * Lots whose goods set apart are not those of orders. Always of all orders: which lot an order has is known by the order
 * alone, and an index by lot would be paid for by every one of them.
 */
export const listWronglyAssigned = (tx: Tx, limit: number) =>
  tx.many<Unbalanced>(sql`
    with held as (
      select lot_id, sum(quantity - issued - released)::bigint as assigned from assignments
       where quantity > issued + released group by lot_id)
    select 'lot ' || coalesce(l.id, h.lot_id) as subject,
           format('set apart %s, orders have %s', coalesce(l.assigned, 0), coalesce(h.assigned, 0)) as message
      from held h full join lots l on l.id = h.lot_id
     where coalesce(l.assigned, 0) <> coalesce(h.assigned, 0) order by 1 limit ${limit}`)

/** Goods set apart after the last day on which their lot may be handed over. */
export const listAssignedExpired = (tx: Tx, limit: number) =>
  tx.many<Unbalanced>(sql`
    select format('order %s, lot %s', a.order_id, a.lot_id) as subject,
           format('set apart at %s, expired on %s', a.at, l.expires_on) as message
      from lots l join assignments a on a.lot_id = l.id and a.at >= (l.expires_on + 1)::timestamp at time zone 'utc'
     where l.expires_on is not null order by 1 limit ${limit}`)

/** Shipments whose movements, lots and orders do not tell the same, by variant. */
export const listUnevenIssues = (tx: Tx, since: string | undefined, limit: number) =>
  tx.many<Unbalanced>(sql`
    with scope as (${inScope(since)}),
    entered as (
      select cause_id, variant_id, -sum(on_hand_delta)::bigint as units from movements
       where kind = 'issue' and variant_id in (select variant_id from scope) group by cause_id, variant_id),
    gone as (
      select m.cause_id, m.variant_id, -sum(m.delta)::bigint as units
        from issues i join lot_movements m on m.cause_id = i.shipment_id
       where m.variant_id in (select variant_id from scope) group by m.cause_id, m.variant_id)
    select format('shipment %s, variant %s', cause_id, variant_id) as subject,
           format('%s issued by the ledger, %s by the lots', coalesce(e.units, 0), coalesce(g.units, 0)) as message
      from entered e full join gone g using (cause_id, variant_id)
     where coalesce(e.units, 0) <> coalesce(g.units, 0)
     order by 1 limit ${limit}`)

/** Orders of which more or less was issued than their goods set apart say, or of which more came back than was issued. */
export const listUnevenOrders = (tx: Tx, since: string | undefined, limit: number) =>
  tx.many<Unbalanced>(sql`
    with orders as (
      select distinct i.order_id from issues i join movements m on m.cause_id = i.shipment_id
       where m.variant_id in (${inScope(since)})),
    gone as (
      select i.order_id, m.variant_id, -sum(m.on_hand_delta)::bigint as units
        from issues i join movements m on m.cause_id = i.shipment_id and m.kind = 'issue'
       where i.order_id in (select order_id from orders) group by i.order_id, m.variant_id),
    held as (
      select a.order_id, l.variant_id, sum(a.issued)::bigint as units
        from assignments a join lots l on l.id = a.lot_id
       where a.order_id in (select order_id from orders) group by a.order_id, l.variant_id),
    back as (
      select t.order_id, m.variant_id, sum(m.on_hand_delta)::bigint as units
        from take_backs t join movements m on m.cause_id = t.return_id and m.kind = 'return'
       where t.order_id in (select order_id from orders) group by t.order_id, m.variant_id)
    select format('order %s, variant %s', order_id, variant_id) as subject,
           format('%s issued by shipments, %s of what was set apart, %s came back', coalesce(g.units, 0),
                  coalesce(h.units, 0), coalesce(b.units, 0)) as message
      from gone g full join held h using (order_id, variant_id) full join back b using (order_id, variant_id)
     where coalesce(g.units, 0) <> coalesce(h.units, 0) or coalesce(b.units, 0) > coalesce(g.units, 0)
     order by 1 limit ${limit}`)

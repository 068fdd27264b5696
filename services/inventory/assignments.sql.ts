import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import type { Issued } from './issue-lots.ts'
import type { Lot } from './lots.ts'

/**
 * Write what was decided: the lots and a row per order and lot, one statement for all orders.
 * @throws what `violates(error, 'assignments_pkey')` knows when an order of the batch was assigned or released before.
 */
export const assignGoods = (tx: Tx, { rows, lots, units }: Pick<Issued, 'rows' | 'lots' | 'units'>, at: Date) => {
  const lotIds = uuidArray(lots.map((lot) => lot.lotId))
  return tx.run(sql`
    with taken as (
      update lots l set assigned = l.assigned + n.units
        from unnest(${lotIds}::uuid[], ${integerArray(units)}::bigint[]) as n (lot_id, units)
       where l.id = n.lot_id)
    insert into assignments (order_id, lot_id, at, quantity, line)
    select n.order_id, (${lotIds}::uuid[])[n.lot], ${at}, n.quantity, n.line
      from unnest(${uuidArray(rows.orderIds)}::uuid[], ${integerArray(rows.lots)}::int[],
                  ${integerArray(rows.quantities)}::int[], ${integerArray(rows.lines)}::smallint[])
           as n (order_id, lot, quantity, line)`)
}

/** What was once decided about these orders; those nothing was decided about are left out. */
export const findDecided = (tx: Tx, orderIds: readonly string[]) =>
  tx.many<{ orderId: string; released: boolean }>(sql`
    select order_id as "orderId", bool_or(released_at is not null) as released
      from assignments where order_id = any(${uuidArray(orderIds)}::uuid[]) group by order_id`)

/** Lots that have goods set apart for these orders. */
export const findLotsOfOrders = (tx: Tx, orderIds: readonly string[]) =>
  tx.many<{ lotId: string }>(sql`
    select distinct lot_id as "lotId" from assignments
     where order_id = any(${uuidArray(orderIds)}::uuid[]) and quantity > issued + released`)

/** Mark orders as released that nothing is known of, so that what comes for them later finds it. */
export const insertTombstones = (tx: Tx, orderIds: readonly string[], at: Date) =>
  tx.run(sql`
    insert into assignments (order_id, line, at, quantity, released_at)
    select order_id, 0, ${at}, 0, ${at} from unnest(${uuidArray(orderIds)}::uuid[]) as n (order_id)
    on conflict do nothing`)

/** Put back whatever is still set apart for these orders. Under the locks of its lots. */
export const releaseGoods = (tx: Tx, orderIds: readonly string[], at: Date) =>
  tx.run(sql`
    with open as (
      select order_id, line, lot_id, quantity - issued - released as units from assignments
       where order_id = any(${uuidArray(orderIds)}::uuid[]) and quantity > issued + released
       order by order_id, line for update),
    marked as (
      update assignments a set released = a.released + o.units, released_at = ${at}
        from open o where a.order_id = o.order_id and a.line = o.line)
    update lots l set assigned = l.assigned - n.units
      from (select lot_id, sum(units) as units from open group by lot_id) as n
     where l.id = n.lot_id`)

/** Goods set apart for an order, with their lot; lot null for one that was released before anything was. */
export type Held = {
  line: number
  lotId: string | null
  variantId: string | null
  at: Date
  quantity: number
  issued: number
  released: number
  releasedAt: Date | null
}

/** All that was ever set apart for an order, and not put back or issued since when `forUpdate`. */
export const findHeld = (tx: Tx, orderId: string) =>
  tx.many<Held>(sql`
    select a.line, a.lot_id as "lotId", l.variant_id as "variantId", a.at, a.quantity, a.issued, a.released,
           a.released_at as "releasedAt"
      from assignments a left join lots l on l.id = a.lot_id
     where a.order_id = ${orderId} order by a.line`)

export type HeldChange = { line: number; issued: number; released: number }

/** Rows of an order from which goods were issued, or which others stand in for. Under the locks of its lots. */
export const changeHeld = (tx: Tx, orderId: string, changes: readonly HeldChange[]) =>
  tx.run(sql`
    update assignments a set issued = a.issued + n.issued, released = a.released + n.released
      from unnest(${integerArray(changes.map((each) => each.line))}::smallint[],
                  ${integerArray(changes.map((each) => each.issued))}::int[],
                  ${integerArray(changes.map((each) => each.released))}::int[]) as n (line, issued, released)
     where a.order_id = ${orderId} and a.line = n.line`)

/** Goods that were issued in place of some that had expired. */
export const insertStandIns = (
  tx: Tx,
  orderId: string,
  standIns: readonly { line: number; lotId: string; units: number }[],
  at: Date,
) =>
  tx.run(sql`
    insert into assignments (order_id, lot_id, at, quantity, issued, line)
    select ${orderId}::uuid, n.lot_id, ${at}, n.units, n.units, n.line
      from unnest(${uuidArray(standIns.map((each) => each.lotId))}::uuid[],
                  ${integerArray(standIns.map((each) => each.units))}::int[],
                  ${integerArray(standIns.map((each) => each.line))}::smallint[]) as n (lot_id, units, line)`)

export type Handover = { id: string; orderId: string; shopId: string; actor: string; at: Date }

export const insertIssue = (tx: Tx, { id, orderId, shopId, actor, at }: Handover) =>
  tx.run(sql`
    insert into issues (shipment_id, order_id, shop_id, actor, at)
    values (${id}, ${orderId}, ${shopId}, ${actor}, ${at})`)

/** A shipment for which there were no goods: whoever asks for it again is told the same. */
export const insertRefusal = (
  tx: Tx,
  { id, orderId, shopId, actor, at, variantId, reason }: Handover & { variantId: string; reason: string },
) =>
  tx.run(sql`
    insert into issues (shipment_id, order_id, shop_id, actor, at, refused_variant_id, refusal)
    values (${id}, ${orderId}, ${shopId}, ${actor}, ${at}, ${variantId}, ${reason})`)

/** What became of a shipment: `refusal` is null when its goods left. */
export const findIssue = (tx: Tx, shipmentId: string) =>
  tx.maybeOne<{ orderId: string; variantId: string; refusal: string | null }>(sql`
    select order_id as "orderId", coalesce(refused_variant_id::text, '') as "variantId", refusal
      from issues where shipment_id = ${shipmentId}`)

export const insertTakeBack = (tx: Tx, { id, orderId, shopId, actor, at }: Handover) =>
  tx.run(sql`
    insert into take_backs (return_id, order_id, shop_id, actor, at)
    values (${id}, ${orderId}, ${shopId}, ${actor}, ${at}) on conflict (return_id) do nothing`)

export const findTakeBack = (tx: Tx, returnId: string) =>
  tx.maybeOne<Handover>(sql`
    select return_id as id, order_id as "orderId", shop_id as "shopId", actor, at
      from take_backs where return_id = ${returnId}`)

/** What left the lots with a shipment, by variant. */
export const findGoodsOfShipment = (tx: Tx, shipmentId: string) =>
  tx.many<{ variantId: string; quantity: number }>(sql`
    select variant_id as "variantId", -sum(delta)::bigint as quantity
      from lot_movements where cause_id = ${shipmentId} group by variant_id order by variant_id`)

/** Where the goods of an order came from, and how many were issued. */
export const findIssuedGoods = (tx: Tx, orderId: string) =>
  tx.many<Pick<Lot, 'variantId' | 'locationId' | 'expiresOn'> & { units: number }>(sql`
    select m.variant_id as "variantId", l.location_id as "locationId", l.expires_on::text as "expiresOn",
           -m.delta as units
      from issues i join lot_movements m on m.cause_id = i.shipment_id join lots l on l.id = m.lot_id
     where i.order_id = ${orderId} order by l.expires_on, l.id`)

/** Units of a return that were written off, by variant. */
export const findWrittenOff = (tx: Tx, returnId: string) =>
  tx.many<{ variantId: string; units: number }>(sql`
    select variant_id as "variantId", -sum(on_hand_delta)::bigint as units
      from movements where cause_id = ${returnId} and kind = 'write-off' group by variant_id`)

/** Units that came back of an order, by variant, restocked or not. */
export const findReturnedUnits = (tx: Tx, orderId: string) =>
  tx.many<{ variantId: string; units: number }>(sql`
    select m.variant_id as "variantId", sum(m.on_hand_delta)::bigint as units
      from take_backs t join movements m on m.cause_id = t.return_id and m.kind = 'return'
     where t.order_id = ${orderId} group by m.variant_id`)

export type Story = {
  at: Date
  what: string
  units: number
  sku: string
  lotCode: string | null
  expiresOn: string | null
}

/** What befell an order's goods, the oldest first; 1,000 entries at most. */
export const listStory = (tx: Tx, orderId: string, shopId: string) =>
  tx.many<Story>(sql`
    with held as (
      select a.*, l.variant_id, l.code, l.expires_on from assignments a join lots l on l.id = a.lot_id
       where a.order_id = ${orderId} and l.shop_id = ${shopId}),
    story as (
      select at, 1 as step, 'set apart' as what, quantity as units, variant_id, code, expires_on from held
      union all
      select released_at, 4, 'released', released, variant_id, code, expires_on from held where released_at is not null
      union all
      select i.at, 2, 'issued', -m.delta, m.variant_id, l.code, l.expires_on
        from issues i join lot_movements m on m.cause_id = i.shipment_id join lots l on l.id = m.lot_id
       where i.order_id = ${orderId} and i.shop_id = ${shopId}
      union all
      select t.at, 3, case m.kind when 'return' then 'taken back' else 'written off' end, abs(m.on_hand_delta),
             m.variant_id, null, null
        from take_backs t join movements m on m.cause_id = t.return_id and m.kind in ('return', 'write-off')
       where t.order_id = ${orderId} and t.shop_id = ${shopId})
    select s.at, s.what, s.units, i.sku, s.code as "lotCode", s.expires_on::text as "expiresOn"
      from story s join items i using (variant_id) order by s.at, s.step, i.sku limit 1000`)

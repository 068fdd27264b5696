import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import { maxLooked } from './orders.sql.ts'
import type { Shipment, ShipmentLine, ShipmentState } from './shipment.ts'

type ShipmentRow = Omit<Shipment, 'createdAtMs' | 'issuedAtMs' | 'endedAtMs' | 'lines'> & {
  createdAt: Date
  issuedAt: Date | null
  endedAt: Date | null
  lines: ShipmentLine[]
}

const toShipment = ({ createdAt, issuedAt, endedAt, ...row }: ShipmentRow): Shipment => ({
  ...row,
  createdAtMs: createdAt.getTime(),
  issuedAtMs: issuedAt?.getTime() ?? null,
  endedAtMs: endedAt?.getTime() ?? null,
})

const columns = sql`
  s.shipment_id as "shipmentId", s.order_id as "orderId", s.shop_id as "shopId", s.state, s.carrier,
  s.tracking_number as "trackingNumber", s.tracking_url as "trackingUrl", s.refusal, s.actor_id as "actorId",
  s.correlation_id as "correlationId", s.created_at as "createdAt", s.issued_at as "issuedAt", s.ended_at as "endedAt",
  (select jsonb_agg(jsonb_build_object('lineNo', l.line_no, 'variantId', l.variant_id, 'quantity', l.quantity) order by l.line_no)
    from shipment_lines l where l.shipment_id = s.shipment_id) as lines`

/** All shipments of these orders, the oldest first. */
export const shipmentsOf = async (tx: Tx, orderIds: readonly string[]): Promise<Shipment[]> =>
  (
    await tx.many<ShipmentRow>(
      sql`select ${columns} from shipments s where s.order_id = any(${orderIds}::uuid[]) order by s.shipment_id`,
    )
  ).map(toShipment)

export const findShipment = async (tx: Tx, shipmentId: string): Promise<Shipment | undefined> =>
  (await tx.many<ShipmentRow>(sql`select ${columns} from shipments s where s.shipment_id = ${shipmentId}`)).map(
    toShipment,
  )[0]

/** @param tryAt when the job may take it up, should whoever recorded it not come to the end. */
export async function insertShipment(tx: Tx, shipment: Shipment, tryAt: Date): Promise<void> {
  await tx.run(sql`
    insert into shipments (shipment_id, order_id, shop_id, state, carrier, tracking_number, tracking_url, actor_id,
      correlation_id, created_at, try_at)
    values (${shipment.shipmentId}, ${shipment.orderId}, ${shipment.shopId}, ${shipment.state}, ${shipment.carrier},
      ${shipment.trackingNumber}, ${shipment.trackingUrl}, ${shipment.actorId}, ${shipment.correlationId},
      ${new Date(shipment.createdAtMs)}, ${tryAt})`)
  await tx.run(sql`
    insert into shipment_lines (shipment_id, line_no, variant_id, quantity)
    select ${shipment.shipmentId}, * from unnest(${integerArray(shipment.lines.map(({ lineNo }) => lineNo))}::smallint[],
      ${uuidArray(shipment.lines.map(({ variantId }) => variantId))}::uuid[],
      ${integerArray(shipment.lines.map(({ quantity }) => quantity))}::int[])`)
}

export type ShipmentEnd = { state: ShipmentState; at: Date; refusal?: Shipment['refusal'] }

/** Move shipments of an order whose row the caller has locked. */
export const moveShipments = (tx: Tx, shipmentIds: readonly string[], { state, at, refusal }: ShipmentEnd) =>
  tx.run(sql`
    update shipments set state = ${state}, refusal = ${refusal == null ? null : JSON.stringify(refusal)}::jsonb,
      issued_at = case when ${state} = 'issued' then ${at}::timestamptz else issued_at end,
      ended_at = case when ${state} = 'issued' then null else ${at}::timestamptz end
    where shipment_id = any(${shipmentIds}::uuid[])`)

/** Whether inventory may at this moment be handing out goods of the order. For whoever has locked the order. */
export const isBeingIssued = async (tx: Tx, orderId: string): Promise<boolean> =>
  (
    await tx.one<{ issuing: boolean }>(
      sql`select exists (select from shipments where order_id = ${orderId} and state = 'issuing') as issuing`,
    )
  ).issuing

/**
 * Units that left the shelf leave the promise, too: what is granted goes down where they were held, what remains and
 * what a customer had of a sale stay. Locked in the order in which orders take them, or the two would wait for each other.
 * Resolves to the number of allotments changed.
 */
export const lowerGranted = (tx: Tx, allotmentIds: readonly string[], quantities: readonly number[]) =>
  tx.run(sql`
    with locked as materialized (
      select a.kind, a.allotment_id, d.quantity
      from unnest(${uuidArray(allotmentIds)}::uuid[], ${integerArray(quantities)}::bigint[]) as d (allotment_id, quantity)
      join allotments a on a.kind in (1, 2) and a.allotment_id = d.allotment_id
      order by a.allotment_id for update of a)
    update allotments a set granted = a.granted - l.quantity
    from locked l where a.kind = l.kind and a.allotment_id = l.allotment_id`)

/**
 * Take up to `limit` shipments that were left lying, each for the time until it may be tried again: 15 s, doubling to a
 * minute. Longer than a call to inventory may take, so two never ask for one shipment at once.
 */
export const claimShipments = (tx: Tx, now: Date, limit: number) =>
  tx.many<{ shipmentId: string }>(sql`
    update shipments set attempts = attempts + 1,
      try_at = ${now}::timestamptz + least(60, 15 * power(2, least(attempts, 8))) * interval '1 second'
    where shipment_id in (select shipment_id from shipments where state = 'issuing' and try_at <= ${now}
      order by try_at limit ${limit} for update skip locked)
    returning shipment_id as "shipmentId"`)

export type LookedAt = { orderIds: string[]; looked: number; lastId: string | null; doneUntil: string | null }

/**
 * Walk a shop's orders from the oldest on, `maxLooked` of them at most, and pick those that can be shipped. `doneUntil`: the
 * last before which, itself included, all that were looked at are done. Proven by `orders_by_shop`.
 */
export const ordersToShip = (tx: Tx, shopId: string, after: string, limit: number) =>
  tx.one<LookedAt>(sql`
    with looked as materialized (
      select order_id, status from orders where shop_id = ${shopId} and order_id > ${after}
      order by order_id limit ${maxLooked}),
    picked as (
      select order_id from looked where status in ('confirmed', 'partly-shipped') order by order_id limit ${limit}),
    first_open as (
      select order_id from looked where status in ('placed', 'confirmed', 'partly-shipped') order by order_id limit 1)
    select (select coalesce(array_agg(order_id::text order by order_id), '{}') from picked) as "orderIds",
      (select count(*) from looked) as looked,
      (select order_id::text from looked order by order_id desc limit 1) as "lastId",
      (select order_id::text from looked
        where order_id < coalesce((select order_id from first_open), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        order by order_id desc limit 1) as "doneUntil"`)

export const shippedUntil = async (tx: Tx, shopId: string): Promise<string | undefined> =>
  (
    await tx.maybeOne<{ orderId: string }>(
      sql`select order_id as "orderId" from shipped_until where shop_id = ${shopId}`,
    )
  )?.orderId

/**
 * Remember that everything of the shop up to `orderId` is done. Not while an older one is accepted and not yet placed: it
 * will appear with the id it has now. The caller passes nothing younger than an hour.
 */
export const rememberShipped = (tx: Tx, shopId: string, orderId: string) =>
  tx.run(sql`
    insert into shipped_until as known (shop_id, order_id)
    select ${shopId}, ${orderId}::uuid
    where not exists (select from order_requests where state = 'accepted' and order_id <= ${orderId})
    on conflict (shop_id) do update set order_id = excluded.order_id where excluded.order_id > known.order_id`)

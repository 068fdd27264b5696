import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'
import type { Return, ReturnLine, ReturnState } from './return.ts'

type ReturnRow = Omit<Return, 'requestedAtMs' | 'decidedAtMs' | 'receivedAtMs' | 'settledAtMs'> & {
  requestedAt: Date
  decidedAt: Date | null
  receivedAt: Date | null
  settledAt: Date | null
}

const toReturn = ({ requestedAt, decidedAt, receivedAt, settledAt, ...row }: ReturnRow): Return => ({
  ...row,
  requestedAtMs: requestedAt.getTime(),
  decidedAtMs: decidedAt?.getTime() ?? null,
  receivedAtMs: receivedAt?.getTime() ?? null,
  settledAtMs: settledAt?.getTime() ?? null,
})

const columns = sql`
  r.return_id as "returnId", r.order_id as "orderId", r.shop_id as "shopId", r.customer_id as "customerId", r.origin,
  r.shipment_id as "shipmentId", r.state, r.reason, r.note, r.answer, r.refund_minor as "refundMinor",
  r.actor_id as "actorId", r.correlation_id as "correlationId", r.requested_at as "requestedAt",
  r.decided_at as "decidedAt", r.received_at as "receivedAt", r.settled_at as "settledAt",
  (select jsonb_agg(jsonb_build_object('lineNo', l.line_no, 'variantId', l.variant_id, 'quantity', l.quantity,
      'received', l.received, 'restock', l.restock, 'refundMinor', l.refund_minor) order by l.line_no)
    from return_lines l where l.return_id = r.return_id) as lines`

/** All returns of these orders, the oldest first. */
export const returnsOf = async (tx: Tx, orderIds: readonly string[]): Promise<Return[]> =>
  (
    await tx.many<ReturnRow>(
      sql`select ${columns} from returns r where r.order_id = any(${orderIds}::uuid[]) order by r.return_id`,
    )
  ).map(toReturn)

export const findReturn = async (tx: Tx, returnId: string): Promise<Return | undefined> =>
  (await tx.many<ReturnRow>(sql`select ${columns} from returns r where r.return_id = ${returnId}`)).map(toReturn)[0]

/** Newest first, before the return the cursor names. Proven by `returns_of_shop` and `returns_of_shop_by_state`. */
export const returnsOfShop = async (
  tx: Tx,
  shopId: string,
  state: ReturnState | null,
  before: string | null,
  limit: number,
): Promise<Return[]> => {
  const only = state === null ? sql`` : sql`and r.state = ${state}`
  return (
    await tx.many<ReturnRow>(sql`
      select ${columns} from returns r
      where r.shop_id = ${shopId} ${only} and r.return_id < coalesce(${before}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      order by r.return_id desc limit ${limit}`)
  ).map(toReturn)
}

export async function insertReturn(tx: Tx, one: Return, tryAt: Date): Promise<void> {
  await tx.run(sql`
    insert into returns (return_id, order_id, shop_id, customer_id, origin, shipment_id, state, reason, note, answer,
      refund_minor, correlation_id, requested_at, decided_at, try_at)
    values (${one.returnId}, ${one.orderId}, ${one.shopId}, ${one.customerId}, ${one.origin}, ${one.shipmentId}, ${one.state},
      ${one.reason}, ${one.note}, ${one.answer}, ${one.refundMinor}, ${one.correlationId}, ${new Date(one.requestedAtMs)},
      ${one.decidedAtMs === null ? null : new Date(one.decidedAtMs)}, ${tryAt})`)
  await tx.run(sql`
    insert into return_lines (return_id, line_no, variant_id, quantity, refund_minor)
    select ${one.returnId}, * from unnest(${integerArray(one.lines.map(({ lineNo }) => lineNo))}::smallint[],
      ${uuidArray(one.lines.map(({ variantId }) => variantId))}::uuid[],
      ${integerArray(one.lines.map(({ quantity }) => quantity))}::int[],
      ${one.lines.map(({ refundMinor }) => refundMinor)}::bigint[])`)
}

/** The shop's answer. For whoever has locked the order. */
export const decideReturn = (tx: Tx, returnId: string, state: ReturnState, answer: string, at: Date) =>
  tx.run(sql`
    update returns set state = ${state}, answer = ${answer}, decided_at = ${at} where return_id = ${returnId}`)

export type Received = {
  returnId: string
  refundMinor: number
  actorId: string
  at: Date
  tryAt: Date
  lines: readonly (ReturnLine & { received: number; restock: boolean; refundMinor: number })[]
}

/** What came, and what it gives back. For whoever has locked the order. */
export async function receiveReturn(tx: Tx, { returnId, refundMinor, actorId, at, tryAt, lines }: Received) {
  await tx.run(sql`
    update returns set state = 'receiving', refund_minor = ${refundMinor}, actor_id = ${actorId}, received_at = ${at},
      attempts = 0, try_at = ${tryAt}
    where return_id = ${returnId}`)
  await tx.run(sql`
    update return_lines l set received = d.received, restock = d.restock, refund_minor = d.refund_minor
    from unnest(${integerArray(lines.map(({ lineNo }) => lineNo))}::smallint[],
      ${integerArray(lines.map(({ received }) => received))}::int[], ${lines.map(({ restock }) => restock)}::boolean[],
      ${integerArray(lines.map((line) => line.refundMinor))}::bigint[]) as d (line_no, received, restock, refund_minor)
    where l.return_id = ${returnId} and l.line_no = d.line_no`)
}

/** The goods are back. Resolves to 0 when they were already. */
export const markStored = (tx: Tx, returnId: string, writtenOff: readonly string[]) =>
  tx.run(sql`
    with truth as (
      update return_lines set restock = false
      where return_id = ${returnId} and restock and variant_id = any(${uuidArray(writtenOff)}::uuid[]))
    update returns set state = 'received' where return_id = ${returnId} and state = 'receiving'`)

/** For whoever has locked the order. */
export const markSettled = (tx: Tx, returnId: string, at: Date) =>
  tx.run(sql`update returns set state = 'settled', settled_at = ${at} where return_id = ${returnId}`)

/** Take up to `limit` returns that were left lying, as `claimShipments` does. */
export const claimReturns = (tx: Tx, now: Date, limit: number) =>
  tx.many<{ returnId: string }>(sql`
    update returns set attempts = attempts + 1,
      try_at = ${now}::timestamptz + least(60, 15 * power(2, least(attempts, 8))) * interval '1 second'
    where return_id in (select return_id from returns where state in ('receiving', 'received') and try_at <= ${now}
      order by try_at limit ${limit} for update skip locked)
    returning return_id as "returnId"`)

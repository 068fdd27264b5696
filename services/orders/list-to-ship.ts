import { firstIdAt, type Tx } from '@souk/postgres'
import { ordersToShip, rememberShipped, shippedUntil } from './fulfilment.sql.ts'
import { type Order } from './order.ts'
import { maxLooked, readOrders } from './orders.sql.ts'

const nobody = '00000000-0000-0000-0000-000000000000'
const hourMs = 3_600_000

/** Finished orders at the head of the walk that make it worth to remember where it ended. */
export const worthRemembering = 500

/**
 * The orders a shop has to ship, the oldest first. Walks its orders from where all before are known to be done, at most
 * `maxLooked` of them a page; so a page may hold fewer than asked for while there is a cursor. What was found done is
 * remembered, and the next look begins behind it: no order pays for an index on its state.
 */
export async function listToShip(
  tx: Tx,
  now: Date,
  shopId: string,
  cursor: string | null,
  limit: number,
): Promise<{ orders: Order[]; nextCursor: string | null }> {
  const known = (await shippedUntil(tx, shopId)) ?? nobody
  const after = cursor === null || cursor < known ? known : cursor
  const { orderIds, looked, lastId, doneUntil } = await ordersToShip(tx, shopId, after, limit + 1)
  if (after === known && looked >= worthRemembering && doneUntil !== null) {
    // Ids are given before orders are placed: one of the last hour may still appear before others that are done.
    const border = firstIdAt(now.getTime() - hourMs)
    const until = doneUntil < border ? doneUntil : border
    if (until > known) await rememberShipped(tx, shopId, until)
  }
  const page = orderIds.slice(0, limit)
  const orders = (await readOrders(tx, page)).sort((a, b) => (a.orderId < b.orderId ? -1 : 1))
  const nextCursor = orderIds.length > limit ? (page.at(-1) ?? null) : looked === maxLooked ? lastId : null
  return { orders, nextCursor }
}

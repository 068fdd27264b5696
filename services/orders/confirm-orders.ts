import type { Outbox } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { orderConfirmedEvent } from './order-events.ts'
import { confirmedNow, confirmPlaced } from './orders.sql.ts'

export type ToConfirm = {
  readonly order: { readonly orderId: string; readonly shopId: string; readonly customerId: string }
  readonly correlationId: string
}

/** A placed order is at version 1. */
const confirmedVersion = 2

/**
 * The end of the saga: nothing stands in the way of preparing these orders. One statement and one event row for all of
 * them. Whoever was confirmed or cancelled meanwhile is left as he is. No order may be named twice.
 * @returns how many were confirmed now.
 */
export async function confirmOrders(
  tx: Tx,
  { outbox, clock }: { outbox: Outbox; clock: () => Date },
  cases: readonly ToConfirm[],
): Promise<number> {
  if (cases.length === 0) return 0
  const atMs = clock().getTime()
  const orderIds = cases.map(({ order }) => order.orderId)
  const count = await confirmPlaced(tx, orderIds, atMs)
  const now = count === cases.length ? undefined : new Set(await confirmedNow(tx, orderIds))
  const confirmed = now === undefined ? cases : cases.filter(({ order }) => now.has(order.orderId))
  await outbox.append(
    tx,
    confirmed.map(({ order: { orderId, shopId, customerId }, correlationId }) =>
      orderConfirmedEvent({ orderId, shopId, customerId, version: confirmedVersion }, atMs, correlationId),
    ),
  )
  return count
}

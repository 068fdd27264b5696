import type { Outbox } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { releaseUnits } from './allotments.sql.ts'
import { orderErrors } from './errors.ts'
import { next, type Order } from './order.ts'
import { orderCancelledEvent } from './order-events.ts'
import { lockOrder, saveOrder } from './orders.sql.ts'
import { capId } from './price-order.ts'

export type CancelOrder = {
  orderId: string
  /** Whether the caller may see this order at all; if not it is as if there were none. */
  mayCancel(order: Order): boolean
  /** Who cancels it, for the event. */
  byOf(order: Order): 'customer' | 'shop'
  correlationId: string
}

/**
 * Cancel an order and give back what it held: units to where they came from, and what the customer may buy in a sale.
 * A cancelled order stays as it is, so repeating is harmless. Throws order-not-found, illegal-transition.
 */
export async function cancelOrder(
  tx: Tx,
  { outbox, clock }: { outbox: Outbox; clock: () => Date },
  command: CancelOrder,
): Promise<Order> {
  const order = await lockOrder(tx, command.orderId)
  if (order === undefined || !command.mayCancel(order))
    throw orderErrors.error('order-not-found', 'There is no order with this id.')
  if (order.status === 'cancelled') return order
  const atMs = clock().getTime()
  const status = next(order.status, 'cancel')
  const cancelled: Order = {
    ...order,
    status,
    version: order.version + 1,
    history: [...order.history, [status, atMs]],
  }
  await saveOrder(tx, cancelled)
  await releaseUnits(
    tx,
    order.lines.map((line) => ({
      variantId: line.variantId,
      saleWindowId: line.saleWindowId,
      capId: line.saleWindowId === null ? null : capId(line.saleWindowId, order.customerId),
      quantity: line.quantity,
    })),
  )
  await outbox.append(tx, [
    orderCancelledEvent(cancelled, order.lines, command.byOf(order), atMs, command.correlationId),
  ])
  return cancelled
}

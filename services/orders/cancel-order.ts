import type { Outbox } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { releaseUnits } from './allotments.sql.ts'
import { orderErrors } from './errors.ts'
import { next, type Order, type OrderStatus } from './order.ts'
import { orderCancelledEvent } from './order-events.ts'
import { cancelLocked, lockOrder, lockOrders } from './orders.sql.ts'
import { capId, capsOfUses } from './price-order.ts'
import type { CancelReason } from './saga.ts'
import { refuseWhileIssuing } from './ship-order.ts'
import { releaseUses } from './uses.sql.ts'

type Deps = { outbox: Outbox; clock: () => Date }

export type CancelOrder = {
  orderId: string
  /** Whether the caller may see this order at all; if not it is as if there were none. */
  mayCancel(order: Order): boolean
  /** Who cancels it, for the event. */
  byOf(order: Order): 'customer' | 'shop' | 'operator'
  correlationId: string
}

/**
 * Cancel an order and give back what it held: units to where they came from, and what the customer may buy in a sale.
 * What was paid and set apart is given back by the saga, which hears of it from the event. A cancelled order stays as it
 * is, so repeating is harmless. Throws order-not-found, illegal-transition, shipment-under-way.
 */
export async function cancelOrder(tx: Tx, deps: Deps, command: CancelOrder): Promise<Order> {
  const order = await lockOrder(tx, command.orderId)
  if (order === undefined || !command.mayCancel(order))
    throw orderErrors.error('order-not-found', 'There is no order with this id.')
  if (order.status === 'cancelled') return order
  next(order.status, 'cancel')
  await refuseWhileIssuing(tx, order.orderId)
  const { correlationId } = command
  const [cancelled] = await cancelHeld(tx, deps, [{ order, reason: command.byOf(order), correlationId }])
  return cancelled as Order
}

export type Cancellation = { readonly orderId: string; readonly reason: CancelReason; readonly correlationId: string }

/** Cancel many, whatever their number in as many statements. Those in another state than these are left as they are. */
export async function cancelOrders(
  tx: Tx,
  deps: Deps,
  cancellations: readonly Cancellation[],
  from: readonly OrderStatus[] = ['placed'],
): Promise<Order[]> {
  if (cancellations.length === 0) return []
  const wanted = new Map(cancellations.map((one) => [one.orderId, one]))
  const orders = await lockOrders(tx, [...wanted.keys()])
  return cancelHeld(
    tx,
    deps,
    orders
      .filter((order) => from.includes(order.status))
      .map((order) => ({ order, ...(wanted.get(order.orderId) as Cancellation) })),
  )
}

/** Of orders that are locked and may be cancelled. */
async function cancelHeld(
  tx: Tx,
  { outbox, clock }: Deps,
  held: readonly { order: Order; reason: CancelReason; correlationId: string }[],
): Promise<Order[]> {
  if (held.length === 0) return []
  const atMs = clock().getTime()
  await cancelLocked(
    tx,
    held.map(({ order }) => order.orderId),
    atMs,
  )
  const withUses = held.filter(({ order }) => (order.extras?.pricing?.uses.length ?? 0) > 0)
  if (withUses.length > 0)
    await releaseUses(
      tx,
      withUses.map(({ order }) => order.orderId),
    )
  await releaseUnits(
    tx,
    held.flatMap(({ order }) =>
      order.lines.map((line) => ({
        variantId: line.variantId,
        saleWindowId: line.saleWindowId,
        capId: line.saleWindowId === null ? null : capId(line.saleWindowId, order.customerId),
        quantity: line.quantity,
      })),
    ),
    withUses.flatMap(({ order }) => capsOfUses(order)),
  )
  const cancelled = held.map(
    ({ order }): Order => ({
      ...order,
      status: 'cancelled',
      version: order.version + 1,
      history: [...order.history, ['cancelled', atMs]],
    }),
  )
  await outbox.append(
    tx,
    held.map(({ order, reason, correlationId }, index) =>
      orderCancelledEvent(cancelled[index] as Order, order.lines, reason, atMs, correlationId),
    ),
  )
  return cancelled
}

import type { OrderPlaced } from '@souk/contracts/orders'
import type { Event, Outbox } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { paymentMethods } from './order.ts'
import { orderConfirmedEvent } from './order-events.ts'
import { confirmedNow, confirmPlaced } from './orders.sql.ts'

/**
 * The step after placing: whoever pays by a method that is decided at once is confirmed, the whole batch in one
 * statement. Methods that answer later will leave their orders placed here and go on when the answer comes.
 * An event delivered twice, or an order cancelled meanwhile, changes nothing.
 */
export async function confirmOrders(
  tx: Tx,
  { outbox, clock }: { outbox: Outbox; clock: () => Date },
  events: readonly Event[],
): Promise<number> {
  const decided = new Map<string, { placed: OrderPlaced; correlationId: string }>()
  for (const event of events) {
    const placed = event.payload as unknown as OrderPlaced
    if (placed.paymentMethod in paymentMethods)
      decided.set(placed.orderId, { placed, correlationId: event.correlationId })
  }
  if (decided.size === 0) return 0
  const orderIds = [...decided.keys()]
  const atMs = clock().getTime()
  const count = await confirmPlaced(tx, orderIds, atMs)
  const confirmed = count === orderIds.length ? orderIds : await confirmedNow(tx, orderIds)
  await outbox.append(
    tx,
    confirmed.map((orderId) => {
      const { placed, correlationId } = decided.get(orderId) as { placed: OrderPlaced; correlationId: string }
      const { shopId, customerId, version } = placed
      return orderConfirmedEvent({ orderId, shopId, customerId, version: version + 1 }, atMs, correlationId)
    }),
  )
  return count
}

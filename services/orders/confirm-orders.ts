import type { OrderPlaced } from '@souk/contracts/orders'
import type { Event, Outbox } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { paymentMethods } from './order.ts'
import { orderConfirmedEvent } from './order-events.ts'
import { confirmPlaced } from './orders.sql.ts'

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
  const decided = new Map<string, string>()
  for (const event of events) {
    const placed = event.payload as unknown as OrderPlaced
    if (placed.paymentMethod in paymentMethods) decided.set(placed.orderId, event.correlationId)
  }
  const atMs = clock().getTime()
  const confirmed = await confirmPlaced(tx, [...decided.keys()], atMs)
  await outbox.append(
    tx,
    confirmed.map((order) => orderConfirmedEvent(order, atMs, decided.get(order.orderId) ?? '')),
  )
  return confirmed.length
}

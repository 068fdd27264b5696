import { accountClosed, orderDelivered } from '@souk/contracts'
import type { AccountClosed } from '@souk/contracts/identity'
import type { OrderDelivered } from '@souk/contracts/orders'
import { type Consumer, type Event, isEvent } from '@souk/events'
import { isUuid } from '@souk/postgres'
import { learnPurchases, type Purchase } from './purchases.sql.ts'
import { forgetAuthors } from './reviews.sql.ts'

/** Who was handed what. One statement a batch; an order that was announced twice changes nothing. */
export const reviewConsumers: readonly Consumer[] = [
  {
    name: 'reviews.purchases',
    events: [orderDelivered],
    batchSize: 1_000,
    async handle(tx, events) {
      const purchases = events.flatMap(broughtBy)
      if (purchases.length > 0) await learnPurchases(tx, purchases)
    },
  },
  {
    // What somebody said of a product stays, and counts; who said it is forgotten.
    name: 'reviews.accounts',
    events: [accountClosed],
    async handle(tx, events) {
      await forgetAuthors(
        tx,
        events.map((event) => (event.payload as unknown as AccountClosed).accountId),
      )
    },
  },
]

function broughtBy(event: Event): Purchase[] {
  if (!isEvent(event, orderDelivered)) return []
  const { customerId, shopId, orderId, deliveredAtMs, productIds } = event.payload as OrderDelivered
  const deliveredAt = new Date(Number(deliveredAtMs))
  return productIds.filter(isUuid).map((productId) => ({ customerId, productId, shopId, orderId, deliveredAt }))
}

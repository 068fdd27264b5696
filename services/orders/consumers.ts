import { orderPlaced, productChanged, shopChanged } from '@souk/contracts'
import type { ProductChanged } from '@souk/contracts/catalog'
import type { ShopChanged } from '@souk/contracts/shops'
import type { OrderPlaced } from '@souk/contracts/orders'
import type { Consumer, Outbox } from '@souk/events'
import { confirmOrders } from './confirm-orders.ts'
import { storeProducts, storeShops } from './learn-terms.ts'
import type { TermsMemory } from './terms.ts'

export const orderConsumers = (deps: { memory: TermsMemory; outbox: Outbox; clock: () => Date }): Consumer[] => [
  {
    name: 'orders.products',
    events: [productChanged],
    async handle(tx, events) {
      const changed = await storeProducts(
        tx,
        events.map((event) => event.payload as unknown as ProductChanged),
      )
      tx.afterCommit(() => {
        for (const variantId of changed) deps.memory.forget(variantId)
      })
    },
  },
  {
    name: 'orders.shops',
    events: [shopChanged],
    handle: (tx, events) =>
      storeShops(
        tx,
        events.map((event) => event.payload as unknown as ShopChanged),
      ),
  },
  {
    // 2,048: about eight batches of a sale at once; one transaction of some 30 ms.
    name: 'orders.confirm',
    events: [orderPlaced],
    batchSize: 2_048,
    async handle(tx, events) {
      // Only what needs no other service to be decided.
      const decided = events
        .filter(({ payload }) => (payload as unknown as OrderPlaced).paymentMethod === 'cash-on-delivery')
        .map(({ payload, correlationId }) => ({ order: payload as unknown as OrderPlaced, correlationId }))
      await confirmOrders(tx, deps, decided)
    },
  },
]

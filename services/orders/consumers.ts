import { productChanged, shopChanged } from '@souk/contracts'
import type { ProductChanged } from '@souk/contracts/catalog'
import type { ShopChanged } from '@souk/contracts/shops'
import type { Consumer } from '@souk/events'
import { storeProducts, storeShops } from './learn-terms.ts'
import { paymentAnswersConsumer } from './payment-answers.ts'
import { sagaConsumer, type SagaDeps } from './run-saga.ts'
import type { TermsMemory } from './terms.ts'

export const orderConsumers = (deps: {
  memory: TermsMemory
  /** `wake`: something is due now. */
  saga: SagaDeps & { wake(): void }
}): Consumer[] => [
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
  sagaConsumer(deps.saga),
  paymentAnswersConsumer(deps.saga),
]

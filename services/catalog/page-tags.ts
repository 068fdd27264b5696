import { productChanged } from '@souk/contracts'
import type { ProductChanged } from '@souk/contracts/catalog'
import type { Cache } from '@souk/cache'
import { type Consumer, isEvent } from '@souk/events'
import type { Tx } from '@souk/postgres'

/** What pages are made of, and so are made anew by. */
export const tagOf = {
  product: (productId: string) => `catalog:product:${productId}`,
  shop: (shopId: string) => `catalog:shop:${shopId}`,
  listsOf: (shopId: string) => `catalog:lists:${shopId}`,
  /** Over several shops. */
  lists: 'catalog:lists',
  categories: 'catalog:categories',
}

type WithCache = { cache: Cache }

/** Once the transaction has committed, and not before: who reads in between would keep what was. */
const after = (tx: Tx, { cache }: WithCache, tags: readonly string[]) =>
  tx.afterCommit(() => void cache.invalidate(...tags))

/** New ones were on no page, but may be on lists. */
export const productsAdded = (deps: WithCache, tx: Tx, shopId: string): void =>
  after(tx, deps, [tagOf.lists, tagOf.listsOf(shopId)])

export const productsChange = (deps: WithCache, tx: Tx, products: readonly { productId: string; shopId: string }[]) => {
  const tags = products.flatMap(({ productId, shopId }) => [tagOf.product(productId), tagOf.listsOf(shopId)])
  after(tx, deps, [...new Set([tagOf.lists, ...tags])])
}

export const shopsChange = (deps: WithCache, tx: Tx, shopIds: readonly string[]): void =>
  after(tx, deps, [tagOf.lists, ...shopIds.flatMap((shopId) => [tagOf.shop(shopId), tagOf.listsOf(shopId)])])

export const categoriesChanged = ({ cache }: WithCache): Promise<void> =>
  cache.invalidate(tagOf.categories, tagOf.lists)

/** Whoever changed a product has said so already, unless it died between the two. */
export const pageConsumer = (deps: WithCache): Consumer => ({
  name: 'catalog.pages',
  events: [productChanged],
  async handle(tx, events) {
    const products = events.flatMap((event) =>
      isEvent(event, productChanged) ? [event.payload as ProductChanged] : [],
    )
    if (products.length > 0) productsChange(deps, tx, products)
  },
})

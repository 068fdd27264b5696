import type { Tx } from '@souk/postgres'
import { type Change, changesOf, type Item, type Left, type Offer } from './cart.ts'
import { type Cart, itemsOf } from './carts.sql.ts'
import { openCheckoutOf } from './checkouts.sql.ts'
import { howManyLeft, type LeftDeps } from './how-many-left.ts'
import { readOffers, shopNames } from './offers.sql.ts'

export type ShownItem = { item: Item; offer: Offer | undefined; left: Left; changes: Change[] }
export type ShownCart = {
  cart: Cart
  shops: { shopId: string; name: string; slug: string; items: ShownItem[] }[]
  checkoutId: string | null
}

/**
 * A cart as it is worth at this moment: prices and what is left looked up anew, what is different from what the customer
 * knows said at each item. Reading changes nothing.
 */
export async function readCart(
  deps: LeftDeps & { db: { autocommit: Tx }; clock: () => Date },
  cart: Cart,
  /** Read a moment ago: not looked up again. */
  known: readonly Offer[] = [],
): Promise<ShownCart> {
  const tx = deps.db.autocommit
  const items = await itemsOf(tx, cart.cartId)
  const offerOf = new Map(known.map((offer) => [offer.variantId, offer]))
  const ids = items.map(({ variantId }) => variantId).filter((variantId) => !offerOf.has(variantId))
  const shopIds = [...new Set(items.map(({ shopId }) => shopId))]
  const [read, names, open] = await Promise.all([
    ids.length === 0 ? [] : readOffers(tx, ids, deps.clock()),
    shopIds.length === 0 ? [] : shopNames(tx, shopIds),
    openCheckoutOf(tx, cart.cartId),
  ])
  for (const offer of read) offerOf.set(offer.variantId, offer)
  const offers = items.flatMap(({ variantId }) => offerOf.get(variantId) ?? [])
  const sold = offers.filter(({ selling, shopSelling }) => selling && shopSelling)
  const leftOf = await howManyLeft(deps, sold)
  const nameOf = new Map(names.map((shop) => [shop.shopId, shop]))
  const shown = items.map((item): ShownItem => {
    const offer = offerOf.get(item.variantId)
    const left = leftOf(item.variantId)
    return { item, offer, left, changes: changesOf(item, offer, left) }
  })
  return {
    cart,
    checkoutId: open?.checkoutId ?? null,
    shops: shopIds.map((shopId) => ({
      shopId,
      name: nameOf.get(shopId)?.name ?? '',
      slug: nameOf.get(shopId)?.slug ?? '',
      items: shown.filter(({ item }) => item.shopId === shopId),
    })),
  }
}

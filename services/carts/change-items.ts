import type { Tx } from '@souk/postgres'
import { maxItems, mergeVouchers, type Offer } from './cart.ts'
import { clearItems, itemsOf, putItems, removeItem, setQuantity, setVouchers, touchCart } from './carts.sql.ts'
import { errors } from './errors.ts'
import { type CartDeps, expiryOf, lockCart, type Visitor } from './open-cart.ts'

/** Change a cart in its turn. @returns the cart as it is then. @throws cart-not-found */
async function change(deps: CartDeps, tx: Tx, cartId: string, visitor: Visitor, effect: () => Promise<unknown>) {
  const cart = await lockCart(tx, cartId, visitor)
  await effect()
  return touchCart(tx, cartId, expiryOf(deps, cart))
}

/**
 * So many of a variant, in place of those there are. Its price of this moment is from then on what the customer knows.
 * What is no longer sold can be made fewer or removed, and not be put in.
 * @throws cart-not-found, variant-not-sold, cart-full
 */
export const setItem = (
  deps: CartDeps,
  tx: Tx,
  cartId: string,
  visitor: Visitor,
  offer: Offer | undefined,
  line: { variantId: string; quantity: number },
) =>
  change(deps, tx, cartId, visitor, async () => {
    const items = await itemsOf(tx, cartId)
    const there = items.find(({ variantId }) => variantId === line.variantId)
    if (offer === undefined || !offer.selling || !offer.shopSelling) {
      if (there === undefined) throw errors.error('variant-not-sold', 'This is not for sale at present.')
      await setQuantity(tx, cartId, line.variantId, line.quantity)
      return
    }
    if (there === undefined && items.length >= maxItems)
      throw errors.error('cart-full', `A cart holds ${maxItems} different things.`)
    const { productId, shopId, currency, title, priceMinor } = offer
    const addedAt = there?.addedAt ?? deps.clock()
    await putItems(tx, cartId, [
      { ...line, productId, shopId, currency, title, seenPriceMinor: priceMinor, refusal: null, addedAt },
    ])
  })

/** Removing what is not there changes nothing. */
export const takeItem = (deps: CartDeps, tx: Tx, cartId: string, visitor: Visitor, variantId: string) =>
  change(deps, tx, cartId, visitor, () => removeItem(tx, cartId, variantId))

export const clearCart = (deps: CartDeps, tx: Tx, cartId: string, visitor: Visitor) =>
  change(deps, tx, cartId, visitor, () => clearItems(tx, cartId))

/** Note the codes to order with. Whether they hold is for the quote and the order to say. */
export const noteVouchers = (deps: CartDeps, tx: Tx, cartId: string, visitor: Visitor, codes: readonly string[]) =>
  change(deps, tx, cartId, visitor, () => setVouchers(tx, cartId, mergeVouchers(codes, [])))

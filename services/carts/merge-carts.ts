import type { Tx } from '@souk/postgres'
import { type Merged, mergeItems, mergeVouchers } from './cart.ts'
import { type Cart, clearItems, itemsOf, lockCarts, markMerged, putItems, setVouchers, touchCart } from './carts.sql.ts'
import { openCheckoutOf } from './checkouts.sql.ts'
import { errors } from './errors.ts'
import { type CartDeps, cartNotFound, cartOfCustomer, expiryOf, isFor, type Visitor } from './open-cart.ts'

/**
 * A guest has signed in: what lies in the guest's cart goes into the customer's (`mergeItems` is the rule). Once: repeated,
 * it changes nothing and answers with the customer's cart.
 * @throws cart-not-found, checkout-under-way
 */
export async function mergeCarts(
  deps: CartDeps,
  tx: Tx,
  guestCartId: string,
  visitor: Visitor & { customerId: string },
): Promise<{ cart: Cart; left: Merged['left'] }> {
  const { cart } = await cartOfCustomer(deps, tx, visitor.customerId)
  if (guestCartId === cart.cartId) return { cart, left: [] }
  const locked = new Map((await lockCarts(tx, [guestCartId, cart.cartId])).map((each) => [each.cartId, each]))
  const own = locked.get(cart.cartId) ?? cart
  const guest = locked.get(guestCartId)
  if (guest === undefined || guest.customerId !== null || !isFor(guest, visitor)) throw cartNotFound()
  if (guest.state === 'merged') {
    if (guest.mergedInto !== own.cartId) throw cartNotFound()
    return { cart: own, left: [] }
  }
  const open = await openCheckoutOf(tx, guestCartId)
  if (open !== undefined)
    throw errors.error('checkout-under-way', 'The cart is being checked out.', { checkoutId: open.checkoutId }, 2)
  const merged = mergeItems(await itemsOf(tx, own.cartId), await itemsOf(tx, guestCartId))
  if (merged.items.length > 0) await putItems(tx, own.cartId, merged.items)
  await setVouchers(tx, own.cartId, mergeVouchers(own.vouchers, guest.vouchers))
  const touched = await touchCart(tx, own.cartId, expiryOf(deps, own))
  await clearItems(tx, guestCartId)
  await markMerged(tx, guestCartId, own.cartId)
  return { cart: touched, left: merged.left }
}

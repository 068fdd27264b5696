import { type GetCartResponse, isProblem } from '@souk/sdk'
import type { CartHandle, Visit } from './visit.server.ts'

export type Cart = GetCartResponse

const withToken = ({ token }: Pick<CartHandle, 'token'>) =>
  token === undefined ? {} : { headers: { 'X-Cart-Token': token } }
const path = ({ id }: Pick<CartHandle, 'id'>) => ({ path: { cartId: id } })

function remember(visit: Visit, cart: Cart, token: string | undefined): Cart {
  const { cart: before } = visit.session
  if (before?.id !== cart.id || before.count !== cart.itemCount || before.token !== token)
    visit.change({ cart: { id: cart.id, count: cart.itemCount, ...(token !== undefined && { token }) } })
  return cart
}

async function open(visit: Visit): Promise<CartHandle> {
  const { cart, cartToken } = await visit.souk.openCart()
  remember(visit, cart, cartToken ?? undefined)
  return { id: cart.id, count: cart.itemCount, ...(cartToken !== null && { token: cartToken }) }
}

/** The cart as it is now; undefined when there is none yet. One that expired is forgotten. */
export async function readCart(visit: Visit): Promise<Cart | undefined> {
  let handle = visit.session.cart
  if (handle === undefined) {
    if (visit.shopper === undefined) return undefined
    handle = await open(visit)
  }
  try {
    return remember(visit, await visit.souk.getCart({ ...path(handle), ...withToken(handle) }), handle.token)
  } catch (error) {
    if (!isProblem(error, 'cart-not-found')) throw error
    visit.change({ cart: undefined })
    return undefined
  }
}

/** Does something to the cart, opening one when there is none or the old one is gone. */
async function change(visit: Visit, act: (handle: CartHandle) => Promise<Cart>): Promise<Cart> {
  const handle = visit.session.cart ?? (await open(visit))
  try {
    return remember(visit, await act(handle), handle.token)
  } catch (error) {
    if (!isProblem(error, 'cart-not-found')) throw error
    visit.change({ cart: undefined })
    const fresh = await open(visit)
    return remember(visit, await act(fresh), fresh.token)
  }
}

/** @param quantity how many it shall be in all */
export const setQuantity = (visit: Visit, variantId: string, quantity: number): Promise<Cart> =>
  change(visit, (handle) => {
    const item = { path: { cartId: handle.id, variantId }, ...withToken(handle) }
    return quantity === 0 ? visit.souk.removeCartItem(item) : visit.souk.setCartItem({ ...item, body: { quantity } })
  })

/** So many more than there are. */
export async function addToCart(visit: Visit, variantId: string, quantity: number): Promise<Cart> {
  const cart = visit.session.cart === undefined ? undefined : await readCart(visit)
  return setQuantity(visit, variantId, Math.min(999, quantityOf(cart, variantId) + quantity))
}

export const quantityOf = (cart: Cart | undefined, variantId: string): number =>
  cart?.shops.flatMap(({ items }) => items).find((item) => item.variantId === variantId)?.quantity ?? 0

export const setVouchers = (visit: Visit, codes: string[]): Promise<Cart> =>
  change(visit, (handle) => visit.souk.setCartVouchers({ ...path(handle), ...withToken(handle), body: { codes } }))

/** After signing in: what was put in before goes into the cart of whoever it is now. */
export async function takeCartAlong(visit: Visit): Promise<void> {
  const { cart: before } = visit.session
  try {
    if (before?.token === undefined) {
      visit.change({ cart: undefined })
      await open(visit)
      return
    }
    const { cart } = await visit.souk.mergeCart({ ...path(before), ...withToken(before) })
    remember(visit, cart, undefined)
  } catch {
    // Signing in must not fail for a cart; the next look at it opens one.
    visit.change({ cart: undefined })
  }
}

export const cartPath = path
export const cartHeaders = withToken

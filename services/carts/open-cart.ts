import { bucketOf, type Database, type Tx, uuidv7 } from '@souk/postgres'
import { hashOfToken, isTokenOf, newCartToken } from './cart-token.ts'
import { type Cart, findCart, findCartOf, insertCart, lockCarts } from './carts.sql.ts'
import { errors } from './errors.ts'

export type CartDeps = { db: Database; clock: () => Date; guestDays: number; customerDays: number }
/** Who asks for a cart: a signed-in customer, or whoever has its token, or both. */
export type Visitor = { customerId: string | undefined; token: string | undefined }

const dayMs = 86_400_000
export const expiryOf = (
  deps: Pick<CartDeps, 'clock' | 'guestDays' | 'customerDays'>,
  cart: Pick<Cart, 'customerId'>,
) => new Date(deps.clock().getTime() + (cart.customerId === null ? deps.guestDays : deps.customerDays) * dayMs)

/** The customer's cart, made when there is none. Most have one. */
export async function ownCart(deps: CartDeps, customerId: string): Promise<{ cart: Cart; made: boolean }> {
  const there = await findCartOf(deps.db.autocommit, customerId)
  if (there !== undefined) return { cart: there, made: false }
  return deps.db.transaction((tx) => cartOfCustomer(deps, tx, customerId))
}

/** The same. However many ask at once, it is one. */
export async function cartOfCustomer(
  deps: CartDeps,
  tx: Tx,
  customerId: string,
): Promise<{ cart: Cart; made: boolean }> {
  const there = await findCartOf(tx, customerId)
  if (there !== undefined) return { cart: there, made: false }
  const createdAt = deps.clock()
  const made = await insertCart(tx, {
    cartId: uuidv7(createdAt.getTime(), bucketOf(customerId)),
    customerId,
    tokenHash: null,
    createdAt,
    expiresAt: expiryOf(deps, { customerId }),
  })
  return { cart: (await findCartOf(tx, customerId)) as Cart, made: made === 1 }
}

/** A cart for somebody who is not signed in. The token is told once and kept by nobody here. */
export async function cartOfGuest(deps: CartDeps, tx: Tx): Promise<{ cart: Cart; token: string }> {
  const createdAt = deps.clock()
  const token = newCartToken()
  const cartId = uuidv7(createdAt.getTime())
  const expiresAt = expiryOf(deps, { customerId: null })
  await insertCart(tx, { cartId, customerId: null, tokenHash: hashOfToken(token), createdAt, expiresAt })
  return { cart: (await findCart(tx, cartId)) as Cart, token }
}

export const cartNotFound = () => errors.error('cart-not-found', 'There is no cart with this id for you.')

/** Whoever guesses an id learns nothing: a cart of somebody else is no cart. */
export function isFor(cart: Cart, { customerId, token }: Visitor): boolean {
  if (cart.customerId !== null) return cart.customerId === customerId
  return cart.tokenHash !== null && token !== undefined && isTokenOf(cart.tokenHash, token)
}

/** @throws cart-not-found */
export function mine(cart: Cart | undefined, visitor: Visitor): Cart {
  if (cart === undefined || cart.state !== 'active' || !isFor(cart, visitor)) throw cartNotFound()
  return cart
}

export const openCart = async (tx: Tx, cartId: string, visitor: Visitor) => mine(await findCart(tx, cartId), visitor)

/** The same, and nobody else changes it until the transaction ends. */
export const lockCart = async (tx: Tx, cartId: string, visitor: Visitor) =>
  mine((await lockCarts(tx, [cartId]))[0], visitor)

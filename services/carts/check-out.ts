import { createHash } from 'node:crypto'
import type { PricingService } from '@souk/contracts/promotions'
import { httpErrors } from '@souk/http'
import { bucketOf, type Tx, uuidv7, violates } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { type Change, changesOf, type Item } from './cart.ts'
import { type Cart, itemsOf, lockCarts } from './carts.sql.ts'
import {
  type Checkout,
  findByKey,
  insertCheckout,
  insertOrders,
  openCheckoutOf,
  type OrderTerms,
} from './checkouts.sql.ts'
import { errors } from './errors.ts'
import { readOffers } from './offers.sql.ts'
import { type CartDeps, mine, openCart, type Visitor } from './open-cart.ts'

export type CheckoutDeps = CartDeps & { promotions: Pick<Client<typeof PricingService>, 'findVouchers'> }

export type Wish = {
  key: string
  bodyHash: Buffer
  /** What the orders are placed with. Asked for only when a checkout begins: of a repeat, everything is known. */
  terms(): Promise<OrderTerms>
  allOrNothing: boolean
  /** They saw that something is dearer now, and take it. */
  acceptChanges: boolean
  correlationId: string
}

/** As long as one may ask orders before another takes over: twice the patience of a call. */
export const leaseMs = 30_000

/** The key of one shop's order. Made from the checkout's, so that repeating the checkout repeats the orders. */
export const orderKeyOf = (checkoutId: string, shopId: string): string => `checkout ${checkoutId} ${shopId}`

/**
 * Write down that this cart is to be ordered, and of what: from then on it is done, whoever dies. A repeat with the same
 * key gets the checkout it began. Of two at once for one cart, one begins and the other is told so.
 * @throws cart-not-found, cart-empty, cart-changed, checkout-under-way, voucher-unknown, idempotency-mismatch
 */
export async function beginCheckout(
  deps: CheckoutDeps,
  cartId: string,
  visitor: Visitor & { customerId: string },
  wish: Wish,
): Promise<{ checkoutId: string; began: boolean }> {
  const known = await repeated(deps.db.autocommit, visitor.customerId, wish)
  if (known !== undefined) return { checkoutId: known.checkoutId, began: false }
  const codesOf = await vouchersByShop(deps, await openCart(deps.db.autocommit, cartId, visitor))
  const terms = await wish.terms()
  const begin = deps.db.transaction(async (tx) => {
    const [found] = await lockCarts(tx, [cartId])
    // With the cart locked: a twin may have begun while we asked for vouchers.
    const twin = await repeated(tx, visitor.customerId, wish)
    if (twin !== undefined) return { checkoutId: twin.checkoutId, began: false }
    const cart = mine(found, visitor)
    const open = await openCheckoutOf(tx, cartId)
    if (open !== undefined)
      throw errors.error('checkout-under-way', 'The cart is being checked out.', { checkoutId: open.checkoutId }, 2)
    const items = await itemsOf(tx, cartId)
    if (items.length === 0) throw errors.error('cart-empty', 'There is nothing in the cart.')
    const now = deps.clock()
    if (!wish.acceptChanges) await refuseDearer(tx, items, now)
    const checkoutId = uuidv7(now.getTime(), bucketOf(visitor.customerId))
    await insertCheckout(tx, {
      checkoutId,
      cartId: cart.cartId,
      customerId: visitor.customerId,
      key: wish.key,
      bodyHash: wish.bodyHash,
      allOrNothing: wish.allOrNothing,
      request: terms,
      correlationId: wish.correlationId,
      leasedUntil: new Date(now.getTime() + leaseMs),
      createdAt: now,
    })
    await insertOrders(tx, checkoutId, ordersFor(checkoutId, items, codesOf))
    return { checkoutId, began: true }
  })
  return begin.catch((error: unknown) => {
    // The same key at the same moment for another cart.
    throw violates(error, 'checkouts_key_unique') ? mismatch() : error
  })
}

/** One per shop. */
const ordersFor = (checkoutId: string, items: readonly Item[], codesOf: ReadonlyMap<string, string[]>) =>
  [...Map.groupBy(items, ({ shopId }) => shopId)].map(([shopId, ofShop]) => ({
    shopId,
    orderKey: orderKeyOf(checkoutId, shopId),
    lines: ofShop.map(({ variantId, quantity }) => ({ variantId, quantity })),
    voucherCodes: codesOf.get(shopId) ?? [],
  }))

const mismatch = () =>
  httpErrors.error('idempotency-mismatch', 'This Idempotency-Key stands for another checkout; make a new one.')

async function repeated(tx: Tx, customerId: string, wish: Wish): Promise<Checkout | undefined> {
  const known = await findByKey(tx, customerId, wish.key)
  if (known !== undefined && !known.bodyHash.equals(wish.bodyHash)) throw mismatch()
  return known
}

/** Nobody pays more than they were shown without having been asked. What became cheaper is simply cheaper. */
async function refuseDearer(tx: Tx, items: readonly Item[], now: Date): Promise<void> {
  const offers = await readOffers(
    tx,
    items.map(({ variantId }) => variantId),
    now,
  )
  const offerOf = new Map(offers.map((offer) => [offer.variantId, offer]))
  const dearer = items.flatMap((item) =>
    changesOf(item, offerOf.get(item.variantId), undefined)
      .filter((change: Change) => change.kind === 'price-raised')
      .map((change) => ({ variantId: item.variantId, ...change })),
  )
  if (dearer.length > 0)
    throw errors.error('cart-changed', dearer.map(({ message }) => message).join('; '), { changes: dearer })
}

/** Which shop each code noted on the cart is of: an order is given its own. */
async function vouchersByShop(deps: CheckoutDeps, cart: Cart): Promise<Map<string, string[]>> {
  const byShop = new Map<string, string[]>()
  if (cart.vouchers.length === 0) return byShop
  const items = await itemsOf(deps.db.autocommit, cart.cartId)
  const shopIds = [...new Set(items.map(({ shopId }) => shopId))].slice(0, 100)
  const { vouchers } = await deps.promotions
    .findVouchers({ shopIds, codes: cart.vouchers }, { timeoutMs: 2_000 })
    .catch((error: unknown) => {
      throw unavailable('The vouchers could not be looked up.', error)
    })
  for (const { shopId, code } of vouchers) byShop.set(shopId, [...(byShop.get(shopId) ?? []), code])
  const found = new Set(vouchers.map(({ code }) => code.toUpperCase()))
  const unknown = cart.vouchers.find((code) => !found.has(code.toUpperCase()))
  if (unknown !== undefined)
    throw errors.error('voucher-unknown', `None of these shops has a voucher ${unknown}.`, { voucherCode: unknown })
  return byShop
}

export const unavailable = (what: string, cause: unknown) => {
  const error = errors.error('checkout-unavailable', `${what} Nothing was ordered.`, {}, 2)
  error.cause = cause
  return error
}

/** What tells a repeat from another checkout under the same key. */
export const hashOfWish = (cartId: string, body: unknown): Buffer =>
  createHash('sha256')
    .update(`${cartId}\n${JSON.stringify(body)}`)
    .digest()

import { ok, type Route, route } from '@souk/http'
import type { Tx } from '@souk/postgres'
import { Type } from 'typebox'
import { maxQuantity, maxVouchers, type Offer } from './cart.ts'
import type { Cart } from './carts.sql.ts'
import { clearCart, noteVouchers, setItem, takeItem } from './change-items.ts'
import { errors } from './errors.ts'
import type { LeftDeps } from './how-many-left.ts'
import { askedOffer, knownOffer, type OfferDeps } from './keep-offers.ts'
import { mergeCarts } from './merge-carts.ts'
import { type CartDeps, cartOfGuest, openCart, ownCart } from './open-cart.ts'
import { readCart } from './read-cart.ts'
import { CartView, cartView, closed, Id, line, MergedView, NewCartView, tag, visitorOf } from './views.ts'

export type CartRouteDeps = CartDeps & OfferDeps & LeftDeps

const CartParams = Type.Object({ cartId: Id }, closed)
const ItemParams = Type.Object({ cartId: Id, variantId: Id }, closed)
const byToken = 'A guest sends the cart’s token as `X-Cart-Token`; a customer’s cart needs the customer.'
/** Whoever has the token may read the cart: no cache on the way keeps it. */
const unstored = { 'cache-control': 'no-store' }

export function cartRoutes(deps: CartRouteDeps): Route[] {
  const view = async (cart: Cart, known?: readonly Offer[]) => cartView(await readCart(deps, cart, known))
  /** Change a cart in one transaction, then show it. Repeating is harmless, and the answer is of this moment: not kept. */
  const changed = async (effect: (tx: Tx) => Promise<Cart>, known?: readonly Offer[]) =>
    ok(await view(await deps.db.transaction(effect), known), unstored)
  return [
    route({
      method: 'POST',
      url: '/v1/carts',
      operationId: 'openCart',
      summary: 'Open a cart',
      description:
        'The customer’s own, made when there is none; for whoever is not signed in a new one, with the secret that opens it.',
      tag,
      access: 'public',
      idempotency: 'none',
      answers: { 200: NewCartView, 201: NewCartView },
      async handle({ principal }) {
        if (principal !== undefined) {
          const { cart, made } = await ownCart(deps, principal.accountId)
          return { status: made ? 201 : 200, body: { cart: await view(cart), cartToken: null }, headers: unstored }
        }
        const { cart, token } = await deps.db.transaction((tx) => cartOfGuest(deps, tx))
        return { status: 201, body: { cart: await view(cart), cartToken: token }, headers: unstored }
      },
    }),
    route({
      method: 'GET',
      url: '/v1/carts/:cartId',
      operationId: 'getCart',
      summary: 'Get a cart as it is worth now',
      description: `Prices and what is left are looked up anew; \`changes\` says at each item what is different. ${byToken}`,
      tag,
      access: 'public',
      params: CartParams,
      answers: { 200: CartView },
      errors: ['cart-not-found'],
      handle: async (request) =>
        ok(await view(await openCart(deps.db.autocommit, request.params.cartId, visitorOf(request))), unstored),
    }),
    route({
      method: 'PUT',
      url: '/v1/carts/:cartId/items/:variantId',
      operationId: 'setCartItem',
      summary: 'Put something in, or change how many',
      description: `In place of what there is of it. The price is ours. ${byToken}`,
      tag,
      access: 'public',
      idempotency: 'none',
      params: ItemParams,
      body: Type.Object({ quantity: Type.Integer({ minimum: 1, maximum: maxQuantity }) }, closed),
      answers: { 200: CartView },
      errors: ['cart-not-found', 'cart-full', 'variant-not-sold', 'checkout-unavailable'],
      async handle(request) {
        const { cartId, variantId } = request.params
        const visitor = visitorOf(request)
        let offer = await knownOffer(deps, variantId)
        if (offer?.shopSelling !== true) {
          // Others are not asked for whoever has no cart.
          await openCart(deps.db.autocommit, cartId, visitor)
          offer = await askedOffer(deps, variantId, offer).catch(() => {
            throw errors.error('checkout-unavailable', 'The catalogue did not answer in time.', {}, 1)
          })
        }
        return changed(
          (tx) => setItem(deps, tx, cartId, visitor, offer, { variantId, quantity: request.body.quantity }),
          offer === undefined ? [] : [offer],
        )
      },
    }),
    route({
      method: 'DELETE',
      url: '/v1/carts/:cartId/items/:variantId',
      operationId: 'removeCartItem',
      summary: 'Take something out',
      description: `What is not there need not be taken out. ${byToken}`,
      tag,
      access: 'public',
      idempotency: 'none',
      params: ItemParams,
      answers: { 200: CartView },
      errors: ['cart-not-found'],
      handle: (request) =>
        changed((tx) => takeItem(deps, tx, request.params.cartId, visitorOf(request), request.params.variantId)),
    }),
    route({
      method: 'DELETE',
      url: '/v1/carts/:cartId/items',
      operationId: 'clearCart',
      summary: 'Empty a cart',
      description: byToken,
      tag,
      access: 'public',
      idempotency: 'none',
      params: CartParams,
      answers: { 200: CartView },
      errors: ['cart-not-found'],
      handle: (request) => changed((tx) => clearCart(deps, tx, request.params.cartId, visitorOf(request))),
    }),
    route({
      method: 'PUT',
      url: '/v1/carts/:cartId/vouchers',
      operationId: 'setCartVouchers',
      summary: 'Note voucher codes',
      description: `In place of those noted before. What they are worth says \`POST /v1/quotes\`; they count when it is checked out. ${byToken}`,
      tag,
      access: 'public',
      idempotency: 'none',
      params: CartParams,
      body: Type.Object({ codes: Type.Array(line(1, 60), { maxItems: maxVouchers }) }, closed),
      answers: { 200: CartView },
      errors: ['cart-not-found'],
      handle: (request) =>
        changed((tx) => noteVouchers(deps, tx, request.params.cartId, visitorOf(request), request.body.codes)),
    }),
    route({
      method: 'POST',
      url: '/v1/carts/:cartId/merge',
      operationId: 'mergeCart',
      summary: 'Take a guest’s cart into my own',
      description:
        'After signing in: send the guest’s cart and its token. Quantities of the same thing add up, to 999 at most. The guest’s cart is gone afterwards; repeating it changes nothing.',
      tag,
      access: 'signed-in',
      idempotency: 'none',
      params: CartParams,
      answers: { 200: MergedView },
      errors: ['cart-not-found', 'checkout-under-way'],
      async handle(request) {
        const visitor = { ...visitorOf(request), customerId: request.me.accountId }
        const { cart, left } = await deps.db.transaction((tx) => mergeCarts(deps, tx, request.params.cartId, visitor))
        return ok({ cart: await view(cart), notMerged: left }, unstored)
      },
    }),
  ]
}

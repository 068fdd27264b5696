import type { Route, RouteRequest } from '@souk/http'
import { Type } from 'typebox'
import type { Checkout, CheckoutOrder } from './checkouts.sql.ts'
import type { ShownCart, ShownItem } from './read-cart.ts'

export const closed = { additionalProperties: false }
export const Id = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })
const orNull = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(schema: T) =>
  Type.Union([schema, Type.Null()])
export const tag: Route['tag'] = 'Carts'

export const line = (minLength: number, maxLength: number, description?: string) =>
  Type.String({
    minLength,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
    ...(description && { description }),
  })

export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
}

export const visitorOf = ({ principal, headers }: Pick<RouteRequest, 'principal' | 'headers'>) => {
  const token = headers['x-cart-token']
  return { customerId: principal?.accountId, token: typeof token === 'string' ? token : undefined }
}

const ChangeView = Type.Object(
  {
    kind: Type.Enum([
      'price-raised',
      'price-lowered',
      'few-left',
      'cap',
      'sold-out',
      'not-sold',
      'shop-closed',
      'refused',
    ]),
    message: Type.String({ description: 'In English: "was 10.00, is 12.00", "only 3 left", "no longer sold".' }),
    wasMinor: Type.Optional(Type.Integer()),
    isMinor: Type.Optional(Type.Integer()),
    left: Type.Optional(Type.Integer()),
    code: Type.Optional(Type.String({ description: 'Why it was not ordered the last time: an error code of orders.' })),
  },
  closed,
)

const ItemView = Type.Object(
  {
    variantId: Id,
    productId: Id,
    productSlug: Type.String(),
    title: Type.String(),
    sku: Type.String(),
    quantity: Type.Integer(),
    unitPriceMinor: Type.Integer({ description: 'At this moment.' }),
    totalMinor: Type.Integer({ description: '0 when it is not for sale.' }),
    currency: Type.String(),
    saleEndsAt: orNull(Time),
    buyable: Type.Boolean({ description: 'As far as is known at this moment, as many as are wanted.' }),
    changes: Type.Array(ChangeView, { description: 'What is different from when it was put in or changed last.' }),
    addedAt: Time,
  },
  closed,
)

export const CartView = Type.Object(
  {
    id: Id,
    guest: Type.Boolean(),
    version: Type.Integer(),
    shops: Type.Array(
      Type.Object(
        {
          shopId: Id,
          name: Type.String(),
          slug: Type.String(),
          currency: Type.String(),
          subtotalMinor: Type.Integer({ description: 'Of what is for sale, before vouchers, shipping and tax.' }),
          items: Type.Array(ItemView),
        },
        closed,
      ),
      { description: 'One order each when it is checked out.' },
    ),
    itemCount: Type.Integer({ description: 'Units of everything.' }),
    vouchers: Type.Array(Type.String()),
    checkoutId: orNull(Type.String({ format: 'uuid', description: 'Of the checkout that is under way.' })),
    expiresAt: Time,
  },
  closed,
)
export const NewCartView = Type.Object(
  {
    cart: CartView,
    cartToken: orNull(Type.String({ description: 'For a guest, shown this once: send it as X-Cart-Token.' })),
  },
  closed,
)
export const MergedView = Type.Object(
  {
    cart: CartView,
    notMerged: Type.Array(Type.Object({ variantId: Id, quantity: Type.Integer() }, closed), {
      description: 'What did not fit: a line holds 999 units, a cart 200 lines.',
    }),
  },
  closed,
)

const problems = new Set(['not-sold', 'shop-closed', 'sold-out', 'few-left', 'cap'])

const itemView = ({ item, offer, changes }: ShownItem) => {
  const sold = offer !== undefined && offer.selling && offer.shopSelling
  const unitPriceMinor = offer?.priceMinor ?? item.seenPriceMinor
  return {
    variantId: item.variantId,
    productId: item.productId,
    productSlug: offer?.productSlug ?? '',
    title: offer?.title ?? item.title,
    sku: offer?.sku ?? '',
    quantity: item.quantity,
    unitPriceMinor,
    totalMinor: sold ? unitPriceMinor * item.quantity : 0,
    currency: offer?.currency ?? item.currency,
    saleEndsAt: offer?.saleEndsAt?.toISOString() ?? null,
    buyable: !changes.some(({ kind }) => problems.has(kind)),
    changes,
    addedAt: item.addedAt.toISOString(),
  }
}

export const cartView = ({ cart, shops, checkoutId }: ShownCart) => {
  const shown = shops.map(({ items, ...shop }) => {
    const views = items.map(itemView)
    return {
      ...shop,
      currency: views[0]?.currency ?? '',
      subtotalMinor: views.reduce((sum, { totalMinor }) => sum + totalMinor, 0),
      items: views,
    }
  })
  return {
    id: cart.cartId,
    guest: cart.customerId === null,
    version: cart.version,
    shops: shown,
    itemCount: shops.flatMap(({ items }) => items).reduce((sum, { item }) => sum + item.quantity, 0),
    vouchers: cart.vouchers,
    checkoutId,
    expiresAt: cart.expiresAt.toISOString(),
  }
}

export const CheckoutView = Type.Object(
  {
    id: Id,
    cartId: Id,
    state: Type.Enum(['working', 'done'], { description: '`working`: ask again soon at /v1/checkouts/{checkoutId}.' }),
    result: Type.Union([Type.Enum(['placed', 'partly-placed', 'not-placed']), Type.Null()]),
    orders: Type.Array(
      Type.Object(
        {
          shopId: Id,
          outcome: Type.Enum(['pending', 'placed', 'refused', 'cancelled'], {
            description: '`cancelled`: was placed, and taken back because all or nothing was asked for.',
          }),
          orderId: orNull(Type.String({ format: 'uuid' })),
          totalMinor: orNull(Type.Integer()),
          currency: orNull(Type.String()),
          refusal: Type.Union([Type.Object({ code: Type.String(), detail: Type.String() }, closed), Type.Null()]),
          lines: Type.Array(Type.Object({ variantId: Id, quantity: Type.Integer() }, closed)),
        },
        closed,
      ),
    ),
    createdAt: Time,
  },
  closed,
)

export function checkoutView(checkout: Checkout, orders: readonly CheckoutOrder[]) {
  const placed = orders.filter(({ outcome }) => outcome === 'placed').length
  const done = checkout.state === 'done'
  return {
    id: checkout.checkoutId,
    cartId: checkout.cartId,
    state: done ? 'done' : 'working',
    result: !done ? null : placed === orders.length ? 'placed' : placed === 0 ? 'not-placed' : 'partly-placed',
    orders: orders.map(({ orderKey: _key, voucherCodes: _codes, ...order }) => order),
    createdAt: checkout.createdAt.toISOString(),
  }
}

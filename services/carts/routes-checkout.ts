import type { CustomerService } from '@souk/contracts/customers'
import { type Answer, httpErrors, type Route, route } from '@souk/http'
import type { Client } from '@souk/rpc'
import { type Static, Type } from 'typebox'
import { beginCheckout, type CheckoutDeps, hashOfWish, unavailable } from './check-out.ts'
import { findCheckout, type OrderTerms, ordersOf } from './checkouts.sql.ts'
import { errors } from './errors.ts'
import { carryOn, type SettleDeps, takeUp } from './settle-checkout.ts'
import { CheckoutView, checkoutView, closed, Id, line, tag, visitorOf } from './views.ts'

export type CheckoutRouteDeps = CheckoutDeps &
  SettleDeps & { customers: Pick<Client<typeof CustomerService>, 'getAddress'> }

const AddressBody = Type.Object(
  {
    name: line(1, 120),
    line1: line(1, 120),
    line2: Type.Optional(line(0, 120)),
    postalCode: Type.Optional(line(0, 16)),
    city: line(1, 80),
    region: Type.Optional(line(0, 80)),
    country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166: "DE".' }),
    phone: Type.Optional(line(0, 40)),
  },
  closed,
)
const CheckoutBody = Type.Object(
  {
    paymentMethod: Type.Optional(
      Type.Enum(['card', 'wallet', 'bank-transfer', 'cash-on-delivery'], {
        description: 'Left out: cash on delivery.',
      }),
    ),
    paymentToken: Type.Optional(line(1, 200, 'For cards: what the payment provider answered. Never a card number.')),
    delivery: Type.Optional(
      Type.Object(
        {
          method: Type.Optional(line(1, 40, 'Of the shops’ shipping rates; left out: "standard".')),
          addressId: Type.Optional(Id),
          address: Type.Optional(AddressBody),
        },
        { ...closed, description: 'To an address of the address book or to one that is written out: one of the two.' },
      ),
    ),
    contact: Type.Optional(
      Type.Object(
        {
          name: Type.Optional(line(0, 120)),
          email: Type.Optional(Type.String({ format: 'email', maxLength: 254 })),
          phone: Type.Optional(line(0, 40)),
        },
        closed,
      ),
    ),
    allOrNothing: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'True: when one shop refuses, the orders of the others are cancelled.',
      }),
    ),
    acceptChanges: Type.Optional(
      Type.Boolean({ default: false, description: 'True: take also what is dearer now than when it was put in.' }),
    ),
  },
  closed,
)
type Body = Static<typeof CheckoutBody>

export function checkoutRoutes(deps: CheckoutRouteDeps): Route[] {
  /** 202 while some shop has not answered: it is carried on, and asked for under its own address. */
  async function answer(checkoutId: string, customerId: string, repeated: boolean): Promise<Answer> {
    const tx = deps.db.autocommit
    const checkout = await findCheckout(tx, checkoutId)
    if (checkout === undefined || checkout.customerId !== customerId)
      throw errors.error('checkout-not-found', 'There is no checkout of yours with this id.')
    return {
      status: checkout.state === 'done' ? 201 : 202,
      body: checkoutView(checkout, await ordersOf(tx, checkoutId)),
      headers: {
        location: `/v1/checkouts/${checkoutId}`,
        ...(checkout.state !== 'done' && { 'retry-after': '2' }),
        ...(repeated && { 'idempotency-replayed': 'true' }),
      },
    }
  }

  return [
    route({
      method: 'POST',
      url: '/v1/carts/:cartId/checkout',
      operationId: 'checkOut',
      summary: 'Order what is in the cart',
      description:
        'One order per shop, in one call. When a shop refuses, the orders of the others stand, and what was refused stays in the cart with its reason; with `allOrNothing` the others are cancelled instead. Send an `Idempotency-Key`: whoever repeats it gets the same orders, never second ones. 202: some shop has not answered yet; it is carried on.',
      tag,
      access: { permission: 'orders:place' },
      idempotency: 'required',
      params: Type.Object({ cartId: Id }, closed),
      body: CheckoutBody,
      answers: { 201: CheckoutView, 202: CheckoutView },
      errors: [
        'cart-not-found',
        'cart-empty',
        'cart-changed',
        'checkout-under-way',
        'checkout-not-found',
        'checkout-unavailable',
        'voucher-unknown',
        'delivery-address-unknown',
        'idempotency-mismatch',
      ],
      async handle(request) {
        const { me, params, body } = request
        const key = request.idempotencyKey as string
        const { checkoutId, began } = await beginCheckout(
          deps,
          params.cartId,
          { ...visitorOf(request), customerId: me.accountId },
          {
            key,
            bodyHash: hashOfWish(params.cartId, body),
            terms: () => termsOf(deps, me.accountId, body),
            allOrNothing: body.allOrNothing ?? false,
            acceptChanges: body.acceptChanges ?? false,
            correlationId: request.correlationId,
          },
        )
        await (began ? carryOn : takeUp)(deps, checkoutId)
        return answer(checkoutId, me.accountId, !began)
      },
    }),
    route({
      method: 'GET',
      url: '/v1/checkouts/:checkoutId',
      operationId: 'getCheckout',
      summary: 'Get what became of a checkout',
      description: 'Kept for 30 days.',
      tag,
      access: 'signed-in',
      params: Type.Object({ checkoutId: Id }, closed),
      answers: { 200: CheckoutView },
      errors: ['checkout-not-found'],
      async handle({ me, params }) {
        const { body } = await answer(params.checkoutId, me.accountId, false)
        return { status: 200, body }
      },
    }),
  ]
}

/** What the orders are placed with, in their words. @throws delivery-address-unknown, checkout-unavailable */
async function termsOf(deps: CheckoutRouteDeps, customerId: string, body: Body): Promise<OrderTerms> {
  const { paymentMethod, paymentToken, delivery, contact } = body
  return {
    ...(paymentMethod !== undefined && { paymentMethod }),
    ...(paymentToken !== undefined && { paymentToken }),
    ...(delivery !== undefined && {
      delivery: { method: delivery.method ?? 'standard', address: await addressOf(deps, customerId, delivery) },
    }),
    ...(contact !== undefined && { contact }),
  }
}

async function addressOf(
  deps: CheckoutRouteDeps,
  customerId: string,
  delivery: NonNullable<Body['delivery']>,
): Promise<Record<string, string>> {
  if ((delivery.address === undefined) === (delivery.addressId === undefined))
    throw httpErrors.error('validation-failed', 'body/delivery: needs an address or an addressId', {
      faults: [{ in: 'body', path: '/delivery', message: 'needs an address or an addressId, one of the two' }],
    })
  if (delivery.address !== undefined) {
    const { postalCode, country, ...rest } = delivery.address
    return { ...rest, countryCode: country, ...(postalCode !== undefined && { postcode: postalCode }) }
  }
  const { address } = await deps.customers
    .getAddress({ customerId, addressId: delivery.addressId ?? '' }, { timeoutMs: 2_000 })
    .catch((error: unknown) => {
      throw unavailable('The address could not be looked up.', error)
    })
  if (address === undefined)
    throw errors.error('delivery-address-unknown', 'There is no such address in your address book.')
  const { name, company, line1, line2, postalCode, city, region, countryCode, phone } = address
  const known = {
    name: company === '' ? name : `${name}, ${company}`,
    line1,
    line2,
    postcode: postalCode,
    city,
    region,
    countryCode,
    phone,
  }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== ''))
}

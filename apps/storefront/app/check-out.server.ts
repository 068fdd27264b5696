import { type CheckOutResponse, idempotencyKey, isProblem, type QuoteData, type QuoteResponse } from '@souk/sdk'
import { addressOf } from './address.server.ts'
import { cartHeaders, cartPath, type Cart, takeCartAlong } from './cart.server.ts'
import type { Lang } from './i18n/languages.ts'
import { textOf } from './forms.server.ts'
import type { Visit } from './visit.server.ts'

export const paymentMethods = ['card', 'bank-transfer', 'cash-on-delivery', 'wallet'] as const

type Delivery = NonNullable<QuoteData['body']['delivery']>

/** What the cart costs at this moment, sent there by this way. Undefined: nobody can say now. */
export async function quoteOf(
  visit: Visit,
  cart: Cart,
  lang: Lang,
  delivery: Delivery,
): Promise<QuoteResponse | undefined> {
  const lines = cart.shops
    .flatMap(({ items }) => items)
    .filter(({ buyable }) => buyable)
    .map(({ variantId, quantity }) => ({ variantId, quantity }))
  if (lines.length === 0) return undefined
  try {
    return await visit.souk.quote({ body: { lines, voucherCodes: cart.vouchers, language: lang, delivery } })
  } catch (error) {
    if (isProblem(error) && error.status < 500 && error.status !== 429) throw error
    return undefined
  }
}

/** An account without a password, for whoever only wants to order. */
export async function beGuest(visit: Visit, email: string, name: string): Promise<void> {
  const answer = await visit.souk.beginAsGuest({ body: { email, ...(name !== '' && { name }) } })
  const { accountId, name: called } = answer.account
  visit.signIn(answer, { id: accountId, name: called || name, email, guest: true })
  await takeCartAlong(visit)
}

/** Turns the cart into orders. Sent again with the same key it is the same checkout. */
export async function checkOut(visit: Visit, form: FormData): Promise<CheckOutResponse> {
  const { cart, shopper } = visit.session
  if (cart === undefined) throw new Error('a checkout without a cart')
  const addressId = textOf(form, 'addressId', 50)
  const method = textOf(form, 'deliveryMethod', 50)
  const way = method === '' ? {} : { method }
  const { postalCode, phone, ...address } = addressOf(form)
  const delivery =
    addressId !== '' && addressId !== 'new'
      ? { ...way, addressId }
      : { ...way, address: { ...address, ...(postalCode !== undefined && { postalCode }), ...(phone && { phone }) } }
  const placed = await visit.souk.checkOut({
    ...cartPath(cart),
    body: {
      paymentMethod: paymentMethods.find((each) => each === form.get('paymentMethod')) ?? 'card',
      delivery,
      ...(shopper !== undefined && { contact: { name: shopper.name || address.name, email: shopper.email } }),
      acceptChanges: true,
    },
    headers: { ...idempotencyKey(textOf(form, 'key', 64)).headers, ...cartHeaders(cart).headers },
  })
  return waitFor(visit, placed)
}

/** Most are done at once; one that orders has not answered yet is asked for a little longer. */
async function waitFor(visit: Visit, first: CheckOutResponse): Promise<CheckOutResponse> {
  let checkout = first
  for (let attempt = 0; checkout.state === 'working' && attempt < 8; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 250 * (attempt + 1)))
    checkout = await visit.souk.getCheckout({ path: { checkoutId: checkout.id } })
  }
  return checkout
}

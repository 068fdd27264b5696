import { randomUUID } from 'node:crypto'
import { eventually } from '@souk/testing'
import type { Reply } from './client.ts'
import { filledCart } from './recipes/carts.ts'
import { freshReturn } from './recipes/sent.ts'
import { operatorSignIn, type Stage } from './stage.ts'
import { untilQuiet } from './tables.ts'

/** Begins every text that is not for everybody. Whoever sees another's in an answer has seen too much. */
export const canary = 'zq7canary'
/** In the private texts of shop B, its people and its customer. */
export const canaryOfB = `${canary}-b-`

export type Person = {
  name: string
  email: string
  password: string
  accountId: string
  accessToken: string
  refreshToken: string
}

export type Shop = {
  owner: Person
  /** Open to everybody. */
  shopId: string
  slug: string
  /** Registered and not verified: nobody else may know of it. */
  hiddenShopId: string
  hiddenSlug: string
  productId: string
  productSlug: string
  variantId: string
  /** Not on show. */
  draftId: string
  draftSlug: string
  draftVariantId: string
  /** Of a sale that runs, and of one called off, which only the shop sees. */
  saleProductId: string
  saleVariantId: string
  saleWindowId: string
  cancelledSaleId: string
  locationId: string
  /** Of the product that is not on show. */
  lotId: string
  /** Of the owner. */
  keyId: string
  /** Works in the shop, has no duty but the one named. */
  staff: Record<Duty, Person>
  customer: Person
  orderId: string
  /** Delivered, with a return asked for. */
  sentOrderId: string
  shipmentId: string
  returnId: string
  /** Of the customer, not published yet. */
  reviewId: string
  /** Announced by the shop, its bytes not sent yet. */
  mediaId: string
  /** Of the customer. */
  addressId: string
  cartId: string
  checkoutId: string
  voucherId: string
  voucherCode: string
  /** Not active: its orders stay plain ones. */
  discountId: string
  rateId: string
  /** Another session of the customer. */
  sessionId: string
}

export const allDuties = ['catalog', 'inventory', 'orders', 'members', 'settings'] as const
export type Duty = (typeof allDuties)[number]

export type World = Stage & {
  operator: Person
  /** Signed in, bought nothing, works nowhere. */
  stranger: Person
  a: Shop
  b: Shop
  category: { id: string; slug: string }
  /** Ask as somebody; anybody when nobody is named. Answers that are not 2xx are for the caller to look at. */
  as(
    person: Person | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>
  /** The same, and it must work. */
  do<Body = Record<string, never>>(person: Person, method: string, path: string, body?: unknown): Promise<Body>
  register(name: string): Promise<Person>
  signIn(person: Person): Promise<Person>
}

let people = 0
export const unique = () => `${Date.now().toString(36)}${((people += 1)).toString(36)}`

/** Two shops that sell, with everything a shop has, their people and customers: all through the public API. */
export async function buildWorld(stage: Stage): Promise<World> {
  const { client } = stage
  const as: World['as'] = (person, method, path, body, headers = {}) =>
    client.send({
      method,
      path,
      body,
      headers: {
        ...(person !== undefined && { authorization: `Bearer ${person.accessToken}` }),
        ...(method !== 'GET' && { 'idempotency-key': randomUUID() }),
        ...headers,
      },
    })
  const must: World['do'] = async <Body>(person: Person, method: string, path: string, body?: unknown) => {
    const version = /^(PATCH|POST \/v1\/products\/[^/]+\/variants$)/.test(`${method} ${path}`)
      ? String((await as(person, 'GET', path.replace(/\/variants.*$/, ''))).headers.etag)
      : undefined
    const reply = await as(person, method, path, body, version === undefined ? {} : { 'if-match': version })
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`)
    return reply.json as Body
  }
  const signIn: World['signIn'] = async (person) => {
    const { email, password } = person
    const reply = await as(undefined, 'POST', '/v1/auth/login', { email, password })
    if (reply.status !== 200) throw new Error(`${email} cannot sign in: ${reply.text}`)
    return { ...person, ...(reply.json as Person) }
  }
  const register: World['register'] = async (name) => {
    const mark = `${canary}-${name}-`
    const email = `${mark}${unique()}@souk.example`
    const password = `${mark}password-${randomUUID()}`
    const reply = await as(undefined, 'POST', '/v1/auth/register', { email, password, name: `${mark}name` })
    if (reply.status !== 201) throw new Error(`${email} cannot register: ${reply.text}`)
    const { account, accessToken, refreshToken } = reply.json as Person & { account: { accountId: string } }
    return { name, email, password, accountId: account.accountId, accessToken, refreshToken }
  }

  const operator = await signIn({
    ...operatorSignIn,
    name: 'operator',
    accountId: '',
    accessToken: '',
    refreshToken: '',
  })
  operator.accountId = (await must<{ accountId: string }>(operator, 'GET', '/v1/auth/me')).accountId
  const category = await must<{ id: string; slug: string }>(operator, 'POST', '/v1/categories', {
    slug: `goods-${unique()}`,
    title: 'Goods',
  })
  const world = { ...stage, operator, category, as, do: must, register, signIn } as World
  const [stranger, a, b] = await Promise.all([register('stranger'), openShop(world, 'a'), openShop(world, 'b')])
  Object.assign(world, { stranger, a, b })
  await untilQuiet(stage.query)
  return world
}

type Named = { id: string; slug: string }
type Product = Named & { variants: { id: string }[] }
const variantOf = (product: Product) => product.variants[0]?.id ?? ''

async function openShop(world: World, name: string): Promise<Shop> {
  const { operator, register, signIn, do: must } = world
  const mark = `${canary}-${name}-`
  const [first, customer, ...staff] = await Promise.all(
    ['owner', 'customer', ...allDuties].map((role) => register(`${name}-${role}`)),
  )
  let owner = first as Person
  const newShop = (title: string) => ({ name: title, country: 'DE', currency: 'EUR', slug: `${name}-${unique()}` })
  const shop = await must<Named>(owner, 'POST', '/v1/shops', {
    ...newShop(`Shop ${name}`),
    description: 'Open to all.',
  })
  const hidden = await must<Named>(owner, 'POST', '/v1/shops', {
    ...newShop(`${mark}shop`),
    description: `${mark}text`,
  })
  for (const [index, person] of staff.entries())
    await must(operator, 'PUT', `/v1/shops/${shop.id}/members/${person.accountId}`, { duties: [allDuties[index]] })
  const reason = `${mark}papers seen`
  await must(operator, 'POST', `/v1/shops/${shop.id}/verification`, { decision: 'verify', reason })
  owner = await signIn(owner)
  const working = await Promise.all(staff.map(signIn))

  const product = (title: string, status: 'active' | 'draft') =>
    must<Product>(owner, 'POST', '/v1/products', {
      shopId: shop.id,
      title,
      description: title,
      status,
      slug: `p-${unique()}`,
      tags: [title],
      variants: [{ sku: `SKU-${unique()}`, priceMinor: 1_999 }],
    })
  const [shown, sold, called, draft] = [
    await product('Lamp', 'active'),
    await product('Rug', 'active'),
    await product('Chair', 'active'),
    await product(`${mark}draft`, 'draft'),
  ]
  const location = await must<{ locationId: string }>(owner, 'POST', `/v1/shops/${shop.id}/locations`, {
    name: `${mark}shelf`,
  })
  for (const each of [shown, sold, called, draft])
    await eventually(
      () => must(owner, 'PUT', `/v1/products/${each.id}/inventory`, { onHand: 100_000, note: `${mark}counted` }),
      { timeoutMs: 60_000, everyMs: 100 },
    )
  const lots = await must<{ items: { lotId: string }[] }>(
    owner,
    'GET',
    `/v1/inventory/variants/${variantOf(draft)}/lots`,
  )
  const sale = (productId: string) =>
    eventually(
      () =>
        must<{ id: string }>(owner, 'POST', '/v1/sales', {
          productId,
          priceMinor: 999,
          startsAt: new Date(Date.now() - 60_000).toISOString(),
          endsAt: new Date(Date.now() + 3_600_000).toISOString(),
          units: 1_000,
        }),
      { timeoutMs: 60_000, everyMs: 100 },
    )
  const running = await sale(sold.id)
  const cancelled = await sale(called.id)
  await must(owner, 'POST', `/v1/sales/${cancelled.id}/cancel`)
  const key = await must<{ keyId: string }>(owner, 'POST', '/v1/api-keys', { name: `${mark}key`, permissions: [] })
  const buyer = customer as Person
  const order = await eventually(
    () => must<{ id: string }>(buyer, 'POST', '/v1/orders', { lines: [{ variantId: variantOf(shown), quantity: 2 }] }),
    { timeoutMs: 60_000, everyMs: 100 },
  )
  const seller = { owner, shopId: shop.id, variantId: variantOf(shown), customer: buyer }
  const sent = await freshReturn(world, seller, 'requested', `${mark}note`)
  const words = { rating: 4, text: `${mark}review`, authorName: `${mark}author` }
  const review = await eventually(
    () => must<{ id: string }>(buyer, 'POST', `/v1/products/${shown.id}/reviews`, words),
    { timeoutMs: 60_000, everyMs: 100 },
  )
  const picture = { shopId: shop.id, fileName: `${mark}picture`, contentType: 'image/png', bytes: 68 }
  const { media } = await must<{ media: { id: string } }>(owner, 'POST', '/v1/media', picture)
  const home = { label: `${mark}home`, name: mark, line1: `${mark}1`, postalCode: '10115', city: mark, country: 'DE' }
  const address = await must<{ id: string }>(buyer, 'POST', '/v1/customers/me/addresses', home)
  const cartId = await filledCart(world, buyer, variantOf(shown))
  const checkout = await must<{ id: string }>(buyer, 'POST', `/v1/carts/${cartId}/checkout`, {})
  await filledCart(world, buyer, variantOf(shown))
  const code = `${name}-${unique()}`.toUpperCase().slice(0, 40)
  const voucher = await must<{ id: string }>(owner, 'POST', `/v1/shops/${shop.id}/vouchers`, {
    code,
    title: `${mark}voucher`,
    kind: 'percent',
    percent: 10,
    uses: 1_000_000,
  })
  const discount = await must<{ id: string }>(owner, 'POST', `/v1/shops/${shop.id}/discounts`, {
    title: `${mark}discount`,
    kind: 'percent',
    percent: 10,
    active: false,
  })
  const parcel = { name: 'Parcel', priceMinor: 490, currency: 'EUR' }
  const rate = await must<{ id: string }>(owner, 'POST', `/v1/shops/${shop.id}/shipping-rates`, parcel)
  const { items } = await must<{ items: { sessionId: string }[] }>(await signIn(buyer), 'GET', '/v1/auth/sessions')
  return {
    owner,
    customer: buyer,
    staff: Object.fromEntries(allDuties.map((duty, index) => [duty, working[index]])) as Record<Duty, Person>,
    shopId: shop.id,
    slug: shop.slug,
    hiddenShopId: hidden.id,
    hiddenSlug: hidden.slug,
    productId: shown.id,
    productSlug: shown.slug,
    variantId: variantOf(shown),
    draftId: draft.id,
    draftSlug: draft.slug,
    draftVariantId: variantOf(draft),
    saleProductId: sold.id,
    saleVariantId: variantOf(sold),
    saleWindowId: running.id,
    cancelledSaleId: cancelled.id,
    locationId: location.locationId,
    lotId: lots.items[0]?.lotId ?? '',
    keyId: key.keyId,
    orderId: order.id,
    sentOrderId: sent.orderId,
    shipmentId: sent.shipmentId,
    returnId: sent.returnId,
    reviewId: review.id,
    mediaId: media.id,
    addressId: address.id,
    cartId,
    checkoutId: checkout.id,
    voucherId: voucher.id,
    voucherCode: code,
    discountId: discount.id,
    rateId: rate.id,
    sessionId: items[0]?.sessionId ?? '',
  }
}

import type { Principal } from '@souk/http'
import { shopper } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { maxItems } from './cart.ts'
import { startCarts } from './test-carts.ts'

let world: Awaited<ReturnType<typeof startCarts>>
let me: Principal
beforeAll(async () => {
  world = await startCarts()
})
afterAll(() => world.close())
beforeEach(() => {
  me = shopper()
})

const put = (cartId: string, variantId: string, quantity: number, who: { principal?: Principal; token?: string }) =>
  world.call('setCartItem', { params: { cartId, variantId }, body: { quantity }, ...who })
const itemsOf = async (cartId: string, who: { principal?: Principal; token?: string }) =>
  (await world.call('getCart', { params: { cartId }, ...who })).body.shops.flatMap(({ items }) => items)
const guestCart = async () => {
  const { body } = await world.call('openCart')
  return { cartId: body.cart.id, token: body.cartToken }
}

describe('a guest’s cart', () => {
  test('opens for its token and for nobody else, and the token is kept nowhere', async () => {
    const { cartId, token } = await guestCart()
    const { variantId } = await world.sell()
    expect((await put(cartId, variantId, 3, { token })).body.itemCount).toBe(3)
    const other = await guestCart()
    for (const who of [{}, { token: other.token }, { token: '' }, { principal: me }])
      expect((await world.call('getCart', { params: { cartId }, ...who })).body.code).toBe('cart-not-found')
    const [row] = await world.database.query<{ text: string }>(
      'select c::text as text from carts.carts c where cart_id = $1',
      [cartId],
    )
    expect(row?.text).not.toContain(token)
    expect(JSON.stringify(world.log.lines)).not.toContain(token)
  })

  test('is gone 30 days after it was changed last, a customer’s after 90', async () => {
    const { variantId } = await world.sell()
    const guest = await guestCart()
    const own = await world.filled(me, { variantId })
    world.time.advance(20 * 86_400_000)
    await put(guest.cartId, variantId, 1, guest)
    world.time.advance(29 * 86_400_000)
    await world.job('carts.expire')
    expect(await itemsOf(guest.cartId, guest)).toHaveLength(1)
    world.time.advance(2 * 86_400_000)
    await world.job('carts.expire')
    expect((await world.call('getCart', { params: { cartId: guest.cartId }, ...guest })).status).toBe(404)
    expect(await itemsOf(own, { principal: me })).toHaveLength(1)
    world.time.advance(40 * 86_400_000)
    await world.job('carts.expire')
    expect((await world.call('getCart', { params: { cartId: own }, principal: me })).status).toBe(404)
  })
})

describe('a customer’s cart', () => {
  test('is one, however many windows open it at once', async () => {
    const opened = await Promise.all([1, 2, 3, 4].map(() => world.call('openCart', { principal: me })))
    expect(new Set(opened.map(({ body }) => body.cart.id)).size).toBe(1)
    expect(opened.filter(({ status }) => status === 201)).toHaveLength(1)
  })

  test('is nobody else’s', async () => {
    const cartId = await world.filled(me, await world.sell())
    for (const operation of ['getCart', 'clearCart'])
      expect((await world.call(operation, { params: { cartId }, principal: shopper() })).body.code).toBe(
        'cart-not-found',
      )
  })

  test('holds so many of each thing, changed, taken out and emptied', async () => {
    const [cup, plate] = [await world.sell({ priceMinor: 300 }), await world.sell({ priceMinor: 500 })]
    const cartId = await world.filled(me, cup, plate)
    const { body } = await put(cartId, cup.variantId, 5, { principal: me })
    expect(body.shops.map(({ subtotalMinor }) => subtotalMinor)).toEqual([1_500, 1_000])
    await world.call('removeCartItem', { params: { cartId, variantId: cup.variantId }, principal: me })
    expect(await itemsOf(cartId, { principal: me })).toHaveLength(1)
    expect((await world.call('clearCart', { params: { cartId }, principal: me })).body.itemCount).toBe(0)
    expect((await put(cartId, cup.variantId, 1_000, { principal: me })).body.code).toBe('validation-failed')
  })

  test('holds no more lines than it may', async () => {
    const cartId = await world.filled(me)
    await world.database.query(
      `insert into carts.cart_items (cart_id, variant_id, product_id, shop_id, quantity, seen_price_minor, currency, title, added_at)
       select $1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 1, 'EUR', 'x', now() from generate_series(1, $2)`,
      [cartId, maxItems],
    )
    expect((await put(cartId, (await world.sell()).variantId, 1, { principal: me })).body.code).toBe('cart-full')
  })

  test('takes what catalog has and has not told of yet, and not what nobody sells', async () => {
    const cartId = await world.filled(me)
    const { variantId } = await world.publish()
    expect((await put(cartId, variantId, 1, { principal: me })).status).toBe(200)
    expect((await put(cartId, me.accountId, 1, { principal: me })).body.code).toBe('variant-not-sold')
  })

  test('shows what changed since: dearer, few left, withdrawn; what is put in anew is known at its new price', async () => {
    const [cup, plate, fork] = [await world.sell(), await world.sell(), await world.sell()]
    const cartId = await world.filled(me, cup, plate, fork)
    await world.change({ ...cup, priceMinor: 1_200 })
    world.orders.left.set(plate.variantId, 1)
    await world.change({ ...fork, status: 'archived' })
    const changed = await itemsOf(cartId, { principal: me })
    expect(changed.map(({ changes }) => changes.map(({ message }) => message))).toEqual([
      ['was 10.00, is 12.00'],
      ['only 1 left'],
      ['no longer sold'],
    ])
    expect(changed.map(({ buyable }) => buyable)).toEqual([true, false, false])
    await put(cartId, cup.variantId, 2, { principal: me })
    const [again] = await itemsOf(cartId, { principal: me })
    expect(again).toMatchObject({ changes: [], unitPriceMinor: 1_200 })
    expect((await put(cartId, fork.variantId, 1, { principal: me })).status).toBe(200)
  })

  test('costs what the sale says while it runs, and not after, nor when it is called off', async () => {
    const cup = await world.sell()
    const cartId = await world.filled(me, cup)
    const nowMs = world.time.clock().getTime()
    const window = {
      saleWindowId: crypto.randomUUID(),
      variantId: cup.variantId,
      priceMinor: 700n,
      startsAtMs: BigInt(nowMs),
      endsAtMs: BigInt(nowMs + 60_000),
      changedAtMs: BigInt(nowMs),
    }
    const price = async () => (await itemsOf(cartId, { principal: me }))[0]?.unitPriceMinor
    await world.plan(window)
    expect(await price()).toBe(700)
    await world.plan({ ...window, status: 'cancelled', changedAtMs: BigInt(nowMs + 1) })
    await world.plan(window)
    expect(await price()).toBe(1_000)
    await world.plan({ ...window, saleWindowId: crypto.randomUUID() })
    world.time.advance(60_000)
    expect(await price()).toBe(1_000)
  })

  test('is shown without what is left when orders does not answer', async () => {
    const cartId = await world.filled(me, await world.sell())
    const { listAllotments } = world.deps.allotments
    world.deps.allotments.listAllotments = () => Promise.reject(new Error('busy'))
    expect((await itemsOf(cartId, { principal: me }))[0]).toMatchObject({ changes: [], buyable: true })
    world.deps.allotments.listAllotments = listAllotments
  })
})

describe('signing in with a guest’s cart', () => {
  test('takes it into the own: quantities add up, once, however often and at once it is asked', async () => {
    const [cup, plate] = [await world.sell(), await world.sell()]
    const own = await world.filled(me, cup)
    const guest = await guestCart()
    world.time.advance(1)
    await put(guest.cartId, cup.variantId, 3, guest)
    world.time.advance(1)
    await put(guest.cartId, plate.variantId, 1, guest)
    await world.call('setCartVouchers', {
      params: { cartId: guest.cartId },
      body: { codes: ['SPRING'] },
      token: guest.token,
    })
    const merge = () => world.call('mergeCart', { params: { cartId: guest.cartId }, token: guest.token, principal: me })
    const answers = await Promise.all([merge(), merge(), merge()])
    answers.push(await merge())
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(answers.map(({ body }) => body.cart.id)).toEqual([own, own, own, own])
    const { body } = await world.call('getCart', { params: { cartId: own }, principal: me })
    expect(body.shops.flatMap(({ items }) => items.map(({ quantity }) => quantity))).toEqual([5, 1])
    expect(body.vouchers).toEqual(['SPRING'])
    expect((await world.call('getCart', { params: { cartId: guest.cartId }, ...guest })).status).toBe(404)
  })

  test('is for whoever has the token, and once merged for nobody else', async () => {
    const guest = await guestCart()
    const merge = (principal: Principal, token?: string) =>
      world.call('mergeCart', { params: { cartId: guest.cartId }, principal, ...(token !== undefined && { token }) })
    expect((await merge(me)).body.code).toBe('cart-not-found')
    expect((await merge(me, guest.token)).status).toBe(200)
    expect((await merge(shopper(), guest.token)).body.code).toBe('cart-not-found')
    const anothers = await world.filled(shopper(), await world.sell())
    expect((await world.call('mergeCart', { params: { cartId: anothers }, principal: me })).body.code).toBe(
      'cart-not-found',
    )
  })
})

test('a wishlist keeps each product once, the newest first, and ends with its page', async () => {
  const wish = (productId: string) => world.call('addWish', { params: { productId }, principal: me })
  const products = ['a', 'b', 'c'].map(() => crypto.randomUUID())
  for (const productId of [...products, products[0] as string]) {
    expect((await wish(productId)).status).toBe(204)
    world.time.advance(1)
  }
  const list = async (query: object) => (await world.call('listWishes', { query: { ...query }, principal: me })).body
  const first = (await list({ limit: 2 })) as unknown as { items: { productId: string }[]; nextCursor: string }
  const rest = await list({ limit: 2, cursor: first.nextCursor })
  expect([...first.items, ...rest.items].map(({ productId }) => productId)).toEqual(products.toReversed())
  await world.call('removeWish', { params: { productId: products[1] }, principal: me })
  expect((await list({})).items).toHaveLength(2)
})

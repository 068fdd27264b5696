import { randomUUID } from 'node:crypto'
import { Overloaded } from '@souk/batching'
import { callRoute, type RouteCall, operator, principal, shopper, staff } from '@souk/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { placeAccepted } from './place-later.ts'
import type { Placer } from './placer.ts'
import { ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
let routes: ReturnType<typeof world.routes>
let placer: Placer
beforeAll(async () => {
  world = await ordersWorld()
  placer = world.placer()
  routes = world.routes({ placer })
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

const customer = () => principal({ permissions: new Set(['orders:place', 'orders:read-own']) })
const call = async (operationId: string, given: RouteCall) => {
  const answer = await callRoute(routes, operationId, given)
  return { ...answer, body: answer.body as { id: string } & Record<string, unknown> }
}
const place = (body: object, given: RouteCall = {}) =>
  call('placeOrder', { principal: customer(), idempotencyKey: randomUUID(), body, ...given })
const oneOf = (variantId: string, quantity = 1) => ({ lines: [{ variantId, quantity }] })
const later = { headers: { prefer: 'respond-async' } }
/** A millisecond after the one before: lists go by time. */
const orderOf = async (me = customer()) => {
  world.clock.now = new Date(world.clock.now.getTime() + 1)
  const { variantId } = await world.variant()
  return (await place(oneOf(variantId), { principal: me })).body.id
}

describe('placing an order', () => {
  test('answers 201 with the order, and where to find it', async () => {
    const { variantId, productId } = await world.variant({ units: 5, priceMinor: 250 })
    const me = customer()
    const answer = await place(oneOf(variantId, 2), { principal: me })
    expect(answer).toMatchObject({
      status: 201,
      headers: { location: `/v1/orders/${answer.body.id}` },
      body: {
        status: 'placed',
        shopId: world.shopId,
        customerId: me.accountId,
        totalMinor: 500,
        currency: 'EUR',
        paymentMethod: 'cash-on-delivery',
        lines: [{ variantId, productId, quantity: 2, unitPriceMinor: 250, totalMinor: 500, saleWindowId: null }],
      },
    })
    expect(answer.headers?.['idempotency-replayed']).toBeUndefined()
  })

  test('answers 409 naming the line that ran out and what is left of it; nothing is ordered', async () => {
    const [plenty, scarce] = [await world.variant({ units: 9 }), await world.variant({ units: 1 })]
    const lines = [plenty, scarce].map(({ variantId }) => ({ variantId, quantity: 2 }))
    expect(await place({ lines })).toMatchObject({
      status: 409,
      body: { code: 'out-of-stock', variantId: scarce.variantId, remaining: 1 },
    })
    expect(await world.remaining(plenty.variantId)).toBe(9)
  })

  test('with the same key answers 201 with the first order, as it was placed; with another body 422', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const mine = { principal: customer(), idempotencyKey: 'the-same' }
    const first = await place(oneOf(variantId), mine)
    await world.cancel(first.body.id)
    const again = await place(oneOf(variantId), mine)
    expect(again.body).toEqual(first.body)
    expect(again).toMatchObject({ status: 201, headers: { 'idempotency-replayed': 'true' } })
    expect(await place(oneOf(variantId, 2), mine)).toMatchObject({ status: 422, body: { code: 'order-key-mismatch' } })
    expect(await place(oneOf(variantId), { idempotencyKey: 'the-same' })).toMatchObject({ status: 201 })
    expect(await world.remaining(variantId)).toBe(4)
  })

  test('needs a key, a right to buy, and quantities that are quantities', async () => {
    const { variantId } = await world.variant({ units: 5 })
    expect(await place(oneOf(variantId), { idempotencyKey: undefined as never })).toMatchObject({ status: 400 })
    expect(await place(oneOf(variantId), { principal: principal() })).toMatchObject({ status: 403 })
    expect(await place(oneOf(variantId), { principal: undefined as never })).toMatchObject({ status: 401 })
    for (const quantity of [0, -1, 0.5, 1_000_001, 2 ** 31, 2 ** 53 + 2, Number.NaN, '1e3', null])
      expect(await place({ lines: [{ variantId, quantity }] })).toMatchObject({ status: 400 })
    expect(await place({ lines: [] })).toMatchObject({ status: 400 })
    const tooMany = Array.from({ length: 1_001 }, () => ({ variantId, quantity: 1 }))
    expect(await place({ lines: tooMany })).toMatchObject({ status: 400 })
    expect(await world.remaining(variantId)).toBe(5)
  })

  test('takes no price, total, shop, customer or state from the buyer', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const line = { variantId, quantity: 1 }
    for (const smuggled of [
      { totalMinor: 1 },
      { shopId: world.shopId },
      { customerId: randomUUID() },
      { status: 'confirmed' },
    ])
      expect(await place({ lines: [line], ...smuggled })).toMatchObject({ status: 400 })
    for (const smuggled of [{ unitPriceMinor: 1 }, { currency: 'JPY' }, { saleWindowId: randomUUID() }])
      expect(await place({ lines: [{ ...line, ...smuggled }] })).toMatchObject({ status: 400 })
  })
})

describe('an order paid by card', () => {
  const token = 'tok_of-the-provider'
  const byCard = (variantId: string, paymentToken = token) => ({
    ...oneOf(variantId),
    paymentMethod: 'card',
    paymentToken,
  })

  test('takes the token of the provider with it to whoever collects the money, and keeps it nowhere', async () => {
    const { variantId } = await world.variant()
    for (const given of [{}, later]) {
      const answer = await place(byCard(variantId), given)
      await placeAccepted({ db: world.db, placer, clock: () => world.clock.now })
      expect(JSON.stringify(answer.body)).not.toContain(token)
      expect(await world.told(answer.body.id)).toMatchObject([{ type: 'placed', paymentToken: token }])
      for (const table of ['orders', 'order_requests', 'order_keys', 'order_steps'])
        expect(JSON.stringify(await world.database.query(`select * from orders.${table}`))).not.toContain(token)
    }
  })

  test('with another token is another order: under the same key it is refused', async () => {
    const { variantId } = await world.variant()
    const mine = { principal: customer(), idempotencyKey: 'one-key' }
    expect(await place(byCard(variantId), mine)).toMatchObject({ status: 201, body: { paymentMethod: 'card' } })
    expect(await place(byCard(variantId), mine)).toMatchObject({ status: 201 })
    expect(await place(byCard(variantId, 'tok_other'), mine)).toMatchObject({
      status: 422,
      body: { code: 'order-key-mismatch' },
    })
  })

  test('is refused with the number of a card for a token, and with a token and another way to pay', async () => {
    const { variantId } = await world.variant({ units: 7 })
    expect(await place(byCard(variantId, '4242 4242 4242 4242'))).toMatchObject({
      status: 422,
      body: { code: 'card-number-refused' },
    })
    expect(await place({ ...oneOf(variantId), paymentMethod: 'wallet', paymentToken: token })).toMatchObject({
      status: 422,
      body: { code: 'payment-token-unexpected' },
    })
    expect(await place(byCard(variantId, 'x'.repeat(201)))).toMatchObject({ status: 400 })
    expect(await world.remaining(variantId)).toBe(7)
  })
})

describe('an order to be placed later', () => {
  const placeThem = () => placeAccepted({ db: world.db, placer, clock: () => world.clock.now })

  test('answers 202 with where to look, and is followed there until it is confirmed', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const me = customer()
    const answer = await place(oneOf(variantId), { principal: me, ...later })
    const orderId = answer.body.id
    const statusUrl = `/v1/orders/${orderId}/status`
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: statusUrl, 'preference-applied': 'respond-async' },
      body: { status: 'accepted', statusUrl },
    })
    const status = async () => (await call('getOrderStatus', { principal: me, params: { orderId } })).body
    expect(await status()).toMatchObject({ status: 'accepted', progressPercent: 10, finishedAt: null })
    await placeThem()
    expect(await status()).toMatchObject({ status: 'placed', progressPercent: 70, finishedAt: null })
    const order = await world.order(orderId)
    if (order !== undefined) await world.confirm(order)
    expect(await status()).toMatchObject({ status: 'confirmed', progressPercent: 100, finishedAt: expect.any(String) })
  })

  test('that is refused says why at its status', async () => {
    const { variantId } = await world.variant({ units: 0 })
    const me = customer()
    const { body } = await place(oneOf(variantId), { principal: me, ...later })
    await placeThem()
    expect(await call('getOrderStatus', { principal: me, params: { orderId: body.id } })).toMatchObject({
      status: 200,
      body: { status: 'refused', progressPercent: 100, refusal: { code: 'out-of-stock' } },
    })
  })

  test('has a status for its customer alone', async () => {
    const { variantId } = await world.variant()
    const { body } = await place(oneOf(variantId), later)
    for (const stranger of [customer(), staff(world.shopId, 'catalog'), staff(randomUUID(), 'orders')])
      expect(await call('getOrderStatus', { principal: stranger, params: { orderId: body.id } })).toMatchObject({
        status: 404,
        body: { code: 'order-not-found' },
      })
    await placeThem()
  })

  test('answers 422 when its key was sent with another body, and the first id when with the same', async () => {
    const { variantId } = await world.variant()
    const mine = { principal: customer(), idempotencyKey: 'later', ...later }
    const first = await place(oneOf(variantId), mine)
    expect((await place(oneOf(variantId), mine)).body.id).toBe(first.body.id)
    expect(await place(oneOf(variantId, 2), mine)).toMatchObject({ status: 422, body: { code: 'order-key-mismatch' } })
    await placeThem()
  })

  test('is urgent only for those who call with an API key', async () => {
    const { variantId } = await world.variant()
    for (const [kind, priority] of [
      ['session', 2],
      ['api-key', 1],
    ] as const) {
      const me = { ...customer(), kind }
      const { body } = await place({ ...oneOf(variantId), priority: 'high' }, { principal: me, ...later })
      const [row] = await world.database.query('select priority from orders.order_requests where order_id = $1', [
        body.id,
      ])
      expect(row).toEqual({ priority })
    }
    await placeThem()
  })
})

test('an order for later that finds no room is told so at once, and when to come again', async () => {
  const accept = () => Promise.reject(new Overloaded(3))
  const answer = await callRoute(world.routes({ accept }), 'placeOrder', {
    principal: customer(),
    idempotencyKey: 'no-room',
    body: oneOf(randomUUID()),
    ...later,
  })
  expect(answer).toMatchObject({ status: 503, body: { code: 'orders-overloaded' }, headers: { 'retry-after': '3' } })
})

describe('an order in a flash sale', () => {
  const buy = (productId: string, body: object = {}, me = customer()) =>
    call('placeFlashSaleOrder', { principal: me, idempotencyKey: randomUUID(), params: { productId }, body })

  test('is one unit at the price of the sale, and no more than the cap in all', async () => {
    const thing = await world.variant({ units: 5 })
    const saleWindowId = await world.sale(thing, { units: 3, cap: 1, priceMinor: 777 })
    const me = customer()
    expect(await buy(thing.productId, {}, me)).toMatchObject({
      status: 201,
      body: { totalMinor: 777, lines: [{ variantId: thing.variantId, quantity: 1, saleWindowId }] },
    })
    expect(await buy(thing.productId, {}, me)).toMatchObject({
      status: 409,
      body: { code: 'cap-reached', remaining: 0 },
    })
    expect(await buy(thing.productId, { quantity: 2 })).toMatchObject({ status: 400 })
    expect(await buy(thing.productId, { quantity: 1, variantId: thing.variantId })).toMatchObject({ status: 201 })
  })

  test('is refused before the sale, saying when it begins, and where there is none', async () => {
    const [soon, never] = [await world.variant({ units: 5 }), await world.variant({ units: 5 })]
    await world.sale(soon, { units: 3, fromMs: 30_000, toMs: 60_000 })
    expect(await buy(soon.productId)).toMatchObject({
      status: 409,
      body: { code: 'sale-not-started', startsAt: new Date(world.clock.now.getTime() + 30_000).toISOString() },
      headers: { 'retry-after': '30' },
    })
    expect(await buy(never.productId)).toMatchObject({ status: 409, body: { code: 'no-sale' } })
    expect(await buy(soon.productId, { variantId: never.variantId })).toMatchObject({
      status: 409,
      body: { code: 'unknown-variant' },
    })
  })
})

describe('who sees an order', () => {
  test('its customer, staff of its shop who handle orders, and operators; for others there is no such order', async () => {
    const me = customer()
    const orderId = await orderOf(me)
    const look = async (who: RouteCall['principal'] & object) =>
      (await call('getOrder', { principal: who, params: { orderId } })).status
    for (const one of [me, staff(world.shopId, 'orders'), operator()]) expect(await look(one)).toBe(200)
    const foreigners = [customer(), staff(randomUUID(), 'orders'), staff(world.shopId, 'catalog', 'inventory')]
    for (const one of foreigners) {
      const unknown = await call('getOrder', { principal: one, params: { orderId: randomUUID() } })
      expect(unknown).toMatchObject({ status: 404, body: { code: 'order-not-found' } })
      for (const operation of ['getOrder', 'getOrderStatus', 'cancelOrder'])
        expect(await call(operation, { principal: one, params: { orderId } })).toEqual(unknown)
    }
    expect(await world.order(orderId)).toMatchObject({ status: 'placed' })
  })

  test('is told its history with the time of every state', async () => {
    const me = customer()
    const orderId = await orderOf(me)
    await call('cancelOrder', { principal: me, params: { orderId } })
    expect((await call('getOrder', { principal: me, params: { orderId } })).body).toMatchObject({
      status: 'cancelled',
      version: 2,
      history: [
        { status: 'placed', at: expect.stringMatching(/Z$/) },
        { status: 'cancelled', at: expect.stringMatching(/Z$/) },
      ],
    })
  })
})

describe('cancelling', () => {
  test('is open to the customer, to staff of the shop and to operators, and the event says which of them it was', async () => {
    const me = customer()
    for (const [who, reason] of [
      [me, 'customer'],
      [staff(world.shopId, 'orders'), 'shop'],
      [operator(), 'operator'],
    ] as const) {
      const orderId = await orderOf(me)
      expect(await call('cancelOrder', { principal: who, params: { orderId } })).toMatchObject({
        status: 200,
        body: { status: 'cancelled' },
      })
      expect((await world.told(orderId)).at(-1)).toMatchObject({ type: 'cancelled', reason })
      expect(await call('cancelOrder', { principal: me, params: { orderId } })).toMatchObject({ status: 200 })
      expect(await world.told(orderId)).toHaveLength(2)
    }
  })
})

describe('a list of orders', () => {
  type Page = { items: { id: string; status: string }[]; nextCursor: string | null }
  const walk = async (operationId: string, given: RouteCall, limit: number) => {
    const ids: string[] = []
    const sizes: number[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { ...given.query, limit, ...(cursor !== undefined && { cursor }) }
      const page = (await call(operationId, { ...given, query })).body as unknown as Page
      ids.push(...page.items.map(({ id }) => id))
      sizes.push(page.items.length)
      cursor = page.nextCursor
    }
    return { ids, sizes }
  }

  test('holds the newest first and every order once, page by page, and ends with the last', async () => {
    const me = customer()
    const placed: string[] = []
    for (let index = 0; index < 7; index += 1) placed.push(await orderOf(me))
    const newestFirst = placed.toSorted().toReversed()
    for (const [limit, sizes] of [
      [3, [3, 3, 1]],
      [7, [7]],
      [100, [7]],
      [1, Array(7).fill(1)],
    ] as const)
      expect(await walk('listMyOrders', { principal: me }, limit)).toEqual({ ids: newestFirst, sizes })
  })

  test('that was begun is not shaken by orders placed meanwhile', async () => {
    const me = customer()
    const old = [await orderOf(me), await orderOf(me)].toSorted()
    const first = (await call('listMyOrders', { principal: me, query: { limit: 1 } })).body as unknown as Page
    await orderOf(me)
    const query = { limit: 5, cursor: first.nextCursor }
    const second = (await call('listMyOrders', { principal: me, query })).body as unknown as Page
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(old.toReversed())
  })

  test('is of your own orders only, and takes no cursor that is none', async () => {
    await orderOf(customer())
    const me = customer()
    expect((await call('listMyOrders', { principal: me })).body).toEqual({ items: [], nextCursor: null })
    expect(await call('listMyOrders', { principal: me, query: { cursor: "' or 1=1" } })).toMatchObject({ status: 400 })
    for (const limit of [0, 101, -1])
      expect(await call('listMyOrders', { principal: me, query: { limit } })).toMatchObject({ status: 400 })
    expect(await call('listMyOrders', { principal: shopper() })).toMatchObject({ status: 403 })
  })

  test('of a shop is for those who handle its orders, and can be narrowed to a state', async () => {
    const me = customer()
    const [kept, cancelled] = [await orderOf(me), await orderOf(me)]
    await world.cancel(cancelled)
    const shop = { principal: staff(world.shopId, 'orders'), params: { shopId: world.shopId } }
    const all = (await walk('listShopOrders', shop, 50)).ids
    expect(all).toEqual(all.toSorted().toReversed())
    expect(all).toEqual(expect.arrayContaining([kept, cancelled]))
    const only = async (status: string) => (await walk('listShopOrders', { ...shop, query: { status } }, 2)).ids
    expect(await only('cancelled')).toContain(cancelled)
    expect(await only('cancelled')).not.toContain(kept)
    expect(new Set([...(await only('placed')), ...(await only('confirmed')), ...(await only('cancelled'))])).toEqual(
      new Set(all),
    )
    expect(await call('listShopOrders', { ...shop, principal: staff(randomUUID(), 'orders') })).toMatchObject({
      status: 404,
    })
    expect(await call('listShopOrders', { ...shop, principal: staff(world.shopId, 'catalog') })).toMatchObject({
      status: 403,
    })
    expect(await call('listShopOrders', { ...shop, principal: me })).toMatchObject({ status: 403 })
  })
})

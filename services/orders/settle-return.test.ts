import { randomUUID } from 'node:crypto'
import { callRoute, shopper, staff } from '@souk/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { PlacedOrder } from './order.ts'
import { fulfilmentWorld } from './test-fulfilment.ts'

let world: Awaited<ReturnType<typeof fulfilmentWorld>>
beforeAll(async () => {
  world = await fulfilmentWorld()
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

const refusal = (code: string) => expect.objectContaining({ code })
const dayMs = 24 * 3_600_000

async function bought(units: number, priceMinor = 1_999) {
  const variantId = await world.goods(units + 5, { priceMinor })
  const order = await world.delivered([{ variantId, quantity: units }])
  return { variantId, order, orderId: order.orderId }
}
const asShop = (returnId: string, body: object = {}) => ({
  principal: world.keeper,
  params: { shopId: world.shopId, returnId },
  body,
  idempotencyKey: randomUUID(),
})
async function approved(order: PlacedOrder, lines: { variantId: string; quantity: number }[]) {
  const { returnId } = await world.request(order, lines)
  expect(await callRoute(world.routes, 'approveReturn', asShop(returnId))).toMatchObject({ status: 200 })
  return returnId
}
const state = async (orderId: string) => (await world.returns(orderId)).map((each) => each.state)

describe('a return', () => {
  test('asked for, approved and received ends with goods on sale again, money back, and one announcement', async () => {
    const { variantId, order, orderId } = await bought(3)
    const returnId = await approved(order, [{ variantId, quantity: 2 }])
    const shelf = world.shelf.left(variantId)
    const remaining = await world.remaining(variantId)
    await world.receive(returnId, [{ variantId, disposition: 'restock' }])
    expect(await world.finishReturn(returnId)).toMatchObject({ state: 'settled', refundMinor: 3_998 })
    expect([world.shelf.left(variantId) - shelf, (await world.remaining(variantId)) - remaining]).toEqual([2, 2])
    expect(world.till.of(orderId)).toBe(3_998)
    expect(await world.order(orderId)).toMatchObject({ status: 'delivered', version: 5 })
    expect((await world.order(orderId))?.history.at(-1)?.[0]).toBe('returned')
    expect((await world.told(orderId)).at(-1)).toMatchObject({
      type: 'returned',
      version: 5,
      returnId,
      refundMinor: 3_998n,
      lines: [{ variantId, quantity: 2, restocked: true, refundMinor: 3_998n }],
    })
  })

  test('written off gives the money back and puts nothing on sale', async () => {
    const { variantId, order, orderId } = await bought(1)
    const returnId = await approved(order, [{ variantId, quantity: 1 }])
    const before = [world.shelf.left(variantId), await world.remaining(variantId)]
    await world.receive(returnId, [{ variantId, disposition: 'write-off' }])
    await world.finishReturn(returnId)
    expect([world.shelf.left(variantId), await world.remaining(variantId)]).toEqual(before)
    expect([world.shelf.writtenOff(variantId), world.till.of(orderId)]).toEqual([1, 1_999])
  })

  test('of goods that have expired meanwhile is written off, and said to be, although they were to be sold again', async () => {
    const { variantId, order, orderId } = await bought(2)
    const returnId = await approved(order, [{ variantId, quantity: 1 }])
    world.shelf.expire(variantId)
    const before = [world.shelf.left(variantId), await world.remaining(variantId)]
    await world.receive(returnId, [{ variantId, disposition: 'restock' }])
    expect(await world.finishReturn(returnId)).toMatchObject({ state: 'settled', lines: [{ restock: false }] })
    expect([world.shelf.left(variantId), await world.remaining(variantId)]).toEqual(before)
    expect((await world.told(orderId)).at(-1)).toMatchObject({
      type: 'returned',
      lines: [{ variantId, quantity: 1, restocked: false, refundMinor: 1_999n }],
    })
  })

  test('of what was bought in a sale gives back what was paid and goes on ordinary sale; the cap stays used', async () => {
    const thing = await world.variant({ units: 10 })
    const { variantId } = thing
    world.shelf.put(variantId, 10)
    const saleWindowId = await world.sale(thing, { units: 5, cap: 1, priceMinor: 777 })
    const order = await world.delivered(variantId)
    const [left, ordinary] = [await world.remaining(saleWindowId), await world.remaining(variantId)]
    const returnId = await approved(order, [{ variantId, quantity: 1 }])
    await world.receive(returnId, [{ variantId, disposition: 'restock' }])
    await world.finishReturn(returnId)
    expect(world.till.of(order.orderId)).toBe(777)
    expect([await world.remaining(saleWindowId), await world.remaining(variantId)]).toEqual([left, ordinary + 1])
    await expect(world.placed(variantId, { customerId: order.customerId })).rejects.toEqual(refusal('cap-reached'))
  })

  test('of what cost nothing asks payments for nothing: to them that would mean everything', async () => {
    const { variantId, order } = await bought(2, 0)
    const returnId = await approved(order, [{ variantId, quantity: 1 }])
    await world.receive(returnId, [{ variantId, disposition: 'restock' }])
    expect(await world.finishReturn(returnId)).toMatchObject({ state: 'settled', refundMinor: 0 })
  })

  test('refused, also when it was approved and never came, frees its units for another', async () => {
    const { variantId, order } = await bought(1)
    for (const wasApproved of [false, true]) {
      const { returnId } = await world.request(order, [{ variantId, quantity: 1 }])
      await expect(world.request(order, [{ variantId, quantity: 1 }])).rejects.toEqual(refusal('more-than-left'))
      if (wasApproved) await callRoute(world.routes, 'approveReturn', asShop(returnId))
      expect(await callRoute(world.routes, 'refuseReturn', asShop(returnId, { answer: 'worn' }))).toMatchObject({
        status: 200,
        body: { state: 'refused', answer: 'worn' },
      })
    }
    await world.request(order, [{ variantId, quantity: 1 }])
  })

  test('can be asked for 30 days, by nobody but the customer, and not before anything was delivered', async () => {
    const { variantId, order } = await bought(1)
    const lines = [{ variantId, quantity: 1 }]
    await expect(world.request(order, lines, { customerId: randomUUID() })).rejects.toEqual(refusal('order-not-found'))
    const { now } = world.clock
    world.clock.now = new Date(now.getTime() + 31 * dayMs)
    await expect(world.request(order, lines)).rejects.toEqual(refusal('return-too-late'))
    world.clock.now = now
    const waiting = await world.confirmed(await world.goods(1))
    await expect(world.request(waiting, lines)).rejects.toEqual(refusal('nothing-delivered'))
  })
})

describe('racing returns', () => {
  test('of one order never claim a unit twice', async () => {
    const { variantId, order, orderId } = await bought(5)
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, () => world.request(order, [{ variantId, quantity: 1 }])),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    expect(await world.returns(orderId)).toHaveLength(5)
  })

  test('received at the same time give back, together, to the last minor unit, what was paid', async () => {
    const [a, b] = [await world.goods(9, { priceMinor: 333 }), await world.goods(9, { priceMinor: 1 })]
    const order = await world.delivered([
      { variantId: a, quantity: 3 },
      { variantId: b, quantity: 2 },
    ])
    const ids: string[] = []
    for (const variantId of [a, a, a, b, b]) ids.push(await approved(order, [{ variantId, quantity: 1 }]))
    const variantOf = (index: number) => (index < 3 ? a : b)
    await Promise.all(
      ids.map(async (returnId, index) => {
        await world.receive(returnId, [{ variantId: variantOf(index), disposition: 'restock' }])
        await Promise.all([world.finishReturn(returnId), world.finishReturn(returnId)])
      }),
    )
    expect(world.till.of(order.orderId)).toBe(order.totalMinor)
    expect((await world.told(order.orderId)).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('received twice, or answered yes and no at once, go one way', async () => {
    const { variantId, order, orderId } = await bought(2)
    const { returnId } = await world.request(order, [{ variantId, quantity: 1 }])
    await Promise.all(['approveReturn', 'refuseReturn'].map((name) => callRoute(world.routes, name, asShop(returnId))))
    const other = await approved(order, [{ variantId, quantity: 1 }])
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => world.receive(other, [{ variantId, disposition: 'restock' }])),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await world.finishReturn(other)
    expect(await state(orderId)).toContain('settled')
    expect(world.till.of(orderId)).toBe(1_999)
  })
})

describe('a return that was cut off', () => {
  test.each([
    ['takeBack', 'before'],
    ['takeBack', 'after'],
    ['giveBack', 'before'],
    ['giveBack', 'after'],
  ] as const)('at %s, %s it acted, is taken to its end, once', async (call, how) => {
    const { variantId, order, orderId } = await bought(2)
    const returnId = await approved(order, [{ variantId, quantity: 2 }])
    const shelf = world.shelf.left(variantId)
    world.breaks[call].push(how)
    const receiving = asShop(returnId, { lines: [{ variantId, disposition: 'restock' }] })
    expect(await callRoute(world.routes, 'receiveReturn', receiving)).toMatchObject({ status: 202 })
    expect(await state(orderId)).toEqual([call === 'takeBack' ? 'receiving' : 'received'])
    expect(await world.audit()).toEqual([])
    await world.later(5_000)
    expect(await state(orderId)).not.toEqual(['settled'])
    await world.later()
    await world.later(200_000)
    expect(await state(orderId)).toEqual(['settled'])
    expect([world.shelf.left(variantId) - shelf, world.till.of(orderId)]).toEqual([2, 3_998])
    expect((await world.told(orderId)).filter(({ type }) => type === 'returned')).toHaveLength(1)
    expect(await callRoute(world.routes, 'receiveReturn', receiving)).toMatchObject({
      status: 200,
      body: { state: 'settled', refundMinor: 3_998 },
    })
  })
})

describe('over the API', () => {
  test('customer and shop see the same return; others see none', async () => {
    const { variantId, order, orderId } = await bought(1)
    const customer = shopper({ accountId: order.customerId })
    const body = { lines: [{ variantId, quantity: 1 }], reason: 'damaged', note: 'a crack' }
    const asked = await callRoute(world.routes, 'requestReturn', { principal: customer, params: { orderId }, body })
    expect(asked).toMatchObject({ status: 201, body: { state: 'requested', note: 'a crack', refundMinor: null } })
    const { id: returnId } = asked.body as { id: string }
    const look = (principal: typeof customer) =>
      callRoute(world.routes, 'getReturn', { principal, params: { returnId } })
    expect((await look(customer)).body).toEqual(asked.body)
    expect((await look(world.keeper)).body).toEqual(asked.body)
    expect((await look(shopper())).status).toBe(404)
    expect((await look(staff(randomUUID(), 'orders'))).status).toBe(404)
    const { body: ofOrder } = await callRoute(world.routes, 'listReturns', { principal: customer, params: { orderId } })
    expect(ofOrder).toEqual({ items: [asked.body] })
    const foreign = staff(randomUUID(), 'orders')
    for (const name of ['approveReturn', 'refuseReturn', 'receiveReturn']) {
      const lines = name === 'receiveReturn' ? { lines: [{ variantId, disposition: 'restock' }] } : {}
      const call = { ...asShop(returnId, lines), principal: foreign }
      expect((await callRoute(world.routes, name, call)).status).toBe(404)
      const [shopId] = foreign.duties.keys()
      expect((await callRoute(world.routes, name, { ...call, params: { shopId, returnId } })).status).toBe(404)
    }
  })

  test("a shop's returns come newest first, a page at a time, all or those in one state", async () => {
    const { variantId, order } = await bought(5)
    const made: string[] = []
    for (let turn = 0; turn < 5; turn += 1) {
      world.clock.now = new Date(world.clock.now.getTime() + 1)
      made.unshift((await world.request(order, [{ variantId, quantity: 1 }])).returnId)
    }
    await callRoute(world.routes, 'refuseReturn', asShop(made[3] ?? ''))
    const list = async (query: object) =>
      (
        await callRoute(world.routes, 'listShopReturns', {
          principal: world.keeper,
          params: { shopId: world.shopId },
          query: { ...query },
        })
      ).body as { items: { id: string }[]; nextCursor: string | null }
    const first = await list({ limit: 3 })
    expect(first.items.map(({ id }) => id)).toEqual(made.slice(0, 3))
    const second = await list({ limit: 2, cursor: first.nextCursor })
    expect(second.items.map(({ id }) => id)).toEqual(made.slice(3))
    const refused = await list({ state: 'refused', limit: 1 })
    expect(refused.items.map(({ id }) => id)).toEqual([made[3]])
  })
})

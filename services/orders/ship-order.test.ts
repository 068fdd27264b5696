import { randomUUID } from 'node:crypto'
import { DomainError } from '@souk/errors'
import { callRoute, shopper, staff } from '@souk/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { listAllotments } from './allotments.sql.ts'
import { finishShipment } from './ship-order.ts'
import { fulfilmentWorld } from './test-fulfilment.ts'

let world: Awaited<ReturnType<typeof fulfilmentWorld>>
beforeAll(async () => {
  world = await fulfilmentWorld()
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

const codeOf = (result: PromiseSettledResult<unknown>) =>
  result.status === 'fulfilled' ? 'done' : result.reason instanceof DomainError ? result.reason.code : result.reason
const refusal = (code: string, extra: object = {}) =>
  expect.objectContaining({ code, extra: expect.objectContaining(extra) })
const granted = async (allotmentId: string) => {
  const [row] = await world.database.query<{ granted: string; remaining: string }>(
    'select granted, remaining from orders.allotments where allotment_id = $1',
    [allotmentId],
  )
  return [Number(row?.granted), Number(row?.remaining)]
}

describe('shipping an order', () => {
  test('takes all of it from shelf and promise, and says so once', async () => {
    const variantId = await world.goods(10)
    const order = await world.confirmed([{ variantId, quantity: 3 }])
    expect(await world.ship(order.orderId)).toMatchObject({ state: 'issued', lines: [{ variantId, quantity: 3 }] })
    expect(await world.order(order.orderId)).toMatchObject({ status: 'shipped', version: 3 })
    expect([world.shelf.left(variantId), ...(await granted(variantId))]).toEqual([7, 7, 7])
    const told = await world.told(order.orderId)
    expect(told.map(({ type, version }) => [type, version])).toEqual([
      ['placed', 1],
      ['confirmed', 2],
      ['shipped', 3],
    ])
    expect(told[2]).toMatchObject({
      complete: true,
      carrier: 'DHL',
      trackingNumber: '42',
      lines: [{ variantId, quantity: 3, saleWindowId: '' }],
    })
  })

  test('in parts ends with the last of them', async () => {
    const [a, b] = [await world.goods(5), await world.goods(5)]
    const { orderId } = await world.confirmed([
      { variantId: a, quantity: 2 },
      { variantId: b, quantity: 3 },
    ])
    await world.ship(orderId, { lines: [{ variantId: b, quantity: 2 }] })
    expect(await world.order(orderId)).toMatchObject({ status: 'partly-shipped', version: 3 })
    await world.ship(orderId, { lines: [{ variantId: b, quantity: 1 }] })
    expect(await world.order(orderId)).toMatchObject({ status: 'partly-shipped', version: 4 })
    await world.ship(orderId)
    expect(await world.order(orderId)).toMatchObject({ status: 'shipped', version: 5 })
    const parts = (await world.shipments(orderId)).map(({ lines }) => lines.map(({ quantity }) => quantity).join())
    expect(parts.toSorted()).toEqual(['1', '2', '2'])
    const shipped = (await world.told(orderId)).filter(({ type }) => type === 'shipped')
    expect(shipped.map((event) => 'complete' in event && event.complete)).toEqual([false, false, true])
  })

  test('of a sale takes from what the sale was granted; what its customer had of it stays taken', async () => {
    const thing = await world.variant({ units: 20 })
    world.shelf.put(thing.variantId, 20)
    const saleWindowId = await world.sale(thing, { units: 10, cap: 2 })
    const order = await world.confirmed([{ variantId: thing.variantId, quantity: 2 }])
    await world.ship(order.orderId)
    expect(await granted(saleWindowId)).toEqual([8, 8])
    expect(await granted(thing.variantId)).toEqual([10, 10])
    await expect(
      world.placed([{ variantId: thing.variantId, quantity: 1 }], { customerId: order.customerId }),
    ).rejects.toMatchObject({ code: 'cap-reached' })
  })

  test.each([
    ['placed', async () => (await world.placed(await world.goods(1))).orderId],
    [
      'cancelled',
      async () => {
        const { orderId } = await world.placed(await world.goods(1))
        await world.cancel(orderId)
        return orderId
      },
    ],
  ])('that is %s is refused', async (_, make) => {
    await expect(world.ship(await make())).rejects.toEqual(refusal('illegal-transition'))
  })

  test('never contains more than was ordered, nor what was not', async () => {
    const [a, b] = [await world.goods(9), await world.goods(9)]
    const { orderId } = await world.confirmed([{ variantId: a, quantity: 3 }])
    await world.ship(orderId, { lines: [{ variantId: a, quantity: 1 }] })
    const asking = (variantId: string, quantity: number) => world.ship(orderId, { lines: [{ variantId, quantity }] })
    await expect(asking(a, 3)).rejects.toEqual(refusal('more-than-left', { variantId: a, remaining: 2 }))
    await expect(asking(b, 1)).rejects.toEqual(refusal('order-line-not-found', { variantId: b }))
    await expect(
      world.ship(orderId, {
        lines: [
          { variantId: a, quantity: 1 },
          { variantId: a, quantity: 2 },
        ],
      }),
    ).rejects.toEqual(refusal('more-than-left'))
    await asking(a, 2)
    await expect(world.ship(orderId)).rejects.toEqual(refusal('illegal-transition', { from: 'shipped' }))
  })

  test('of another shop is shipping what is not there', async () => {
    const { orderId } = await world.confirmed(await world.goods(1))
    await expect(world.ship(orderId, { shopId: randomUUID() })).rejects.toEqual(refusal('order-not-found'))
    expect(world.shelf.left((await world.order(orderId))?.lines[0]?.variantId ?? '')).toBe(1)
  })

  test('whose goods are not on the shelf is refused; the order waits and can be shipped or cancelled later', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const [one, two] = [await world.confirmed(variantId), await world.confirmed(variantId)]
    expect(await world.ship(one.orderId)).toMatchObject({ state: 'refused', refusal: { variantId, reason: 'short' } })
    expect(await world.ship(two.orderId)).toMatchObject({ state: 'refused' })
    expect(await world.order(one.orderId)).toMatchObject({ status: 'confirmed', version: 2 })
    world.shelf.put(variantId, 5)
    expect(await world.ship(one.orderId)).toMatchObject({ state: 'issued' })
    expect(await world.cancel(two.orderId)).toMatchObject({ status: 'cancelled' })
  })
})

describe('many who ship one order at once', () => {
  test('ship it once when each means all of it', async () => {
    const variantId = await world.goods(50)
    const { orderId } = await world.confirmed([{ variantId, quantity: 20 }])
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => world.ship(orderId)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const code of results.map(codeOf)) expect(['done', 'nothing-to-ship', 'illegal-transition']).toContain(code)
    expect(world.shelf.issued(variantId)).toBe(20)
  })

  test('ship each unit once when each means one', async () => {
    const variantId = await world.goods(50)
    const { orderId } = await world.confirmed([{ variantId, quantity: 12 }])
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => world.ship(orderId, { lines: [{ variantId, quantity: 1 }] })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(12)
    expect(world.shelf.issued(variantId)).toBe(12)
    expect(await world.order(orderId)).toMatchObject({ status: 'shipped', version: 14 })
    expect((await world.told(orderId)).map(({ version }) => version)).toEqual(
      Array.from({ length: 14 }, (_, n) => n + 1),
    )
  })

  test('and those who finish one shipment at once do it once', async () => {
    const variantId = await world.goods(9)
    const { orderId } = await world.confirmed([{ variantId, quantity: 2 }])
    const { shipmentId } = await world.record(orderId)
    await Promise.all(Array.from({ length: 10 }, () => finishShipment(world.deps, shipmentId)))
    expect([world.shelf.issued(variantId), ...(await granted(variantId))]).toEqual([2, 7, 7])
    expect(await world.order(orderId)).toMatchObject({ version: 3 })
  })
})

describe('cancelling and shipping in the same instant', () => {
  test('is decided by who comes first: shipped or cancelled, never both', async () => {
    const variantId = await world.goods(100)
    for (let turn = 0; turn < 20; turn += 1) {
      const { orderId } = await world.confirmed([{ variantId, quantity: 2 }])
      const before = world.shelf.issued(variantId)
      const both =
        turn % 2 === 0 ? [world.ship(orderId), world.cancel(orderId)] : [world.cancel(orderId), world.ship(orderId)]
      const results = await Promise.allSettled<unknown>(both)
      const order = await world.order(orderId)
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(world.shelf.issued(variantId) - before).toBe(order?.status === 'shipped' ? 2 : 0)
    }
  })

  test('is refused while the goods are being handed over', async () => {
    const { orderId } = await world.confirmed(await world.goods(1))
    world.breaks.issue.push('after')
    await expect(world.ship(orderId)).rejects.toThrow()
    await expect(world.cancel(orderId)).rejects.toEqual(refusal('shipment-under-way'))
    await world.later()
    expect(await world.order(orderId)).toMatchObject({ status: 'shipped' })
    await expect(world.cancel(orderId)).rejects.toEqual(refusal('illegal-transition'))
  })
})

describe('a shipment that was cut off', () => {
  test.each(['before', 'after'] as const)('%s inventory acted is taken to its end, once', async (how) => {
    const variantId = await world.goods(10)
    const { orderId } = await world.confirmed([{ variantId, quantity: 4 }])
    world.breaks.issue.push(how)
    await expect(world.ship(orderId)).rejects.toThrow()
    expect(await world.order(orderId)).toMatchObject({ status: 'confirmed' })
    expect(await world.audit()).toEqual([])
    await world.later(5_000)
    expect(await world.order(orderId), 'too early: its request may still be under way').toMatchObject({
      status: 'confirmed',
    })
    const issued = world.counted('shipment', 'issued')
    await world.later()
    await world.later()
    expect(await world.order(orderId)).toMatchObject({ status: 'shipped', version: 3 })
    expect([world.shelf.issued(variantId), world.counted('shipment', 'issued') - issued]).toEqual([4, 1])
  })

  test('stands in nobody else’s way', async () => {
    const variantId = await world.goods(10)
    const [one, two] = [await world.confirmed(variantId), await world.confirmed(variantId)]
    await world.record(one.orderId)
    await world.record(two.orderId)
    world.breaks.issue.push('before')
    await world.later()
    const states = [(await world.order(one.orderId))?.status, (await world.order(two.orderId))?.status]
    expect(states.toSorted()).toEqual(['confirmed', 'shipped'])
    expect(world.counted('shipment', 'waiting')).toBe(1)
    await world.later(200_000)
    expect(world.shelf.issued(variantId)).toBe(2)
  })
})

describe('over the API', () => {
  const call = (orderId: string, more: object = {}) => ({
    principal: world.keeper,
    params: { shopId: world.shopId, orderId },
    body: {},
    idempotencyKey: randomUUID(),
    ...more,
  })

  test('a repeat with the same key gets the same shipment and ships nothing more', async () => {
    const variantId = await world.goods(9)
    const { orderId } = await world.confirmed([{ variantId, quantity: 4 }])
    const once = call(orderId, { body: { lines: [{ variantId, quantity: 2 }], carrier: 'UPS' } })
    const first = await callRoute(world.routes, 'shipOrder', once)
    expect(first).toMatchObject({ status: 201, body: { state: 'issued', carrier: 'UPS' } })
    expect(await callRoute(world.routes, 'shipOrder', once)).toMatchObject({ status: 201, body: first.body })
    expect(world.shelf.issued(variantId)).toBe(2)
  })

  test('an inventory that does not answer makes it 202, and the repeat tells how it went on', async () => {
    const variantId = await world.goods(3)
    const { orderId } = await world.confirmed(variantId)
    const beingIssued = async () => (await listAllotments(world.db.autocommit, [variantId]))[0]?.issuing
    world.breaks.issue.push('after')
    const once = call(orderId)
    expect(await callRoute(world.routes, 'shipOrder', once)).toMatchObject({ status: 202, body: { state: 'issuing' } })
    expect(await beingIssued()).toBe(1)
    await world.later()
    expect(await callRoute(world.routes, 'shipOrder', once)).toMatchObject({ status: 201, body: { state: 'issued' } })
    expect(await beingIssued()).toBe(0)
  })

  test('goods that are not there are named, and named again to a repeat', async () => {
    const { variantId } = await world.variant({ units: 1 })
    const { orderId } = await world.confirmed(variantId)
    const once = call(orderId)
    for (const _ of [1, 2])
      expect(await callRoute(world.routes, 'shipOrder', once)).toMatchObject({
        status: 409,
        body: { code: 'goods-missing', variantId, reason: 'short' },
      })
  })

  test('strangers find no order to ship, to deliver or to look into', async () => {
    const order = await world.confirmed(await world.goods(1))
    const other = staff(randomUUID(), 'orders')
    const found = async (name: string, principal: typeof other, params: object, body?: object) =>
      (await callRoute(world.routes, name, { principal, params: { ...params }, ...(body && { body }) })).status
    const { orderId, customerId } = order
    const params = { shopId: world.shopId, orderId }
    expect(await found('shipOrder', other, params, {})).toBe(404)
    expect(await found('recordDelivery', other, params, {})).toBe(404)
    expect(await found('listOrdersToShip', other, { shopId: world.shopId })).toBe(404)
    expect(await found('listShipments', shopper(), { orderId })).toBe(404)
    expect(await found('listShipments', shopper({ accountId: customerId }), { orderId })).toBe(200)
  })

  test('a customer sees where the parcel is', async () => {
    const order = await world.confirmed(await world.goods(1))
    await world.ship(order.orderId)
    const principal = shopper({ accountId: order.customerId })
    const { body } = await callRoute(world.routes, 'listShipments', { principal, params: { orderId: order.orderId } })
    expect(body).toMatchObject({ items: [{ state: 'issued', trackingUrl: 'https://dhl.example/42' }] })
  })

  test('a tracking address that is none of the web is refused', async () => {
    const { orderId } = await world.confirmed(await world.goods(1))
    const body = { trackingUrl: 'javascript:alert(1)' }
    expect(await callRoute(world.routes, 'shipOrder', call(orderId, { body }))).toMatchObject({ status: 400 })
    await world.ship(orderId)
  })
})

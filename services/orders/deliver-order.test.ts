import { randomUUID } from 'node:crypto'
import { callRoute } from '@souk/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fulfilmentWorld } from './test-fulfilment.ts'

let world: Awaited<ReturnType<typeof fulfilmentWorld>>
beforeAll(async () => {
  world = await fulfilmentWorld()
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

const refusal = (code: string) => expect.objectContaining({ code })
const inTwoParts = async () => {
  const variantId = await world.goods(10)
  const order = await world.confirmed([{ variantId, quantity: 3 }])
  const { orderId } = order
  const first = await world.ship(orderId, { lines: [{ variantId, quantity: 2 }] })
  return { order, orderId, variantId, first }
}
const typesOf = async (orderId: string) => (await world.told(orderId)).map(({ type }) => type)

describe('an order is delivered', () => {
  test('when what was shipped arrived, and that is told once, however often it is said', async () => {
    const { orderId, totalMinor } = await world.confirmed([{ variantId: await world.goods(2), quantity: 2 }])
    await world.ship(orderId)
    expect((await world.deliver(orderId)).order).toMatchObject({ status: 'delivered', version: 4 })
    expect((await world.deliver(orderId)).order).toMatchObject({ status: 'delivered', version: 4 })
    expect(await typesOf(orderId)).toEqual(['placed', 'confirmed', 'shipped', 'delivered'])
    expect((await world.told(orderId)).at(-1)).toMatchObject({
      totalMinor: BigInt(totalMinor),
      currencyCode: 'EUR',
      paymentMethod: 'cash-on-delivery',
      dueMinor: BigInt(totalMinor),
      productIds: [expect.any(String)],
    })
  })

  test('only when its last part arrived', async () => {
    const { orderId, first } = await inTwoParts()
    expect((await world.deliver(orderId, { shipmentId: first.shipmentId })).order.status).toBe('partly-shipped')
    const second = await world.ship(orderId)
    expect(await world.order(orderId)).toMatchObject({ status: 'shipped' })
    await world.deliver(orderId, { shipmentId: second.shipmentId })
    expect(await world.order(orderId)).toMatchObject({ status: 'delivered' })
    expect(await typesOf(orderId)).toEqual(['placed', 'confirmed', 'shipped', 'shipped', 'delivered'])
  })

  test('in whatever order its parts arrive', async () => {
    const { orderId, first } = await inTwoParts()
    const second = await world.ship(orderId)
    await world.deliver(orderId, { shipmentId: second.shipmentId })
    expect(await world.order(orderId)).toMatchObject({ status: 'shipped' })
    await world.deliver(orderId, { shipmentId: first.shipmentId })
    expect(await world.order(orderId)).toMatchObject({ status: 'delivered' })
  })

  test('once, when all its parts are said to have arrived at the same time', async () => {
    const { orderId, first } = await inTwoParts()
    const second = await world.ship(orderId)
    const saying = [first, second, first, second].map(({ shipmentId }) => world.deliver(orderId, { shipmentId }))
    await Promise.all([...saying, world.deliver(orderId)])
    expect((await typesOf(orderId)).filter((type) => type === 'delivered')).toHaveLength(1)
  })

  test('not before it was shipped, not by another shop, not by a shipment that is none of its own', async () => {
    const { orderId } = await world.confirmed(await world.goods(1))
    await expect(world.deliver(orderId)).rejects.toEqual(refusal('illegal-transition'))
    await world.ship(orderId)
    await expect(world.deliver(orderId, { shopId: randomUUID() })).rejects.toEqual(refusal('order-not-found'))
    await expect(world.deliver(orderId, { shipmentId: randomUUID() })).rejects.toEqual(refusal('shipment-not-found'))
    expect(await world.order(orderId)).toMatchObject({ status: 'shipped' })
  })
})

describe('what is refused at the door', () => {
  test('comes back as a return of the shop; of what was to be paid there nothing is given back, and payments is told', async () => {
    const variantId = await world.goods(5)
    const { orderId, totalMinor } = await world.confirmed([{ variantId, quantity: 2 }])
    const shipment = await world.ship(orderId)
    await world.deliver(orderId, { outcome: 'failed' })
    expect(await world.order(orderId)).toMatchObject({ status: 'shipped' })
    const [coming] = await world.returns(orderId)
    expect(coming).toMatchObject({ origin: 'undelivered', state: 'approved', shipmentId: shipment.shipmentId })
    await world.receive(coming?.returnId ?? '', [{ variantId, disposition: 'restock' }])
    await world.finishReturn(coming?.returnId ?? '')
    expect([world.shelf.left(variantId), await world.remaining(variantId)]).toEqual([5, 5])
    expect([world.till.of(orderId), world.till.isOver(orderId)]).toEqual([totalMinor, true])
    expect((await world.told(orderId)).at(-1)).toMatchObject({
      type: 'returned',
      refundMinor: 0n,
      reason: 'undelivered',
    })
  })

  test('leaves an order delivered when another part of it arrived, of which alone the money is due', async () => {
    const { orderId, first, variantId } = await inTwoParts()
    await world.ship(orderId)
    await world.deliver(orderId, { shipmentId: first.shipmentId, outcome: 'failed' })
    expect((await world.deliver(orderId)).order).toMatchObject({ status: 'delivered' })
    expect((await world.told(orderId)).at(-1)).toMatchObject({ dueMinor: 1_999n, totalMinor: 3n * 1_999n })
    const [coming, ...more] = await world.returns(orderId)
    expect(more).toEqual([])
    await world.receive(coming?.returnId ?? '', [{ variantId, disposition: 'restock' }])
    await world.finishReturn(coming?.returnId ?? '')
    // Nobody paid for those two units, so nobody gets anything for them.
    expect([world.till.of(orderId), world.till.isOver(orderId)]).toEqual([0, false])
    expect((await world.told(orderId)).at(-1)).toMatchObject({ type: 'returned', refundMinor: 0n })
  })

  test('and lost on its way back is settled all the same, with nothing on the shelf', async () => {
    const variantId = await world.goods(5)
    const { orderId, totalMinor } = await world.confirmed([{ variantId, quantity: 2 }])
    await world.ship(orderId)
    await world.deliver(orderId, { outcome: 'failed' })
    const returnId = (await world.returns(orderId))[0]?.returnId ?? ''
    await world.receive(returnId, [{ variantId, disposition: 'write-off', quantity: 0 }])
    expect(await world.finishReturn(returnId)).toMatchObject({ state: 'settled', refundMinor: totalMinor })
    expect([world.shelf.left(variantId), world.till.of(orderId)]).toEqual([3, totalMinor])
  })

  test('is not the shop’s to be refused: the customer never had it', async () => {
    const { orderId } = await world.confirmed(await world.goods(1))
    await world.ship(orderId)
    await world.deliver(orderId, { outcome: 'failed' })
    const returnId = (await world.returns(orderId))[0]?.returnId ?? ''
    expect(
      await callRoute(world.routes, 'refuseReturn', {
        principal: world.keeper,
        params: { shopId: world.shopId, returnId },
        body: { answer: 'no' },
      }),
    ).toMatchObject({ status: 409, body: { code: 'illegal-return-transition' } })
  })

  test('said twice comes back once', async () => {
    const { orderId } = await world.confirmed(await world.goods(1))
    await world.ship(orderId)
    await Promise.all([1, 2, 3].map(() => world.deliver(orderId, { outcome: 'failed' })))
    expect(await world.returns(orderId)).toHaveLength(1)
  })
})

test('over the API the answer shows the order with its shipments', async () => {
  const { orderId, first } = await inTwoParts()
  expect(
    await callRoute(world.routes, 'recordDelivery', {
      principal: world.keeper,
      params: { shopId: world.shopId, orderId },
      body: { shipmentId: first.shipmentId },
    }),
  ).toMatchObject({ status: 200, body: { status: 'partly-shipped', shipments: [{ state: 'delivered' }] } })
})

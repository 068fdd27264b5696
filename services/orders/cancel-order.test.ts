import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { isPath } from './order.ts'
import { placeOrders } from './place-orders.ts'
import { endSale } from './plan-sale.ts'
import { answers, ask, ordersWorld } from './test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

const end = (saleWindowId: string) => world.db.transaction((tx) => endSale(tx, saleWindowId, world.clock.now))
const left = (...ids: string[]) => Promise.all(ids.map((id) => world.remaining(id)))

describe('cancelling an order', () => {
  test('gives back every unit it held, before and after it was confirmed', async () => {
    const [a, b] = [await world.variant({ units: 10 }), await world.variant({ units: 10 })]
    const lines = [
      { variantId: a.variantId, quantity: 3 },
      { variantId: b.variantId, quantity: 4 },
    ]
    const [early, late] = [await world.placed(lines), await world.placed(lines)]
    await world.confirm(late)
    expect(await left(a.variantId, b.variantId)).toEqual([4, 2])
    expect(await world.cancel(early.orderId)).toMatchObject({ status: 'cancelled', version: 2 })
    expect(await world.cancel(late.orderId)).toMatchObject({ status: 'cancelled', version: 3 })
    expect(await left(a.variantId, b.variantId)).toEqual([10, 10])
  })

  test('twice, or fifty times at once, gives its units back once and is announced once', async () => {
    const { variantId } = await world.variant({ units: 10 })
    const { orderId } = await world.placed([{ variantId, quantity: 4 }])
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.cancel(orderId)))
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'cancelled', version: 2 })
    expect(await world.remaining(variantId)).toBe(10)
    expect((await world.told(orderId)).map(({ type, version }) => `${type} ${version}`)).toEqual([
      'placed 1',
      'cancelled 2',
    ])
  })

  test('tells who did it, under the request that asked for it', async () => {
    const { variantId } = await world.variant()
    const order = await world.placed(variantId)
    await world.cancel(order.orderId, { byOf: () => 'shop', correlationId: 'from-the-back-office' })
    expect((await world.told(order.orderId)).at(-1)).toMatchObject({
      type: 'cancelled',
      reason: 'shop',
      correlationId: 'from-the-back-office',
    })
  })

  test('of somebody else is refused as if there were no such order, and changes nothing', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const { orderId } = await world.placed(variantId)
    const foreign = await world.cancel(orderId, { mayCancel: () => false }).catch((error: unknown) => error)
    const unknown = await world.cancel(randomUUID()).catch((error: unknown) => error)
    expect(foreign).toMatchObject({ code: 'order-not-found' })
    expect(foreign).toEqual(unknown)
    expect(await world.order(orderId)).toMatchObject({ status: 'placed', version: 1 })
    expect(await world.remaining(variantId)).toBe(4)
  })

  test('that fails half-way leaves the order, its units and the outbox as they were', async () => {
    const { variantId } = await world.variant({ units: 5 })
    const { orderId } = await world.placed(variantId)
    const byOf = () => {
      throw new Error('died before announcing')
    }
    await expect(world.cancel(orderId, { byOf })).rejects.toThrow('died before announcing')
    expect(await world.order(orderId)).toMatchObject({ status: 'placed', version: 1 })
    expect(await world.remaining(variantId)).toBe(4)
    expect(await world.told(orderId)).toHaveLength(1)
  })
})

describe('cancelling what was bought in a sale', () => {
  test('while it runs gives the unit back to the sale, and the customer may buy again', async () => {
    const thing = await world.variant({ units: 5 })
    const saleWindowId = await world.sale(thing, { units: 3, cap: 1 })
    const customerId = randomUUID()
    const buy = async () => answers(await placeOrders(world.deps(), [ask(thing.variantId, { customerId })]))
    const { orderId } = await world.placed(thing.variantId, { customerId })
    expect(await buy()).toEqual(['cap-reached'])
    await world.cancel(orderId)
    expect(await left(saleWindowId, thing.variantId)).toEqual([3, 2])
    expect(await buy()).toEqual(['placed'])
    expect(await buy()).toEqual(['cap-reached'])
  })

  test('after it ended puts the unit on ordinary sale: none is stranded in a sale that is over', async () => {
    const thing = await world.variant({ units: 5 })
    const saleWindowId = await world.sale(thing, { units: 3 })
    const { orderId } = await world.placed([{ variantId: thing.variantId, quantity: 2 }])
    await end(saleWindowId)
    expect(await left(saleWindowId, thing.variantId)).toEqual([0, 3])
    await world.cancel(orderId)
    expect(await left(saleWindowId, thing.variantId)).toEqual([0, 5])
  })

  test('at the moment it ends strands no unit either, whichever comes first', async () => {
    for (let round = 0; round < 30; round += 1) {
      const thing = await world.variant({ units: 4 })
      const saleWindowId = await world.sale(thing, { units: 4 })
      const { orderId } = await world.placed([{ variantId: thing.variantId, quantity: 2 }])
      const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
      await Promise.all([pause().then(() => world.cancel(orderId)), pause().then(() => end(saleWindowId))])
      expect(await left(saleWindowId, thing.variantId)).toEqual([0, 4])
    }
  })
})

test('orders cancelled while they are confirmed end cancelled, by one of the two legal ways, and free their units', async () => {
  const { variantId } = await world.variant({ units: 120 })
  const orders = await Promise.all(Array.from({ length: 40 }, () => world.placed([{ variantId, quantity: 3 }])))
  const batches = Array.from({ length: 8 }, (_, index) => orders.slice(index * 5, index * 5 + 5))
  await Promise.all([
    ...batches.map((batch) => world.confirm(...batch)),
    ...orders.toReversed().map(({ orderId }) => world.cancel(orderId)),
  ])
  expect(await world.remaining(variantId)).toBe(120)
  const events = Map.groupBy(await world.told(), ({ orderId }) => orderId)
  for (const { orderId } of orders) {
    const order = await world.order(orderId)
    expect(order?.status).toBe('cancelled')
    expect(isPath(order?.history ?? [])).toBe(true)
    expect(events.get(orderId)?.map(({ type }) => type)).toEqual(order?.history.map(([status]) => status))
    expect(events.get(orderId)?.map(({ version }) => version)).toEqual(order?.history.map((_, index) => index + 1))
  }
})

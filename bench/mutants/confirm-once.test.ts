import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ordersWorld } from '../../services/orders/test-orders.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())
afterEach(async () => expect(await world.audit()).toEqual([]))

const typesOf = async (orderId: string) => (await world.told(orderId)).map(({ type }) => type)

test('an order whose event comes twice is confirmed once and told of once', async () => {
  const order = await world.placed((await world.variant()).variantId)
  await world.confirm(order)
  await world.confirm(order)
  expect(await world.order(order.orderId)).toMatchObject({ status: 'confirmed', version: 2 })
  expect(await typesOf(order.orderId)).toEqual(['placed', 'confirmed'])
})

test('an order that was cancelled before its event came stays cancelled', async () => {
  const order = await world.placed((await world.variant()).variantId)
  await world.cancel(order.orderId)
  await world.confirm(order)
  expect(await world.order(order.orderId)).toMatchObject({ status: 'cancelled', version: 2 })
  expect(await typesOf(order.orderId)).toEqual(['placed', 'cancelled'])
})

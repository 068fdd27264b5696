import { callRoute } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fulfilmentEntries } from './fulfilment-story.ts'
import type { PlacedOrder } from './order.ts'
import { fulfilmentWorld } from './test-fulfilment.ts'

let world: Awaited<ReturnType<typeof fulfilmentWorld>>
beforeAll(async () => {
  world = await fulfilmentWorld()
})
afterAll(() => world.database.close())

async function told(order: PlacedOrder, inside: boolean): Promise<string[]> {
  const [shipments, returns] = [await world.shipments(order.orderId), await world.returns(order.orderId)]
  return fulfilmentEntries(shipments, returns, { paymentMethod: 'card', currency: 'EUR' }, inside).map(
    ({ kind, what, detail }) => `${kind} ${what}${detail === '' ? '' : `: ${detail}`}`,
  )
}

describe('the story of an order', () => {
  test('tells which part left with whom, what arrived, and what became of what was sent back', async () => {
    const [fine, spoiled] = [await world.goods(5), await world.goods(5)]
    const order = await world.delivered([
      { variantId: fine, quantity: 2 },
      { variantId: spoiled, quantity: 1 },
    ])
    const lines = [
      { variantId: fine, quantity: 1 },
      { variantId: spoiled, quantity: 1 },
    ]
    const { returnId } = await world.request(order, lines)
    await callRoute(world.routes, 'approveReturn', {
      principal: world.keeper,
      params: { shopId: world.shopId, returnId },
      body: {},
      idempotencyKey: 'approve',
    })
    world.shelf.expire(spoiled)
    const came = lines.map(({ variantId }) => ({ variantId, disposition: 'restock' as const }))
    await world.receive(returnId, came)
    await world.finishReturn(returnId)
    const everybody = [
      'shipment handed over: 3 units, DHL, 42',
      'shipment delivered: 3 units',
      'return asked for: 2 units, damaged',
      'return approved',
      'return received: 1 unit on sale again, 1 unit written off',
      'return settled: 3998 minor units of EUR given back',
    ]
    expect(await told(order, false)).toEqual(everybody)
    expect(await told(order, true)).toEqual(['shipment goods asked for: 3 units', ...everybody])
  })

  test('tells the shop, and not the customer, that goods were not there', async () => {
    const thing = await world.variant({ units: 3 })
    const order = await world.confirmed(thing.variantId)
    await world.ship(order.orderId)
    expect(await told(order, false)).toEqual([])
    expect(await told(order, true)).toEqual([
      'shipment goods asked for: 1 unit',
      `shipment goods refused: short: variant ${thing.variantId}`,
    ])
  })

  test('tells of a parcel that could not be handed over', async () => {
    const order = await world.confirmed(await world.goods(1))
    const { shipmentId } = await world.ship(order.orderId)
    await world.deliver(order.orderId, { shipmentId, outcome: 'failed' })
    expect(await told(order, false)).toEqual([
      'shipment handed over: 1 unit, DHL, 42',
      'shipment not delivered: it is coming back',
      'return asked for: 1 unit, undelivered',
    ])
  })
})

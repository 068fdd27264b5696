import { buyer, keeper, type Recipes, shopper } from './recipe.ts'
import { confirmedOrder, deliveredOrder, freshReturn, shippedOrder } from './sent.ts'

export const fulfilmentRecipes: Recipes = {
  listOrdersToShip: keeper('orders')(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5 } })),
  shipOrder: keeper('orders')(201, async (world) => ({
    params: { shopId: world.a.shopId, orderId: await confirmedOrder(world, world.a) },
    body: {
      lines: [{ variantId: world.a.variantId, quantity: 1 }],
      carrier: 'DHL',
      trackingNumber: '0034 0434',
      trackingUrl: 'https://carrier.example/00340434',
    },
  })),
  listShipments: shopper(200, ({ a: { sentOrderId } }) => ({ params: { orderId: sentOrderId } })),
  recordDelivery: keeper('orders')(200, async (world) => {
    const { orderId, shipmentId } = await shippedOrder(world, world.a)
    return { params: { shopId: world.a.shopId, orderId }, body: { shipmentId, outcome: 'delivered' } }
  }),
  requestReturn: buyer('orders:place')(201, async (world) => ({
    params: { orderId: (await deliveredOrder(world, world.a)).orderId },
    body: { lines: [{ variantId: world.a.variantId, quantity: 1 }], reason: 'damaged', note: 'A crack.' },
  })),
  listReturns: shopper(200, ({ a: { sentOrderId } }) => ({ params: { orderId: sentOrderId } })),
  getReturn: shopper(200, ({ a: { returnId } }) => ({ params: { returnId } })),
  listShopReturns: keeper('orders')(200, ({ a: { shopId } }) => ({
    params: { shopId },
    query: { limit: 5, state: 'requested' },
  })),
  approveReturn: keeper('orders')(200, async (world) => ({
    params: { shopId: world.a.shopId, returnId: (await freshReturn(world, world.a)).returnId },
    body: { answer: 'Please send it.' },
  })),
  refuseReturn: keeper('orders')(200, async (world) => ({
    params: { shopId: world.a.shopId, returnId: (await freshReturn(world, world.a)).returnId },
    body: { answer: 'It is worn.' },
  })),
  receiveReturn: keeper('orders')(200, async (world) => ({
    params: { shopId: world.a.shopId, returnId: (await freshReturn(world, world.a, 'approved')).returnId },
    body: { lines: [{ variantId: world.a.variantId, disposition: 'restock', quantity: 1 }] },
  })),
}

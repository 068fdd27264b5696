import { freshOrder } from './fresh.ts'
import { operator, type Recipes, shopper } from './recipe.ts'
import type { World } from '../world.ts'

/** An order that waits for its customer to pay. */
const unpaidOrder = async (world: World): Promise<string> => {
  const { customer, variantId } = world.a
  const body = { lines: [{ variantId, quantity: 1 }], paymentMethod: 'card' }
  return (await world.do<{ id: string }>(customer, 'POST', '/v1/orders', body)).id
}

export const sagaRecipes: Recipes = {
  getOrderTimeline: shopper(200, ({ a: { orderId } }) => ({ params: { orderId } })),
  listStuckOrders: operator(200, () => ({ query: { limit: 5 } })),
  retryOrder: operator(200, async (world) => ({ params: { orderId: await unpaidOrder(world) } })),
  compensateOrder: operator(200, async (world) => ({ params: { orderId: await freshOrder(world) } })),
}

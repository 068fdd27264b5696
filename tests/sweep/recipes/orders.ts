import { freshOrder } from './fresh.ts'
import { buyer, keeper, operator, type Recipes, shopper } from './recipe.ts'

export const orderRecipes: Recipes = {
  placeOrder: buyer('orders:place')(201, ({ a: { variantId, voucherCode } }) => ({
    body: {
      lines: [{ variantId, quantity: 1 }],
      paymentMethod: 'cash-on-delivery',
      priority: 'normal',
      voucherCodes: [voucherCode],
      delivery: {
        method: 'standard',
        address: { name: 'Ada', line1: 'Street 1', postalCode: '10115', city: 'Berlin', country: 'DE' },
      },
      contact: { name: 'Ada', email: 'ada@souk.example' },
    },
  })),
  listMyOrders: buyer('orders:read-own')(200, () => ({ query: { limit: 5 } })),
  placeFlashSaleOrder: buyer('orders:place')(201, ({ a: { saleProductId, saleVariantId } }) => ({
    params: { productId: saleProductId },
    body: { variantId: saleVariantId, quantity: 1, paymentMethod: 'cash-on-delivery' },
  })),
  getOrder: shopper(200, ({ a: { orderId } }) => ({ params: { orderId } })),
  getOrderStatus: shopper(200, ({ a: { orderId } }) => ({ params: { orderId } })),
  listShopOrders: keeper('orders')(200, ({ a: { shopId } }) => ({
    params: { shopId },
    query: { limit: 5, status: 'confirmed' },
  })),
  cancelOrder: shopper(200, async (world) => ({ params: { orderId: await freshOrder(world) } })),
}

export const operationRecipes: Recipes = {
  runAudit: operator(200, () => ({ query: { full: false } })),
  listConsumers: operator(200),
  getAllotment: operator(200, ({ a: { shopId, variantId } }) => ({ query: { shopId, variantId } })),
}

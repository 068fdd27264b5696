import { unique } from '../world.ts'
import { freshLot, stockedProduct } from './fresh.ts'
import { anybody, keeper, type Recipes } from './recipe.ts'

const stock = keeper('inventory')

export const inventoryRecipes: Recipes = {
  setProductInventory: stock(200, async (world) => {
    const { productId, variantId } = await stockedProduct(world)
    const { locationId } = world.a
    return { params: { productId }, body: { variants: [{ variantId, onHand: 50, locationId }], note: 'Counted.' } }
  }),
  getProductInventory: stock(200, ({ a: { productId } }) => ({ params: { productId } })),
  getProductAvailability: anybody(200, ({ a: { productId } }) => ({ params: { productId } })),
  adjustInventory: stock(201, ({ a: { shopId, variantId, locationId } }) => ({
    body: {
      shopId,
      reason: 'received',
      note: 'A pallet.',
      lines: [{ variantId, delta: 1, locationId, lotCode: unique(), expiresOn: inAYear() }],
    },
  })),
  listShopInventory: stock(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5, low: false } })),
  listInventoryMovements: stock(200, ({ a: { variantId } }) => ({ query: { limit: 5, variantId } })),
  setStockAlertLevel: stock(200, ({ a: { variantId } }) => ({ params: { variantId }, body: { alertLevel: 5 } })),
  listLocations: stock(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5 } })),
  addLocation: stock(201, ({ a: { shopId } }) => ({ params: { shopId }, body: { name: `Shelf ${unique()}` } })),
  listLots: stock(200, ({ a: { variantId } }) => ({ params: { variantId }, query: { limit: 5 } })),
  listExpiringLots: stock(200, ({ a: { shopId } }) => ({
    params: { shopId },
    query: { limit: 5, until: inAYear() },
  })),
  writeOffLot: stock(201, async (world) => ({
    params: { lotId: await freshLot(world) },
    body: { reason: 'damaged', units: 1, note: 'Dropped.' },
  })),
  setIssueRule: stock(200, ({ a: { variantId } }) => ({ params: { variantId }, body: { issueRule: 'fifo' } })),
  getShopIssueRule: stock(200, ({ a: { shopId } }) => ({ params: { shopId } })),
  setShopIssueRule: stock(200, ({ a: { shopId } }) => ({ params: { shopId }, body: { issueRule: 'fifo' } })),
  setReorderRule: stock(200, ({ a: { variantId } }) => ({
    params: { variantId },
    body: { rule: { reorderPoint: 5, reorderQuantity: 50 } },
  })),
  listToReorder: stock(200, ({ a: { shopId } }) => ({ params: { shopId }, query: { limit: 5 } })),
}

const inAYear = () => new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10)

import { seedReviews } from '@souk/reviews'
import type { DemoMarketplace } from '../demo/index.ts'
import type { Desk } from '../desk.ts'
import type { House } from '../house.ts'
import { idFor, seedContext } from './context.ts'
import { findDemoProducts } from './demo-products.ts'

const dayMs = 86_400_000

/** What the demo's shoppers say. What is there stays as it is. */
export async function stockReviews(
  house: House,
  desk: Desk,
  demo: DemoMarketplace,
  shopIds: ReadonlyMap<string, string>,
  accountOf: ReadonlyMap<string, string>,
): Promise<void> {
  const products = await findDemoProducts(desk, demo, [...new Set(demo.reviews.map(({ productKey }) => productKey))])
  const nowMs = house.clock().getTime()
  const reviews = demo.reviews.flatMap(({ productKey, shopKey, personKey, daysAgo, ...words }) => {
    const [productId, shopId, customerId] = [
      products.get(productKey)?.id,
      shopIds.get(shopKey),
      accountOf.get(personKey),
    ]
    if (productId === undefined || shopId === undefined || customerId === undefined) return []
    const orderId = idFor(`order of ${productKey} by ${personKey}`)
    return [{ ...words, productId, shopId, customerId, orderId, writtenAt: new Date(nowMs - daysAgo * dayMs) }]
  })
  await seedReviews(seedContext(house, 'reviews'), reviews, accountOf.get('operator') as string)
}

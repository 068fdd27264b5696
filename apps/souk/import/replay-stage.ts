import { randomUUID } from 'node:crypto'
import { CatalogService } from '@souk/contracts/catalog'
import { depsOf, receiveStock } from '@souk/inventory'
import { openDesk } from '../desk.ts'
import type { House } from '../house.ts'
import { seedContext, untilHandled } from '../seed/context.ts'
import { ensureImportShop } from './find-shop.ts'
import type { ReplayPlan } from './replay-plan.ts'

export type ReplayStage = { shopId: string; variants: Map<string, string> }

/**
 * A shop with every product of the plan, and on its shelves as many more units as the plan needs. One shop for each
 * currency, the same at every replay. The marketplace's own worker handles what is announced.
 */
export async function stageReplay(
  house: House,
  { products }: ReplayPlan,
  currency: string,
  keeperId: string,
  onProgress: (ready: number) => void,
): Promise<ReplayStage> {
  const shop = await ensureImportShop(
    openDesk(house.running),
    `replay-${currency.toLowerCase()}`,
    currency,
    async () => keeperId,
  )
  const catalog = house.directory.client(CatalogService)
  const inventory = depsOf(seedContext(house, 'inventory'))
  const wanted = [...products]
  const variants = new Map<string, string>()
  for (let at = 0; at < wanted.length; at += 1_000) {
    const some = wanted.slice(at, at + 1_000)
    const ensured = await catalog.ensureProducts({
      shopId: shop.id,
      actorId: keeperId,
      correlationId: 'souk-replay',
      products: some.map(([, { code, title, priceMinor }]) => ({
        sku: code,
        title: title || code,
        priceMinor: BigInt(priceMinor),
        active: true,
        tags: [],
      })),
    })
    const goods = ensured.products.map(({ variantId }, index) => {
      const [key, { units }] = some[index] as [string, { units: number }]
      variants.set(key, variantId)
      return { variantId, quantity: units }
    })
    await receiveStock(inventory, shop.id, goods, { id: randomUUID(), actor: keeperId, note: 'For a replay of orders' })
    onProgress(variants.size)
  }
  await untilHandled(house, { patienceMs: 60_000 })
  return { shopId: shop.id, variants }
}

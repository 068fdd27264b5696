import type { ProductChanged } from '@souk/contracts/catalog'
import { isEvent, type Event } from '@souk/events'
import { productChanged } from '@souk/contracts'
import type { Tx } from '@souk/postgres'
import type { Deps } from './deps.ts'
import { findItems, findItemsOfProduct, type Projected, upsertItems } from './inventory.sql.ts'
import type { Item } from './stock.ts'

/** The variants of a product; none when there is no such product. Asks the catalog about one not heard of yet. */
export async function itemsOfProduct(
  deps: Deps,
  productId: string,
  variantIds: readonly string[] = [],
): Promise<Item[]> {
  const tx = deps.shards.ofId(productId).db.autocommit
  const known = await findItemsOfProduct(tx, productId)
  const missing = variantIds.some((id) => !known.some((item) => item.variantId === id))
  if (known.length > 0 && !missing) return known
  const { products } = await deps.catalog.getProducts({ productIds: [productId] }, { timeoutMs: deps.rpcTimeoutMs })
  if (products.length === 0) return known
  await upsertItems(tx, latestVariants(products), deps.clock())
  return await findItemsOfProduct(tx, productId)
}

/** These variants of a shop, 1,000 at most; those that are not its own, or unknown to the catalog too, are left out. */
export async function itemsOfShop(deps: Deps, shopId: string, variantIds: readonly string[]): Promise<Item[]> {
  const tx = deps.shards.ofOwner(shopId).db.autocommit
  const known = await findItems(tx, variantIds)
  const missing = variantIds.filter((id) => !known.some((item) => item.variantId === id))
  if (missing.length === 0) return known.filter((item) => item.shopId === shopId)
  const { products } = await deps.catalog.getProducts({ variantIds: missing }, { timeoutMs: deps.rpcTimeoutMs })
  const ofShop = products.filter((product) => product.shopId === shopId)
  await upsertItems(tx, latestVariants(ofShop), deps.clock())
  return (await findItems(tx, variantIds)).filter((item) => item.shopId === shopId)
}

/** Keep what the catalog announces of its products. */
export const projectProducts = async (tx: Tx, events: readonly Event[], at: Date): Promise<void> => {
  const products = events.flatMap((event) => (isEvent(event, productChanged) ? [event.payload] : []))
  await upsertItems(tx, latestVariants(products), at)
}

/** The last word on each variant. Archived products have no variant for sale. */
function latestVariants(products: readonly ProductChanged[]): Projected[] {
  const latest = new Map<string, Projected>()
  for (const product of products)
    for (const variant of product.variants) {
      const version = Number(product.version)
      if ((latest.get(variant.variantId)?.version ?? -1) > version) continue
      latest.set(variant.variantId, {
        variantId: variant.variantId,
        productId: product.productId,
        shopId: product.shopId,
        sku: variant.sku,
        title: variant.title === '' ? product.title : `${product.title}, ${variant.title}`,
        active: product.status === 'active' && variant.active,
        version,
      })
    }
  return [...latest.values()]
}

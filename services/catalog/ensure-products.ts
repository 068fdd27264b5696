import type { EnsureProductsRequest } from '@souk/contracts/catalog'
import type { ShopService } from '@souk/contracts/shops'
import type { Shards } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { catalogErrors } from './errors.ts'
import { lockSkus, type SkuRow, variantsBySku } from './products.sql.ts'
import { ensureShop } from './shop-news.ts'
import { importProducts, maxImport, type WriteDeps } from './write-products.ts'

export type EnsureDeps = WriteDeps & { shards: Shards; shops: Pick<Client<typeof ShopService>, 'getShop'> }
export type Ensured = SkuRow & { created: boolean }

/**
 * Products of a shop by article number, for whoever takes over what another system sold: those that are not there are
 * made, 1,000 at most at once. "85123a" finds "85123A". Resolves to one per number, in their order.
 * @throws catalog-shop-not-found, catalog-shop-closed
 */
export async function ensureProducts(deps: EnsureDeps, request: EnsureProductsRequest): Promise<Ensured[]> {
  const { shopId, products, actorId, correlationId } = request
  if (products.length > maxImport)
    throw new RangeError(`${maxImport} products at most are ensured at once, got ${products.length}`)
  if ((await ensureShop(deps, shopId)) === undefined)
    throw catalogErrors.error('catalog-shop-not-found', `There is no shop ${shopId} for you.`)
  return deps.shards.ofOwner(shopId).db.transaction(async (tx) => {
    // Two imports that need the same article at once: the second finds what the first made.
    await lockSkus(tx, shopId)
    const known = await variantsBySku(
      tx,
      shopId,
      products.flatMap(({ sku }) => [sku, sku.toUpperCase(), sku.toLowerCase()]),
    )
    const bySku = new Map<string, SkuRow>()
    for (const row of known) bySku.set(row.sku.toUpperCase(), row)
    const missing = products.filter(({ sku }) => !bySku.has(sku.toUpperCase()))
    const made = await importProducts(
      deps,
      tx,
      shopId,
      missing.map(({ sku, title, priceMinor, active, tags }) => ({
        title: title.slice(0, 200),
        status: active ? 'active' : 'draft',
        tags,
        variants: [{ sku, priceMinor: Number(priceMinor) }],
      })),
      { accountId: actorId, correlationId },
    )
    const madeBySku = new Map(
      made.map(({ productId, variants: [variant] }) => [
        variant?.sku.toUpperCase(),
        { productId, variantId: variant?.variantId as string, sku: variant?.sku as string },
      ]),
    )
    return products.map(({ sku }) => {
      const found = bySku.get(sku.toUpperCase())
      return found === undefined
        ? { ...(madeBySku.get(sku.toUpperCase()) as SkuRow), created: true }
        : { ...found, created: false }
    })
  })
}

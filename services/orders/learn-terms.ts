import { CatalogService, type ProductChanged } from '@souk/contracts/catalog'
import { type ShopChanged, ShopService } from '@souk/contracts/shops'
import type { Shards, Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { type Offer, upsertOffers, upsertShops, withdrawMissingOffers } from './terms.sql.ts'

/** Store what catalog said of products. Older news changes nothing. Resolves to the variants that changed. */
export async function storeProducts(tx: Tx, products: readonly ProductChanged[]): Promise<string[]> {
  const latest = [...latestBy(products, (product) => product.productId).values()]
  if (latest.length === 0) return []
  const offers = latest.flatMap(offersOf)
  const withdrawn = await withdrawMissingOffers(
    tx,
    latest.map((product) => product.productId),
    latest.map((product) => Number(product.version)),
    offers.map((offer) => offer.variantId),
  )
  return [...withdrawn, ...(await upsertOffers(tx, offers))]
}

/** Store what shops said of shops. Older news changes nothing. */
export async function storeShops(tx: Tx, shops: readonly ShopChanged[]): Promise<void> {
  const latest = [...latestBy(shops, (shop) => shop.shopId).values()]
  if (latest.length === 0) return
  await upsertShops(
    tx,
    latest.map((shop) => ({
      shopId: shop.shopId,
      selling: shop.status === 'open',
      version: Number(shop.version),
      name: shop.name,
    })),
  )
}

function latestBy<News extends { version: bigint }>(
  news: readonly News[],
  idOf: (one: News) => string,
): Map<string, News> {
  const latest = new Map<string, News>()
  for (const one of news) {
    const known = latest.get(idOf(one))
    if (known === undefined || known.version < one.version) latest.set(idOf(one), one)
  }
  return latest
}

const offersOf = (product: ProductChanged): Offer[] =>
  product.variants.map((variant) => ({
    variantId: variant.variantId,
    productId: product.productId,
    shopId: product.shopId,
    sku: variant.sku,
    title: variant.title === '' ? product.title : `${product.title}, ${variant.title}`,
    priceMinor: Number(variant.priceMinor),
    currency: variant.currencyCode,
    priceVersion: Number(variant.priceVersion),
    selling: product.status === 'active' && variant.active,
    productVersion: Number(product.version),
  }))

/** `GetProducts` takes no more ids than this; a batch of orders may name more variants. */
const maxAsked = 1_000

/** Orders that name nothing unknown wait in the same batch. */
const maxAskMs = 1_000

/**
 * Ask catalog and shops about variants we do not know, or whose shop we do not: an order may come before the news.
 * What nobody knows is not asked for again within a second, so that invented ids cost one call a second, not one each;
 * whoever comes while a question is under way waits for its answer. One that failed may be asked again at once.
 */
export function createLearner(deps: {
  shards: Shards
  clock: () => Date
  catalog: Client<typeof CatalogService>
  shops: Client<typeof ShopService>
}): (variantIds: readonly string[]) => Promise<void> {
  async function ask(variantIds: readonly string[]): Promise<void> {
    const { products } = await deps.catalog.getProducts({ variantIds: [...variantIds] }, { timeoutMs: maxAskMs })
    const shopIds = [...new Set(products.map((product) => product.shopId))]
    const shops = (
      await Promise.all(shopIds.map((shopId) => deps.shops.getShop({ shopId }, { timeoutMs: maxAskMs })))
    ).flatMap(({ shop }) => shop ?? [])
    for (const [{ db }, together] of Map.groupBy(products, ({ shopId }) => deps.shards.ofOwner(shopId)))
      await db.transaction(async (tx) => {
        const sellers = new Set(together.map(({ shopId }) => shopId))
        await storeShops(
          tx,
          shops.filter(({ shopId }) => sellers.has(shopId)),
        )
        await storeProducts(tx, together)
      })
  }

  const asked = new Map<string, { atMs: number; answer: Promise<void> }>()
  return async (variantIds) => {
    const atMs = deps.clock().getTime()
    const toAsk = variantIds.filter((variantId) => atMs - (asked.get(variantId)?.atMs ?? 0) >= 1_000)
    if (asked.size > 20_000) asked.clear()
    for (let from = 0; from < toAsk.length; from += maxAsked) {
      const together = toAsk.slice(from, from + maxAsked)
      const answer = ask(together)
      for (const variantId of together) asked.set(variantId, { atMs, answer })
      answer.catch(() => {
        for (const variantId of together) if (asked.get(variantId)?.answer === answer) asked.delete(variantId)
      })
    }
    const answers = new Set(variantIds.map((variantId) => asked.get(variantId)?.answer))
    await Promise.all([...answers].filter((answer) => answer !== undefined))
  }
}

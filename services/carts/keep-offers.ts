import type { CatalogService, ProductChanged, SaleWindowChanged } from '@souk/contracts/catalog'
import type { ShopChanged, ShopService } from '@souk/contracts/shops'
import type { Database, Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import type { Offer } from './cart.ts'
import { readOffers, replaceOffers, upsertProducts, upsertShops, upsertWindows } from './offers.sql.ts'

const latest = <News extends { version: bigint }>(news: readonly News[], idOf: (one: News) => string): News[] => {
  const byId = new Map<string, News>()
  for (const one of news) {
    const known = byId.get(idOf(one))
    if (known === undefined || known.version < one.version) byId.set(idOf(one), one)
  }
  return [...byId.values()]
}

/** Older news than we have changes nothing. */
export async function keepProducts(tx: Tx, news: readonly ProductChanged[]): Promise<void> {
  const products = latest(news, (product) => product.productId)
  if (products.length === 0) return
  const changed = await upsertProducts(
    tx,
    products.map(({ productId, shopId, slug, status, version }) => ({
      productId,
      shopId,
      slug,
      selling: status === 'active',
      version: Number(version),
    })),
  )
  await replaceOffers(
    tx,
    [...changed],
    products
      .filter(({ productId }) => changed.has(productId))
      .flatMap(({ productId, title, variants }) =>
        variants.map((variant) => ({
          variantId: variant.variantId,
          productId,
          sku: variant.sku,
          title: variant.title === '' ? title : `${title}, ${variant.title}`,
          priceMinor: Number(variant.priceMinor),
          currency: variant.currencyCode,
          active: variant.active,
        })),
      ),
  )
}

export async function keepShops(tx: Tx, news: readonly ShopChanged[]): Promise<void> {
  const shops = latest(news, (shop) => shop.shopId)
  if (shops.length > 0)
    await upsertShops(
      tx,
      shops.map(({ shopId, name, slug, status, version }) => ({
        shopId,
        name,
        slug,
        selling: status === 'open',
        version: Number(version),
      })),
    )
}

export async function keepWindows(tx: Tx, news: readonly SaleWindowChanged[]): Promise<void> {
  if (news.length > 0)
    await upsertWindows(
      tx,
      news.map((window) => ({
        saleWindowId: window.saleWindowId,
        variantId: window.variantId,
        priceMinor: Number(window.priceMinor),
        startsAt: new Date(Number(window.startsAtMs)),
        endsAt: new Date(Number(window.endsAtMs)),
        capPerCustomer: window.capPerCustomer,
        planned: window.status === 'planned',
        changedAt: new Date(Number(window.changedAtMs)),
      })),
    )
}

export type OfferDeps = {
  db: Database
  clock: () => Date
  catalog: Pick<Client<typeof CatalogService>, 'getProducts'>
  shops: Pick<Client<typeof ShopService>, 'getShop'>
}

const askMs = 2_000

/** What we have heard of a variant. */
export const knownOffer = async (deps: Pick<OfferDeps, 'db' | 'clock'>, variantId: string) =>
  (await readOffers(deps.db.autocommit, [variantId], deps.clock()))[0]

/**
 * The same after asking those who own it, when we have not heard of it or not that it is sold: somebody may be faster than
 * the news.
 * @returns undefined when there is none; what could not be asked is as good as not there, and may be tried again
 */
export async function askedOffer(
  deps: OfferDeps,
  variantId: string,
  known: Offer | undefined,
): Promise<Offer | undefined> {
  const { products } = await deps.catalog.getProducts({ variantIds: [variantId] }, { timeoutMs: askMs })
  const [product] = products
  if (product === undefined) return known
  const { shop } = await deps.shops.getShop({ shopId: product.shopId }, { timeoutMs: askMs })
  await deps.db.transaction(async (tx) => {
    if (shop !== undefined) await keepShops(tx, [shop])
    await keepProducts(tx, products)
  })
  return knownOffer(deps, variantId)
}

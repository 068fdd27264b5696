import { ensureShop, importProducts, type NewProduct } from '@souk/catalog'
import { ShopService } from '@souk/contracts/shops'
import type { Principal } from '@souk/http'
import { depsOf, receiveStock } from '@souk/inventory'
import { type DemoMarketplace, type DemoProduct, taxClassOf } from '../demo/index.ts'
import { acting, type Desk } from '../desk.ts'
import type { House } from '../house.ts'
import { idFor, seedContext } from './context.ts'

type Known = { id: string; slug: string; status: string; variants: { id: string; sku: string }[] }

/** Bring a shop's products and what lies on its shelves to what the demo has. What is there stays as it is. */
export async function stockProducts(
  house: House,
  desk: Desk,
  operator: Principal,
  shopId: string,
  products: readonly DemoProduct[],
  categoryIds: ReadonlyMap<string, string>,
): Promise<void> {
  const context = seedContext(house, 'catalog')
  await ensureShop({ shards: context.shards, shops: house.directory.client(ShopService) }, shopId)
  const before = await productsOfShop(desk, operator, shopId)
  const missing = products.filter(({ slug }) => !before.has(slug))
  const by = { accountId: operator.accountId, correlationId: 'souk-seed' }
  await context.shards.ofOwner(shopId).db.transaction((tx) =>
    importProducts(
      context,
      tx,
      shopId,
      missing.map((product) => newProduct(product, categoryIds)),
      by,
    ),
  )
  const known = missing.length === 0 ? before : await productsOfShop(desk, operator, shopId)
  for (const { slug, status } of products) {
    const product = known.get(slug)
    if (status === 'archived' && product !== undefined && product.status !== 'archived')
      await desk.call('archiveProduct', { as: operator, params: { productId: product.id } })
  }
  await fillShelves(house, operator, shopId, products, known)
  await fillLots(house, operator, shopId, products, known)
}

async function fillShelves(
  house: House,
  operator: Principal,
  shopId: string,
  products: readonly DemoProduct[],
  known: ReadonlyMap<string, Known>,
): Promise<void> {
  const variantOf = new Map([...known.values()].flatMap(({ variants }) => variants.map(({ sku, id }) => [sku, id])))
  const goods = products
    .flatMap(({ variants }) => variants)
    .flatMap(({ sku, onHand }) => {
      const variantId = variantOf.get(sku)
      return variantId === undefined || onHand === 0 ? [] : [{ variantId, quantity: onHand }]
    })
  const deps = depsOf(seedContext(house, 'inventory'))
  for (let at = 0; at < goods.length; at += 1_000)
    await receiveStock(deps, shopId, goods.slice(at, at + 1_000), {
      id: idFor(`first goods of ${shopId}, from ${at}`),
      actor: operator.accountId,
      note: 'First goods of the demo',
    })
}

/** What does not keep, by shop: a lot of it came today, next to what lies there without one. */
const keepsForDays: Readonly<Record<string, { made: string; days: number }>> = {
  bakery: { made: 'baked', days: 4 },
  coffee: { made: 'roasted', days: 180 },
  wine: { made: 'bottled', days: 1_500 },
}

async function fillLots(
  house: House,
  operator: Principal,
  shopId: string,
  products: readonly DemoProduct[],
  known: ReadonlyMap<string, Known>,
): Promise<void> {
  const fresh = keepsForDays[products[0]?.shopKey ?? '']
  if (fresh === undefined) return
  const dayIn = (days: number) => new Date(house.clock().getTime() + days * 86_400_000).toISOString().slice(0, 10)
  const lot = { code: `${fresh.made} ${dayIn(0)}`, expiresOn: dayIn(fresh.days) }
  const goods = [...known.values()].flatMap(({ status, variants }) =>
    status === 'active' ? variants.slice(0, 1).map(({ id }) => ({ variantId: id, quantity: 12, lot })) : [],
  )
  const cause = { id: idFor(`first lot of ${shopId}`), actor: operator.accountId, note: 'Fresh goods of the demo' }
  await receiveStock(depsOf(seedContext(house, 'inventory')), shopId, goods, cause).catch((error: unknown) => {
    // Stocked again on another day: the lot of the first day is there, or has been sold or written off.
    if ((error as { code?: string }).code !== 'idempotency-mismatch') throw error
  })
}

const newProduct = (product: DemoProduct, categoryIds: ReadonlyMap<string, string>): NewProduct => ({
  title: product.title,
  slug: product.slug,
  description: product.description,
  // Nothing is archived that was never there: those begin as drafts.
  status: product.status === 'active' ? 'active' : 'draft',
  tags: product.tags,
  categoryIds: product.categoryKeys.map((key) => categoryIds.get(key) as string),
  options: product.options,
  pictures: product.pictures,
  taxClass: taxClassOf(product.shopKey),
  variants: product.variants.map(({ sku, optionValues, priceMinor, weightGrams }) => ({
    sku,
    options: optionValues,
    priceMinor,
    weightGrams,
  })),
})

/** All of a shop, by slug. */
async function productsOfShop(desk: Desk, as: Principal, shopId: string): Promise<Map<string, Known>> {
  const known = new Map<string, Known>()
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { items: Known[]; nextCursor: string | null } = await desk.call('listProducts', {
      as,
      query: { shopId, status: 'all', sort: 'newest', limit: 100, ...(cursor !== undefined && { cursor }) },
    })
    for (const product of page.items) known.set(product.slug, product)
    cursor = page.nextCursor
  }
  return known
}

/** Some of the demo's products, as they are in the catalog. @returns by key */
export async function findDemoProducts(
  desk: Desk,
  { products, shops }: DemoMarketplace,
  keys: readonly string[],
): Promise<Map<string, Known>> {
  const found = new Map<string, Known>()
  const as = acting('00000000-0000-7000-8000-000000000000')
  for (const { key, slug, shopKey } of products.filter((product) => keys.includes(product.key))) {
    const shopSlug = shops.find((shop) => shop.key === shopKey)?.slug
    const product = await desk.find<Known>('getProductBySlug', { as, params: { shopSlug, slug } })
    if (product !== undefined) found.set(key, product)
  }
  return found
}

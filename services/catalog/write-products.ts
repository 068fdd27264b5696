import type { Cache } from '@souk/cache'
import { create } from '@bufbuild/protobuf'
import { productChanged } from '@souk/contracts'
import { type ProductChanged, ProductChangedSchema } from '@souk/contracts/catalog'
import { newEvent, type Outbox } from '@souk/events'
import { httpErrors } from '@souk/http'
import { bucketOf, type Tx, uuidv7, violates } from '@souk/postgres'
import { findCategories } from './categories.sql.ts'
import { catalogErrors } from './errors.ts'
import {
  checkVariants,
  facetsOf,
  type Option,
  type Picture,
  type Product,
  type ProductStatus,
  slugOf,
  type Variant,
  variantTitle,
} from './product.ts'
import { productsAdded, productsChange } from './page-tags.ts'
import {
  deleteListings,
  holdShop,
  insertListings,
  insertPrices,
  insertProducts,
  type Listed,
  lockProduct,
  takenSlugs,
  updateProduct,
  upsertVariants,
} from './products.sql.ts'

export type WriteDeps = { outbox: Outbox; clock: () => Date; cache: Cache }
/** Who changes it, and by which request. */
export type By = { accountId: string; correlationId: string }

export type NewVariant = {
  sku: string
  options?: Record<string, string>
  priceMinor: number
  active?: boolean
  weightGrams?: number
}
export type NewProduct = {
  title: string
  /** Made from the title when left out. */
  slug?: string
  description?: string
  status?: Exclude<ProductStatus, 'archived'>
  tags?: string[]
  categoryIds?: string[]
  options?: Option[]
  pictures?: Picture[]
  /** Left out: standard. */
  taxClass?: string
  /** One at least; without options exactly one. Prices in the shop's currency. */
  variants: NewVariant[]
}

export const productNotFound = (id: string) =>
  catalogErrors.error('product-not-found', `There is no product ${id} for you.`)

/** The whole of a product, as others are told. */
export const toProductChanged = (product: Product): ProductChanged =>
  create(ProductChangedSchema, {
    productId: product.productId,
    version: BigInt(product.version),
    shopId: product.shopId,
    title: product.title,
    slug: product.slug,
    status: product.status,
    variants: product.variants.map((variant) => ({
      variantId: variant.variantId,
      sku: variant.sku,
      title: variant.title,
      priceMinor: BigInt(variant.priceMinor),
      currencyCode: product.currency,
      priceVersion: BigInt(variant.priceVersion),
      active: variant.active,
      weightGrams: variant.weightGrams,
    })),
    changedAtMs: BigInt(product.changedAt.getTime()),
    created: product.version === 1,
    taxClass: product.taxClass,
    categoryIds: product.categoryIds,
  })

const announce = (deps: WriteDeps, tx: Tx, products: readonly Product[], correlationId: string) =>
  deps.outbox.append(
    tx,
    products.map((product) =>
      newEvent(productChanged, toProductChanged(product), { occurredAtMs: product.changedAt.getTime(), correlationId }),
    ),
  )

/** More than this in one transaction would make one outbox row of megabytes. */
export const maxImport = 1_000

/**
 * Enter up to 1,000 products of one shop: eight statements however many they are, all or none, one batch of events.
 * The shop must be known here (`ensureShop`). Resolves to the products, in the order given.
 * @throws catalog-shop-not-found, catalog-shop-closed, unknown-category, variants-do-not-fit, product-slug-taken, sku-taken
 */
export async function importProducts(
  deps: WriteDeps,
  tx: Tx,
  shopId: string,
  given: readonly NewProduct[],
  by: By,
): Promise<Product[]> {
  if (given.length === 0) return []
  if (given.length > maxImport)
    throw new RangeError(`${maxImport} products at most are imported at once, got ${given.length}`)
  const shop = await holdShop(tx, shopId)
  if (shop === undefined) throw catalogErrors.error('catalog-shop-not-found', `There is no shop ${shopId} for you.`)
  if (shop.status === 'closed') throw catalogErrors.error('catalog-shop-closed', 'A closed shop takes no new products.')
  const categories = await categoriesOf(
    tx,
    given.flatMap((product) => product.categoryIds ?? []),
  )
  const now = deps.clock()
  const bucket = bucketOf(shopId)
  // In the order given: ids of one millisecond are random, and the newest list is sorted by id.
  const ids = given.map(() => uuidv7(now.getTime(), bucket)).sort()
  const slugs = await slugsFor(tx, shopId, given, ids)
  const products = given.map((product, index): Product => {
    const options = product.options ?? []
    checkVariants(
      options,
      product.variants.map(({ sku, options: chosen = {} }) => ({ sku, options: chosen })),
    )
    return {
      productId: ids[index] as string,
      shopId,
      version: 1,
      slug: slugs[index] as string,
      title: product.title,
      description: product.description ?? '',
      status: product.status ?? 'draft',
      tags: [...new Set(product.tags)],
      categoryIds: [...new Set(product.categoryIds)],
      options,
      pictures: product.pictures ?? [],
      currency: shop.currency,
      taxClass: product.taxClass ?? 'standard',
      variants: product.variants.map((variant) => newVariant(variant, options, now, bucket)),
      createdAt: now,
      changedAt: now,
    }
  })
  const listed = products.map((product): Listed => listing(product, categories, shop.status))
  await refusingTwins(async () => {
    await insertProducts(tx, listed)
    await upsertVariants(tx, products)
  })
  await insertPrices(
    tx,
    products.flatMap((product) => product.variants.map((variant) => ({ ...variant, currency: product.currency }))),
    by.accountId,
    now,
  )
  await insertListings(tx, listed)
  await announce(deps, tx, products, by.correlationId)
  productsAdded(deps, tx, shopId)
  return products
}

export const newVariant = (given: NewVariant, options: readonly Option[], now: Date, bucket: number): Variant => ({
  variantId: uuidv7(now.getTime(), bucket),
  sku: given.sku,
  title: variantTitle(options, given.options ?? {}),
  options: given.options ?? {},
  priceMinor: given.priceMinor,
  priceVersion: 1,
  active: given.active ?? true,
  weightGrams: given.weightGrams ?? 0,
})

const listing = (
  product: Product,
  categories: ReadonlyMap<string, { ancestorIds: string[] }>,
  shopStatus: string,
): Listed => ({
  product,
  facets: facetsOf(
    product.tags,
    product.categoryIds.flatMap((id) => categories.get(id) ?? []),
  ),
  listed: product.status === 'active' && shopStatus === 'open',
})

/** @throws unknown-category */
async function categoriesOf(tx: Tx, categoryIds: readonly string[]): Promise<Map<string, { ancestorIds: string[] }>> {
  const wanted = [...new Set(categoryIds)]
  if (wanted.length === 0) return new Map()
  const known = new Map((await findCategories(tx, wanted)).map((category) => [category.categoryId, category]))
  const unknown = wanted.find((categoryId) => !known.has(categoryId))
  if (unknown !== undefined)
    throw catalogErrors.error('unknown-category', `There is no category ${unknown}.`, { categoryId: unknown })
  return known
}

/** Addresses given stay as they are; those made from a title get the end of the id where the title alone is taken. */
async function slugsFor(
  tx: Tx,
  shopId: string,
  given: readonly NewProduct[],
  ids: readonly string[],
): Promise<string[]> {
  const wanted = given.map(
    (product, index) => product.slug ?? slugOf(product.title, `product-${ids[index]?.slice(-8)}`),
  )
  const taken = await takenSlugs(tx, shopId, wanted)
  const used = new Set([...taken, ...given.flatMap((product) => product.slug ?? [])])
  return given.map((product, index) => {
    const slug = wanted[index] as string
    if (product.slug !== undefined) return slug
    const free = used.has(slug) ? `${slug.slice(0, 80)}-${ids[index]?.slice(-8)}` : slug
    used.add(free)
    return free
  })
}

async function refusingTwins(write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (violates(error, 'products_slug_unique'))
      throw catalogErrors.error('product-slug-taken', 'The shop has a product with this slug already.')
    if (violates(error, 'variants_sku_unique'))
      throw catalogErrors.error('sku-taken', 'The shop has a variant with this SKU already.')
    throw error
  }
}

/**
 * Lock a product, change it, raise its version, list it anew, announce it whole. Variants whose price the change altered get
 * a higher price version and a row in the price history.
 * @param ifVersion the version the change was made on; undefined where the last one wins.
 * @throws product-not-found, version-mismatch, variants-do-not-fit, unknown-category, product-slug-taken, sku-taken
 */
export async function changeProduct(
  deps: WriteDeps,
  tx: Tx,
  productId: string,
  ifVersion: number | undefined,
  by: By,
  change: (product: Product, now: Date) => Product | Promise<Product>,
): Promise<Product> {
  const before = await lockProduct(tx, productId)
  if (before === undefined) throw productNotFound(productId)
  if (ifVersion !== undefined && before.version !== ifVersion)
    throw httpErrors.error('version-mismatch', `The product has version ${before.version} by now.`, {
      version: before.version,
    })
  const now = deps.clock()
  const changed = await change(before, now)
  checkVariants(changed.options, changed.variants)
  const priceBefore = new Map(before.variants.map((variant) => [variant.variantId, variant]))
  const variants = changed.variants.map((variant): Variant => {
    const known = priceBefore.get(variant.variantId)
    const priceVersion =
      known === undefined ? 1 : known.priceVersion + (known.priceMinor === variant.priceMinor ? 0 : 1)
    return { ...variant, priceVersion, title: variantTitle(changed.options, variant.options) }
  })
  const product: Product = { ...changed, variants, version: before.version + 1, changedAt: now }
  const shop = await holdShop(tx, product.shopId)
  const listed = listing(product, await categoriesOf(tx, product.categoryIds), shop?.status ?? 'closed')
  await deleteListings(tx, productId)
  await refusingTwins(async () => {
    await updateProduct(tx, listed)
    await upsertVariants(tx, [product])
  })
  const repriced = variants.filter(
    (variant) => priceBefore.get(variant.variantId)?.priceVersion !== variant.priceVersion,
  )
  if (repriced.length > 0)
    await insertPrices(
      tx,
      repriced.map((variant) => ({ ...variant, currency: product.currency })),
      by.accountId,
      now,
    )
  await insertListings(tx, [listed])
  await announce(deps, tx, [product], by.correlationId)
  productsChange(deps, tx, [product])
  return product
}

import type { CatalogService, ProductDescription } from '@souk/contracts/catalog'
import type { AllotmentService } from '@souk/contracts/orders'
import type { Database } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { languageOfCountry, type SearchDocument } from './document.ts'
import {
  type Check,
  checkUpTo,
  clearChecks,
  clearDue,
  type Due,
  findAvailability,
  markToCheck,
  nextChecks,
  nextDue,
  settleChecks,
} from './due.sql.ts'
import type { SearchEngine } from './engine.ts'
import {
  findCategories,
  findRatings,
  findShops,
  markTurned,
  type RatingFact,
  replaceCategories,
  type RunningSale,
  runningSales,
  type ShopFact,
} from './facts.sql.ts'

export type IndexDeps = {
  db: Database
  engine: SearchEngine
  catalog: Client<typeof CatalogService>
  allotments: Client<typeof AllotmentService>
  clock: () => Date
  onWritten?(documents: number, oldestMs: number): void
}

const perCall = { timeoutMs: 10_000 }
/** As many as catalog describes at once. One transaction of some 200 ms in PostgreSQL. */
export const atOnce = 500
/** Variants orders is asked about in one round. */
export const checkedAtOnce = 1_000

/** Write the documents of what is due, from what is so now. Resolves to how many were. */
export async function writeDue(deps: IndexDeps): Promise<number> {
  const now = deps.clock()
  await markTurned(deps.db.autocommit, now, atOnce)
  const due = await nextDue(deps.db.autocommit, atOnce)
  if (due.length === 0) return 0
  await writeProducts(deps, due)
  await clearDue(deps.db.autocommit, due)
  deps.onWritten?.(due.length, Math.max(0, Date.now() - Math.min(...due.map((one) => one.sinceMs))))
  return due.length
}

/** Read, build, write. Unknown to catalog, not on show, or of a shop that is not open: gone. */
export async function writeProducts(deps: IndexDeps, due: readonly Pick<Due, 'productId' | 'mark'>[]): Promise<void> {
  const { autocommit } = deps.db
  const ids = due.map((one) => one.productId)
  const { products } = await deps.catalog.describeProducts({ productIds: ids }, perCall)
  const categoryIds = [...new Set(products.flatMap((described) => described.categoryIds))]
  const [shops, sales, ratings, availability, ancestors] = await Promise.all([
    findShops(autocommit, [...new Set(products.map(({ product }) => product?.shopId ?? ''))].filter(Boolean)),
    runningSales(autocommit, ids, deps.clock()),
    findRatings(autocommit, ids),
    findAvailability(autocommit, ids),
    ancestorsOf(deps, categoryIds),
  ])
  const facts: Facts = {
    shops: new Map(shops.map((shop) => [shop.shopId, shop])),
    sales,
    ratings: new Map(ratings.map((rating) => [rating.productId, rating])),
    availability: new Map(availability.map((one) => [one.variantId, one.available])),
    ancestors,
  }
  const unknown: Check[] = []
  for (const { product } of products)
    for (const { variantId, active } of product?.variants ?? [])
      if (active && product !== undefined && !facts.availability.has(variantId))
        unknown.push({ variantId, productId: product.productId, shopId: product.shopId })
  const described = new Map(products.map((one) => [one.product?.productId ?? '', one]))
  const documents: SearchDocument[] = []
  const gone: { productId: string; mark: number }[] = []
  for (const { productId, mark } of due) {
    const known = described.get(productId)
    const document = known && documentOf(known, mark, facts)
    if (document === undefined) gone.push({ productId, mark })
    else documents.push(document)
  }
  if (unknown.length > 0) await markToCheck(autocommit, unknown)
  await deps.engine.write(documents, gone)
}

type Facts = {
  shops: ReadonlyMap<string, ShopFact>
  sales: readonly RunningSale[]
  ratings: ReadonlyMap<string, RatingFact>
  availability: ReadonlyMap<string, boolean>
  /** Categories with theirs. */
  ancestors: ReadonlyMap<string, readonly string[]>
}

/** What is found of a product; undefined when it is not to be found. Pure. */
export function documentOf(described: ProductDescription, mark: number, facts: Facts): SearchDocument | undefined {
  const { product } = described
  if (product === undefined || product.status !== 'active') return undefined
  const shop = facts.shops.get(product.shopId)
  const variants = product.variants.filter((variant) => variant.active)
  if (shop?.status !== 'open' || variants.length === 0) return undefined
  const sales = facts.sales.filter((sale) => variants.some((variant) => variant.variantId === sale.variantId))
  const regularPriceMinor = Math.min(...variants.map((variant) => Number(variant.priceMinor)))
  const cheapest = sales.toSorted((a, b) => a.priceMinor - b.priceMinor)[0]
  const onSale = cheapest !== undefined && cheapest.priceMinor < regularPriceMinor ? cheapest : undefined
  const rating = facts.ratings.get(product.productId)
  return {
    productId: product.productId,
    mark,
    shopId: product.shopId,
    title: product.title,
    tags: described.tags,
    description: described.description,
    language: languageOfCountry(shop.country),
    categoryIds: [...new Set(described.categoryIds.flatMap((id) => facts.ancestors.get(id) ?? [id]))],
    priceMinor: onSale?.priceMinor ?? regularPriceMinor,
    currency: described.currencyCode,
    ratingTenths: rating?.ratingTenths ?? 0,
    ratingCount: rating?.ratingCount ?? 0,
    available: variants.some((variant) => facts.availability.get(variant.variantId) ?? false),
    card: {
      slug: product.slug,
      version: Number(product.version),
      regularPriceMinor,
      saleEndsAt: onSale?.endsAt.toISOString() ?? null,
      pictureUrl: described.pictureUrl,
      pictureAlt: described.pictureAlt,
      ratingCount: rating?.ratingCount ?? 0,
    },
  }
}

async function ancestorsOf(deps: IndexDeps, ids: readonly string[]): Promise<Map<string, string[]>> {
  if (ids.length === 0) return new Map()
  const known = await findCategories(deps.db.autocommit, ids)
  // A category made since the last look: the tree is read again.
  const all = known.length < ids.length ? ((await readCategories(deps)) ?? known) : known
  return new Map(all.map((category) => [category.categoryId, category.ancestorIds]))
}

/** Take over catalog's tree. */
export async function readCategories(deps: Pick<IndexDeps, 'db' | 'catalog' | 'clock'>) {
  const { categories } = await deps.catalog.listCategories({}, perCall)
  const facts = categories.map(({ categoryId, parentId, slug, title, path, ancestorIds }) => ({
    categoryId,
    parentId: parentId === '' ? null : parentId,
    slug,
    title,
    path,
    ancestorIds: [...ancestorIds],
  }))
  await deps.db.transaction((tx) => replaceCategories(tx, facts, deps.clock()))
  return facts
}

/** Ask orders what may still be promised of what changed. Resolves to how many variants were looked at. */
export async function checkAvailability(deps: Pick<IndexDeps, 'db' | 'allotments'>): Promise<number> {
  const checks = await nextChecks(deps.db.autocommit, checkedAtOnce)
  const last = checks.at(-1)
  if (last === undefined) return 0
  await checkUpTo(deps.db.autocommit, last.mark)
  const answers = await Promise.all(
    [...Map.groupBy(checks, (check) => check.shopId)].map(async ([shopId, ofShop]) => {
      const { allotments } = await deps.allotments.listAllotments(
        { shopId, variantIds: ofShop.map((check) => check.variantId) },
        perCall,
      )
      const left = new Map(allotments.map((one) => [one.variantId, one.remaining + one.setAside]))
      return ofShop.map(({ variantId, productId }) => ({
        variantId,
        productId,
        available: (left.get(variantId) ?? 0n) > 0n,
      }))
    }),
  )
  await deps.db.transaction(async (tx) => {
    await settleChecks(tx, answers.flat())
    await clearChecks(tx, checks)
  })
  return checks.length
}

import type { Database } from '@souk/postgres'
import { type Language, titleKeyOf } from './document.ts'
import type { After, EngineQuery, EngineResult, Hit, SearchEngine, Sort } from './engine.ts'
import {
  categoriesBeginning,
  closingShops,
  findCategories,
  findCategoryBySlug,
  findShopBySlug,
  findShops,
  type ShopFact,
  shopsBeginning,
} from './facts.sql.ts'
import { searchErrors } from './errors.ts'
import { priceRangesOf } from './price-ranges.ts'
import { wordsOf } from './words.ts'

export type SearchDeps = { db: Database; engine: SearchEngine }

export type Asked = {
  text: string
  language: Language
  category: string | undefined
  shop: string | undefined
  minPriceMinor: number | undefined
  maxPriceMinor: number | undefined
  currency: string | undefined
  minStars: number | undefined
  availableOnly: boolean
  sort: Sort
  after: After | undefined
  limit: number
}

/**
 * Find products. When nothing is found by the words as typed they are corrected, once, and that is said.
 * @throws search-category-not-found, search-shop-not-found, search-unavailable
 */
export async function searchProducts(deps: SearchDeps, asked: Asked) {
  const [categoryId, shopId, hiddenShopIds] = await Promise.all([
    categoryOf(deps, asked.category),
    shopOf(deps, asked.shop),
    closingShops(deps.db.autocommit),
  ])
  const words = wordsOf(asked.text)
  const query: EngineQuery = {
    words,
    language: asked.language,
    categoryId,
    shopId,
    currency: asked.currency,
    minPriceMinor: asked.minPriceMinor,
    maxPriceMinor: asked.maxPriceMinor,
    minStars: asked.minStars,
    availableOnly: asked.availableOnly,
    hiddenShopIds,
    sort: asked.sort,
    after: asked.after,
    limit: asked.limit,
    withFacets: asked.after === undefined,
  }
  try {
    let result = await deps.engine.search(query)
    let correctedQuery: string | null = null
    if (result.total.count === 0 && words.length > 0 && asked.after === undefined) {
      const meant = await deps.engine.correct(words)
      const again = meant && (await deps.engine.search({ ...query, words: meant }))
      if (meant !== undefined && again !== undefined && again.total.count > 0) {
        result = again
        correctedQuery = meant.join(' ')
      }
    }
    return { ...(await shownResult(deps, result)), correctedQuery }
  } catch (error) {
    if (deps.engine.name === 'postgresql') throw error
    throw searchErrors.error('search-unavailable', 'The index did not answer.', {}, 5)
  }
}

async function categoryOf({ db }: SearchDeps, slug: string | undefined): Promise<string | undefined> {
  if (slug === undefined) return undefined
  const category = await findCategoryBySlug(db.autocommit, slug)
  if (category === undefined) throw searchErrors.error('search-category-not-found', `There is no category "${slug}".`)
  return category.categoryId
}

async function shopOf({ db }: SearchDeps, named: string | undefined): Promise<string | undefined> {
  if (named === undefined) return undefined
  const isId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(named)
  const shop = isId ? (await findShops(db.autocommit, [named]))[0] : await findShopBySlug(db.autocommit, named)
  if (shop?.status !== 'open') throw searchErrors.error('search-shop-not-found', `There is no open shop "${named}".`)
  return shop.shopId
}

/** With the names of shops and categories as they are now; a hit whose shop has closed this instant is left out. */
async function shownResult({ db }: SearchDeps, result: EngineResult) {
  const { facets } = result
  const [shopFacts, categories] = await Promise.all([
    findShops(db.autocommit, [
      ...new Set([...result.hits.map((hit) => hit.shopId), ...(facets?.shops ?? []).map((shop) => shop.shopId)]),
    ]),
    facets === undefined
      ? []
      : findCategories(
          db.autocommit,
          facets.categories.map((category) => category.categoryId),
        ),
  ])
  const shops = new Map(shopFacts.map((shop) => [shop.shopId, shop]))
  const titles = new Map(categories.map((category) => [category.categoryId, category]))
  return {
    items: result.hits.flatMap((hit) => {
      const shop = shops.get(hit.shopId)
      return shop?.status === 'open' ? [hitView(hit, shop)] : []
    }),
    next: result.next,
    total: result.total,
    facets:
      facets === undefined
        ? null
        : {
            exact: result.total.exact,
            categories: facets.categories.flatMap(({ categoryId, count }) => {
              const known = titles.get(categoryId)
              return known === undefined
                ? []
                : [{ id: categoryId, slug: known.slug, title: known.title, parentId: known.parentId, count }]
            }),
            shops: facets.shops.flatMap(({ shopId, count }) => {
              const shop = shops.get(shopId)
              return shop === undefined ? [] : [{ id: shopId, slug: shop.slug, name: shop.name, count }]
            }),
            prices: priceRangesOf(facets.prices?.buckets ?? []).map((range) => ({
              currency: facets.prices?.currency ?? '',
              ...range,
            })),
            ratings: facets.stars,
            available: facets.available,
          },
  }
}

const hitView = (hit: Hit, shop: ShopFact) => ({
  productId: hit.productId,
  title: hit.title,
  slug: hit.card.slug,
  shop: { id: shop.shopId, name: shop.name, slug: shop.slug },
  priceMinor: hit.priceMinor,
  // A sale that has ended this second may still be in the index: never shown as dearer than it is.
  regularPriceMinor: Math.max(hit.card.regularPriceMinor, hit.priceMinor),
  currency: hit.currency,
  saleEndsAt: hit.card.saleEndsAt,
  picture: hit.card.pictureUrl === '' ? null : { url: hit.card.pictureUrl, alt: hit.card.pictureAlt },
  ratingTenths: hit.card.ratingCount === 0 ? null : hit.ratingTenths,
  ratingCount: hit.card.ratingCount,
  available: hit.available,
})

type Suggestion = {
  kind: 'query' | 'product' | 'category' | 'shop'
  text: string
  productId: string | null
  slug: string | null
  shopSlug: string | null
  pictureUrl: string | null
}

const noDetails = { productId: null, slug: null, shopSlug: null, pictureUrl: null }

/** What somebody who has typed this far may mean: words first, then a category, a shop, and products. */
export async function suggest(deps: SearchDeps, typed: string, limit: number): Promise<Suggestion[]> {
  const words = wordsOf(typed)
  const prefix = titleKeyOf(typed.trimStart().replace(/\s+/g, ' '))
  if (prefix.length < 2 || words.length === 0) return []
  const hidden = await closingShops(deps.db.autocommit)
  const [completions, categories, shops, titles] = await Promise.all([
    deps.engine.complete(words, limit),
    categoriesBeginning(deps.db.autocommit, prefix, 2),
    shopsBeginning(deps.db.autocommit, prefix, 2),
    deps.engine.titles(prefix, limit, hidden),
  ])
  const shopOfTitle = new Map(
    (
      await findShops(
        deps.db.autocommit,
        titles.map((title) => title.shopId),
      )
    ).map((shop) => [shop.shopId, shop]),
  )
  const queries = completions.map(({ text }): Suggestion => ({ kind: 'query', text, ...noDetails }))
  const places = [
    ...categories.map(({ title, slug }): Suggestion => ({ ...noDetails, kind: 'category', text: title, slug })),
    ...shops.map(({ name, slug }): Suggestion => ({ ...noDetails, kind: 'shop', text: name, slug })),
  ]
  const products = titles.flatMap(({ productId, title, card, shopId }): Suggestion[] => {
    const shop = shopOfTitle.get(shopId)
    return shop?.status !== 'open'
      ? []
      : [
          {
            kind: 'product',
            text: title,
            productId,
            slug: card.slug,
            shopSlug: shop.slug,
            pictureUrl: card.pictureUrl || null,
          },
        ]
  })
  const half = Math.ceil(limit / 2)
  const first = [...queries.slice(0, half), ...places.slice(0, 2)]
  return [...first, ...products, ...queries.slice(half)].slice(0, limit)
}

import type { Facets, EngineQuery, Sort } from '../engine.ts'
import { maxCounted, priceEdges } from '../engine.ts'

type Json = Record<string, unknown>

/** Every word, in any of its forms, in any field; the title counts most. */
const wordQuery = (word: string, language: string): Json => ({
  multi_match: {
    query: word,
    type: 'best_fields',
    operator: 'and',
    fields: [
      'title^10',
      'title.en^8',
      'tags^4',
      'tags.en^3',
      'description',
      'description.en',
      ...(language === 'english' ? [] : [`text_${language}^2`]),
    ],
  },
})

export function filtersOf(
  query: Omit<EngineQuery, 'words' | 'sort' | 'after' | 'limit' | 'withFacets' | 'language'>,
): Json {
  const filter: Json[] = []
  const term = (field: string, value: unknown) => value !== undefined && filter.push({ term: { [field]: value } })
  term('categoryIds', query.categoryId)
  term('shopId', query.shopId)
  term('currency', query.currency)
  if (query.availableOnly) term('available', true)
  if (query.minStars !== undefined) filter.push({ range: { ratingTenths: { gte: query.minStars * 10 } } })
  if (query.minPriceMinor !== undefined || query.maxPriceMinor !== undefined)
    filter.push({ range: { priceMinor: { gte: query.minPriceMinor, lte: query.maxPriceMinor } } })
  return {
    filter,
    ...(query.hiddenShopIds.length > 0 && { must_not: [{ terms: { shopId: query.hiddenShopIds } }] }),
  }
}

const fieldOf: Readonly<Record<Exclude<Sort, 'newest'>, string>> = {
  relevance: 'score',
  rating: 'ratingKey',
  price: 'priceMinor',
  'price-desc': 'priceMinor',
}

function sortOf({ sort, words }: EngineQuery): Json[] {
  if (sort === 'newest') return [{ productId: 'desc' }]
  const direction = sort === 'price' ? 'asc' : 'desc'
  const field = sort === 'relevance' && words.length > 0 ? '_score' : fieldOf[sort]
  return [{ [field]: direction }, { productId: direction }]
}

const facets: Json = {
  categories: { terms: { field: 'categoryIds', size: 50 } },
  shops: { terms: { field: 'shopId', size: 20 } },
  stars: {
    range: {
      field: 'ratingTenths',
      keyed: false,
      ranges: [4, 3, 2, 1].map((stars) => ({ key: String(stars), from: stars * 10 })),
    },
  },
  available: { filter: { term: { available: true } } },
  currencies: {
    terms: { field: 'currency', size: 1 },
    aggs: {
      prices: {
        range: {
          field: 'priceMinor',
          keyed: false,
          ranges: [...priceEdges.keys(), priceEdges.length].map((bucket) => ({
            key: String(bucket),
            ...(bucket > 0 && { from: priceEdges[bucket - 1] }),
            ...(bucket < priceEdges.length && { to: priceEdges[bucket] }),
          })),
        },
      },
    },
  },
}

export function searchBody(query: EngineQuery): Json {
  const { words, after } = query
  const found = {
    bool: { ...filtersOf(query), must: words.map((word) => wordQuery(word, query.language)) },
  }
  return {
    // Quality decides between what the words make equal: a tenth of a point at most.
    query:
      words.length === 0
        ? found
        : {
            function_score: {
              query: found,
              field_value_factor: { field: 'score', factor: 0.00001, missing: 0 },
              boost_mode: 'sum',
            },
          },
    sort: sortOf(query),
    size: query.limit + 1,
    track_total_hits: maxCounted,
    track_scores: words.length > 0,
    ...(after !== undefined && {
      search_after: query.sort === 'newest' ? [after.productId] : [after.key, after.productId],
    }),
    ...(query.withFacets && { aggs: facets }),
  }
}

type Bucket = { key: string; doc_count: number }
export type Aggregations = {
  categories: { buckets: Bucket[] }
  shops: { buckets: Bucket[] }
  stars: { buckets: Bucket[] }
  available: { doc_count: number }
  currencies: { buckets: (Bucket & { prices: { buckets: Bucket[] } })[] }
}

export function facetsFrom(found: Aggregations): Facets {
  const [currency] = found.currencies.buckets
  return {
    categories: found.categories.buckets.map(({ key, doc_count: count }) => ({ categoryId: key, count })),
    shops: found.shops.buckets.map(({ key, doc_count: count }) => ({ shopId: key, count })),
    stars: found.stars.buckets
      .map(({ key, doc_count: count }) => ({ stars: Number(key), count }))
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => b.stars - a.stars),
    available: found.available.doc_count,
    prices: currency && {
      currency: currency.key,
      buckets: currency.prices.buckets
        .map(({ key, doc_count: count }) => ({ bucket: Number(key), count }))
        .filter(({ count }) => count > 0),
    },
  }
}

import type { Cache } from '@souk/cache'
import { cursorOf, ok, readCursor, route, type Route, shared } from '@souk/http'
import type { Static } from 'typebox'
import { languageOfCode } from './document.ts'
import type { After } from './engine.ts'
import { type SearchDeps, searchProducts, suggest } from './search-products.ts'
import { SearchAnswer, SearchQuery, SuggestionsAnswer, SuggestionsQuery } from './views.ts'

const tag = 'Search'
// The index is half a second behind anyway; on a sale day a cache in front answers the crowd.
const cacheable = { 'cache-control': 'public, max-age=10, stale-while-revalidate=60' }
/** What many look for at once is looked up once. */
const keptMs = 1_000

/** @param cache left out: every search is made anew */
export const searchRoutes = (deps: SearchDeps, cache?: Cache): Route[] => {
  const firsts = cache?.region<SearchPage>('search.first', { ttlMs: keptMs })
  return [
    route({
      method: 'GET',
      url: '/v1/search',
      operationId: 'searchProducts',
      summary: 'Find products',
      description:
        'What is on show in open shops, by words, filters or both. Facets and the total come with the first page and are bounded: `exact` says whether all matches were counted. A page may have fewer than `limit` items and a `nextCursor`: go on until that is null.',
      tag,
      access: 'public',
      query: SearchQuery,
      answers: { 200: SearchAnswer },
      errors: ['search-category-not-found', 'search-shop-not-found', 'search-unavailable'],
      async handle({ query }) {
        if (firsts === undefined || query.cursor !== undefined) return ok(await pageOf(deps, query), cacheable)
        const which = JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)))
        const page = await firsts.through(which, async () => ({ value: await pageOf(deps, query), tags: [] }))
        return shared(page as SearchPage, cacheable)
      },
    }),
    route({
      method: 'GET',
      url: '/v1/search/suggestions',
      operationId: 'suggestSearches',
      summary: 'Suggest what somebody may be typing',
      description:
        'Words that lead somewhere, categories, shops and products, from two letters on. Typing errors are forgiven.',
      tag,
      access: 'public',
      query: SuggestionsQuery,
      answers: { 200: SuggestionsAnswer },
      errors: ['search-unavailable'],
      handle: async ({ query }) => ok({ items: await suggest(deps, query.q, query.limit) }, cacheable),
    }),
  ]
}

type SearchPage = Awaited<ReturnType<typeof pageOf>>

async function pageOf(deps: SearchDeps, query: Static<typeof SearchQuery>) {
  const { cursor, limit, sort } = query
  const list = JSON.stringify([
    'search',
    sort,
    query.q ?? '',
    query.category,
    query.shop,
    query.minPriceMinor,
    query.maxPriceMinor,
    query.currency,
    query.rating,
    query.available,
  ])
  const after = afterOf(shortened(list), cursor)
  const { next, ...answer } = await searchProducts(deps, {
    text: query.q ?? '',
    language: languageOfCode(query.language),
    category: query.category,
    shop: query.shop,
    minPriceMinor: query.minPriceMinor,
    maxPriceMinor: query.maxPriceMinor,
    currency: query.currency,
    minStars: query.rating,
    availableOnly: query.available ?? false,
    sort,
    after,
    limit,
  })
  return {
    ...answer,
    nextCursor:
      next === undefined ? null : cursorOf(shortened(list), String(next.key), next.productId, next.walked ? 1 : 0),
  }
}

/** A cursor names its list; 200 letters of a question would make it long. */
const shortened = (list: string): string => {
  let hash = 0
  for (const letter of list) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0
  return `search ${hash}`
}

/** Keys are whole numbers in PostgreSQL and ranks with fractions in OpenSearch. @throws validation-failed */
function afterOf(list: string, cursor: string | undefined): After | undefined {
  const place = readCursor(list, cursor, 'text', 'id', 'integer')
  if (place === undefined) return undefined
  const [key, productId, walked] = [Number(place[0]), place[1], place[2] === 1]
  const isPlace = walked ? Number.isSafeInteger(key) : Math.abs(key) <= Number.MAX_SAFE_INTEGER
  // A cursor somebody has written himself: refused in the words of any other that is none of this list.
  if (!isPlace) readCursor(list, '-', 'id')
  return { key, productId, walked }
}

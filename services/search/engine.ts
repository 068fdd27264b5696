import type { SearchDocument } from './document.ts'
import type { Language } from './document.ts'

export const sorts = ['relevance', 'price', 'price-desc', 'newest', 'rating'] as const
export type Sort = (typeof sorts)[number]

/**
 * Where a page begins: behind the hit with this sort key and product. `walked`: the list is the index of its sort, because
 * there were more matches than are counted; a list stays what it began as.
 */
export type After = { key: number; productId: string; walked: boolean }

export type EngineQuery = {
  /** Without case and signs, at most twelve; none: everything there is. */
  words: readonly string[]
  language: Language
  categoryId: string | undefined
  shopId: string | undefined
  currency: string | undefined
  minPriceMinor: number | undefined
  maxPriceMinor: number | undefined
  /** Whole stars, 1 to 5. */
  minStars: number | undefined
  availableOnly: boolean
  /** Shops that have just closed, whose products may still be in the index. */
  hiddenShopIds: readonly string[]
  sort: Sort
  after: After | undefined
  limit: number
  withFacets: boolean
}

export type Hit = Pick<
  SearchDocument,
  'productId' | 'shopId' | 'title' | 'priceMinor' | 'currency' | 'ratingTenths' | 'available' | 'card'
>

/** Counted over the matches, `maxCounted` at most. */
export type Facets = {
  categories: { categoryId: string; count: number }[]
  shops: { shopId: string; count: number }[]
  stars: { stars: number; count: number }[]
  available: number
  /** By `priceEdges`: bucket 0 is below the first edge. In the currency most matches have. */
  prices: { currency: string; buckets: { bucket: number; count: number }[] } | undefined
}

export type EngineResult = {
  hits: Hit[]
  next: After | undefined
  /** How many there are; `exact` false: at least so many. */
  total: { count: number; exact: boolean }
  facets: Facets | undefined
}

export type Completion = { text: string }
/** `version` of the product; 0 where it was not kept. */
export type Listed = { productId: string; shopId: string; version: number }
export type TitleMatch = Pick<Hit, 'productId' | 'shopId' | 'title' | 'card'>

/** Keeps documents and finds them. What it was given is found after a second at most. */
export type SearchEngine = {
  readonly name: 'postgresql' | 'opensearch'
  /** Make what is missing; harmless to repeat. */
  ready(): Promise<void>
  /** Into the index that is searched, and into the one being filled while there is one. */
  write(documents: readonly SearchDocument[], gone: readonly { productId: string; mark: number }[]): Promise<void>
  search(query: EngineQuery): Promise<EngineResult>
  /** The words as they most likely were meant; undefined when nothing better is known. */
  correct(words: readonly string[]): Promise<string[] | undefined>
  /** What the last of these words may become, so that something is found: the commonest first. */
  complete(words: readonly string[], limit: number): Promise<Completion[]>
  /** Products whose title begins with this. */
  titles(prefix: string, limit: number, hiddenShopIds: readonly string[]): Promise<TitleMatch[]>
  /** An empty index beside the one that is searched; one that was there, half filled, is emptied. */
  beginRebuild(): Promise<void>
  /** Search the new one from now on, and let go of the old one. */
  finishRebuild(): Promise<void>
  /** What is in the index that is searched, by id: for the audit. */
  listed(afterId: string, limit: number): Promise<Listed[]>
  close(): Promise<void>
}

/** Matches counted and ranked at most. Beyond, "more than" is said, and lists by a sort key walk its index. */
export const maxCounted = 5_000

/** Edges between price ranges, in minor units: 1, 2, 5, 10 … as people round. */
export const priceEdges: readonly number[] = [2, 3, 4, 5, 6, 7, 8, 9].flatMap((power) =>
  [1, 2, 5].map((factor) => factor * 10 ** power),
)

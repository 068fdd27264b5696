import { type Sql, sql, type Tx } from '@souk/postgres'
import { type After, type EngineQuery, type Facets, type Hit, maxCounted, priceEdges, type Sort } from '../engine.ts'
import { availableFacet, currencyFacet, starFacet } from './documents.sql.ts'

/**
 * Rows of a sort's index walked over at most for one page, once there are more matches than are counted. So many of them
 * match that a page is nearly always full: 5,000 of 5 million are one in a thousand.
 */
export const maxWalked = 20_000

export const wordsQuery = async (tx: Tx, words: readonly string[], language: string): Promise<string | null> =>
  (
    await tx.one<{ query: string | null }>(sql`
      select words_query(${words}::text[], ${language})::text as query`)
  ).query

const facetsOf = (query: EngineQuery): string[] => [
  ...(query.shopId === undefined ? [] : [query.shopId]),
  ...(query.categoryId === undefined ? [] : [query.categoryId]),
  ...(query.minStars === undefined ? [] : [starFacet(query.minStars)]),
  ...(query.availableOnly ? [availableFacet] : []),
  ...(query.currency === undefined ? [] : [currencyFacet(query.currency)]),
]

/** What must hold of a row, named d. Words and ids are looked up in one index together. */
function conditions(query: EngineQuery, words: string | null): Sql {
  const facets = facetsOf(query)
  return sql`
    ${words === null ? sql`` : sql`and d.words @@ ${words}::tsquery`}
    ${facets.length === 0 ? sql`` : sql`and d.facets @> ${facets}::uuid[]`}
    ${query.minPriceMinor === undefined ? sql`` : sql`and d.price_minor >= ${query.minPriceMinor}`}
    ${query.maxPriceMinor === undefined ? sql`` : sql`and d.price_minor <= ${query.maxPriceMinor}`}
    ${query.hiddenShopIds.length === 0 ? sql`` : sql`and d.shop_id <> all(${query.hiddenShopIds}::uuid[])`}`
}

const shown = sql`
  d.product_id as "productId", d.shop_id as "shopId", d.title, d.price_minor as "priceMinor", d.currency,
  d.rating_tenths as "ratingTenths", d.available, d.card`

const byId = (sort: Sort) => sort === 'newest'
const descending = (sort: Sort) => sort !== 'price'

/** The number a list is sorted by; the newest are sorted by their ids, which begin with the time. */
function keyOf(sort: Sort, words: string | null): Sql {
  if (sort === 'relevance')
    // Ranks are between 0 and 1; a match in the title counts ten times one in the description. Quality decides between equals.
    return words === null
      ? sql`d.score::float8`
      : sql`round((ts_rank('{0.1, 0.3, 0.6, 1.0}', d.words, ${words}::tsquery) * 1e6)::numeric)::float8 * 1e4 + d.score`
  if (sort === 'rating') return sql`d.rating_key::float8`
  return byId(sort) ? sql`0::float8` : sql`d.price_minor::float8`
}

function behind(sort: Sort, after: After | undefined): Sql {
  if (after === undefined) return sql``
  if (byId(sort)) return sql`where m.product_id < ${after.productId}::uuid`
  return descending(sort)
    ? sql`where (m.key, m.product_id) < (${after.key}::float8, ${after.productId}::uuid)`
    : sql`where (m.key, m.product_id) > (${after.key}::float8, ${after.productId}::uuid)`
}

const inOrder = (sort: Sort): Sql => {
  if (byId(sort)) return sql`order by m.product_id desc`
  return descending(sort) ? sql`order by m.key desc, m.product_id desc` : sql`order by m.key, m.product_id`
}

/** Counted over the rows of m. */
const facetsOver = sql`
  json_build_object(
    'categories', (select coalesce(json_agg(c), '[]') from (
      select c.id as "categoryId", count(*) as count from m, unnest(m.category_ids) c (id)
      group by c.id order by count(*) desc, c.id limit 50) c),
    'shops', (select coalesce(json_agg(s), '[]') from (
      select m.shop_id as "shopId", count(*) as count from m group by m.shop_id order by count(*) desc, m.shop_id limit 20) s),
    'stars', (select coalesce(json_agg(r), '[]') from (
      select n.stars, count(m.product_id) as count from generate_series(1, 4) n (stars)
      join m on m.rating_tenths >= n.stars * 10 group by n.stars order by n.stars desc) r),
    'available', (select count(*) from m where m.available),
    'prices', (select json_build_object('currency', c.currency, 'buckets', (select json_agg(b) from (
        select width_bucket(m.price_minor, ${priceEdges}::bigint[]) as bucket, count(*) as count
        from m where m.currency = c.currency group by 1 order by 1) b))
      from (select m.currency from m group by m.currency order by count(*) desc, m.currency limit 1) c))`

export type Keyed = Hit & { key: number }
export type Counted = { matched: number; hits: Keyed[]; facets: Facets | null }

/** All matches, as far as they are counted: how many, a page of them in order, and what they have in common. */
export const countedMatches = (generation: number, query: EngineQuery, words: string | null): Sql => sql`
  with m as materialized (
    select ${shown}, d.product_id, d.shop_id, d.category_ids, d.price_minor, d.rating_tenths, ${keyOf(query.sort, words)} as key
    from documents d where d.generation = ${generation} ${conditions(query, words)} limit ${maxCounted + 1})
  select (select count(*) from m) as matched,
    (select coalesce(json_agg(p), '[]') from (
      select m."productId", m."shopId", m.title, m."priceMinor", m.currency, m."ratingTenths", m.available, m.card, m.key
      from m ${behind(query.sort, query.after)} ${inOrder(query.sort)} limit ${query.limit + 1}) p) as hits,
    ${query.withFacets ? facetsOver : sql`null`} as facets`

const columns: Readonly<Record<Sort, Sql>> = {
  relevance: sql`d.score`,
  rating: sql`d.rating_key`,
  price: sql`d.price_minor`,
  'price-desc': sql`d.price_minor`,
  newest: sql`d.product_id`,
}

/** A range of the index of the sort. */
function walk({ sort, after }: EngineQuery): Sql {
  const column = columns[sort]
  if (byId(sort))
    return sql`${after === undefined ? sql`` : sql`and d.product_id < ${after.productId}::uuid`} order by d.product_id desc`
  const place = after && sql`(${after.key}::bigint, ${after.productId}::uuid)`
  return descending(sort)
    ? sql`${place === undefined ? sql`` : sql`and (${column}, d.product_id) < ${place}`} order by ${column} desc, d.product_id desc`
    : sql`${place === undefined ? sql`` : sql`and (${column}, d.product_id) > ${place}`} order by ${column}, d.product_id`
}

/** Of more matches than are counted: a page along the index of the sort. It may be short; `endOfWalk` says where to go on. */
export const walkedMatches = (generation: number, query: EngineQuery, words: string | null): Sql => sql`
  select ${shown}, ${byId(query.sort) ? sql`0` : columns[query.sort]}::float8 as key
  from (select d.* from documents d where d.generation = ${generation} ${walk(query)} limit ${maxWalked}) d
  where true ${conditions(query, words)} limit ${query.limit + 1}`

/** The last row a walk comes to; none when the index ends before. */
export const endOfWalk = (generation: number, query: EngineQuery): Sql => sql`
  select ${byId(query.sort) ? sql`0` : columns[query.sort]}::float8 as key, d.product_id as "productId"
  from documents d where d.generation = ${generation} ${walk(query)} offset ${maxWalked - 1} limit 1`

/** Which of these are words of some product. */
export const knownWords = async (tx: Tx, words: readonly string[]): Promise<Set<string>> =>
  new Set(
    (
      await tx.many<{ word: string }>(sql`
        select t.given as word from unnest(${words}::text[]) t (given)
        where exists (select from unnest(to_tsvector('words_plain', t.given)) u join words w on w.word = u.lexeme)`)
    ).map((row) => row.word),
  )

export const closeWords = (tx: Tx, word: string, limit: number) =>
  tx.many<{ word: string; likeness: number; uses: number }>(sql`
    select word, likeness, uses from close_words(${word}, ${limit})`)

const behindPrefix = (prefix: string) => `${prefix}\u{10ffff}`

/** Words that begin so, the commonest first; of thousands, 2,000 are looked at. */
export const wordsBeginning = (tx: Tx, prefix: string, limit: number) =>
  tx.many<{ word: string; uses: number }>(sql`
    select w.word, w.uses from (
      select word, uses from words where word >= ${prefix} and word < ${behindPrefix(prefix)} limit 2000) w
    order by w.uses desc, w.word limit ${limit}`)

/** Whether anything is found by these words. */
export const anyMatch = (generation: number, words: string): Sql => sql`
  select 1 as one from documents d where d.generation = ${generation} and d.words @@ ${words}::tsquery limit 1`

export const titlesBeginning = (
  generation: number,
  prefix: string,
  limit: number,
  hiddenShopIds: readonly string[],
): Sql => sql`
  select t."productId", t."shopId", t.title, t.card from (
    select ${shown}, d.shop_id, d.score, d.product_id from documents d
    where d.generation = ${generation} and d.title_key >= ${prefix} and d.title_key < ${behindPrefix(prefix)}
    order by d.title_key limit 200) t
  where t.shop_id <> all(${hiddenShopIds}::uuid[])
  order by t.score desc, t.product_id desc limit ${limit}`

import type { Listed } from '../engine.ts'
import { type Sql, sql, type Tx } from '@souk/postgres'
import { describedLength, ratingKeyOf, scoreOf, type SearchDocument, titleKeyOf } from '../document.ts'

/** Made-up ids, so that one index over ids answers every filter: stars and availability. */
export const starFacet = (stars: number): string => `00000000-0000-4000-8000-00000000000${stars}`
export const availableFacet = '00000000-0000-4000-8000-00000000000a'
/** "EUR" in its last bytes. */
export const currencyFacet = (currency: string): string =>
  `00000000-0000-4000-9000-${Buffer.from(currency).toString('hex').padStart(12, '0').slice(-12)}`

const rowOf = (document: SearchDocument) => ({
  product_id: document.productId,
  mark: document.mark,
  shop_id: document.shopId,
  title: document.title,
  title_key: titleKeyOf(document.title),
  facets: [
    document.shopId,
    ...document.categoryIds,
    currencyFacet(document.currency),
    ...[1, 2, 3, 4, 5].filter((stars) => document.ratingTenths >= stars * 10).map(starFacet),
    ...(document.available ? [availableFacet] : []),
  ],
  category_ids: document.categoryIds,
  price_minor: document.priceMinor,
  currency: document.currency,
  rating_tenths: document.ratingTenths,
  rating_key: ratingKeyOf(document),
  available: document.available,
  score: scoreOf(document),
  language: document.language,
  tags: document.tags.join(' '),
  description: document.description.slice(0, describedLength),
  card: document.card,
})

/** JSON, not arrays: lists within lists cannot be unnested. A document with an older mark changes nothing. */
export const upsertDocuments = (tx: Tx, generation: number, documents: readonly SearchDocument[]) =>
  tx.run(sql`
    insert into documents as d (generation, product_id, mark, shop_id, title, title_key, facets, category_ids, price_minor,
      currency, rating_tenths, rating_key, available, score, words, card)
    select ${generation}, product_id, mark, shop_id, title, title_key, facets, category_ids, price_minor, currency,
      rating_tenths, rating_key, available, score, words_of(language, title, tags, description), card
    from json_to_recordset(${JSON.stringify(documents.map(rowOf))}::json) as t (product_id uuid, mark bigint, shop_id uuid,
      title text, title_key text, facets uuid[], category_ids uuid[], price_minor bigint, currency text,
      rating_tenths smallint, rating_key int, available boolean, score int, language text, tags text, description text,
      card jsonb)
    order by product_id
    on conflict (generation, product_id) do update set mark = excluded.mark, shop_id = excluded.shop_id,
      title = excluded.title, title_key = excluded.title_key, facets = excluded.facets,
      category_ids = excluded.category_ids, price_minor = excluded.price_minor, currency = excluded.currency,
      rating_tenths = excluded.rating_tenths, rating_key = excluded.rating_key, available = excluded.available,
      score = excluded.score, words = excluded.words, card = excluded.card
    where d.mark <= excluded.mark`)

export const deleteDocuments = (tx: Tx, generation: number, gone: readonly { productId: string; mark: number }[]) =>
  tx.run(sql`
    delete from documents d using unnest(${gone.map((one) => one.productId)}::uuid[],
      ${gone.map((one) => one.mark)}::bigint[]) as g (product_id, mark)
    where d.generation = ${generation} and d.product_id = g.product_id and d.mark <= g.mark`)

/** Count the words of products that were not in the index before. */
export const learnWords = (tx: Tx, generation: number, documents: readonly SearchDocument[]) =>
  tx.run(sql`
    insert into words as w (word, uses)
    select lexeme, count(*) from (
      select distinct t.product_id, u.lexeme
      from json_to_recordset(${JSON.stringify(
        documents.map(({ productId, title, tags }) => ({ product_id: productId, text: `${title} ${tags.join(' ')}` })),
      )}::json) as t (product_id uuid, text text), unnest(to_tsvector('words_plain', t.text)) u
      where not exists (select from documents d where d.generation = ${generation} and d.product_id = t.product_id)
        and length(u.lexeme) between 2 and 40) n
    group by lexeme order by lexeme
    on conflict (word) do update set uses = w.uses + excluded.uses`)

export type IndexState = { active: number; building: number | null }

export const readState = (tx: Tx) => tx.one<IndexState>(sql`select active, building from index_state`)
/** Held until a writing is done, so that none goes into a generation that is being let go of. */
export const holdState = (tx: Tx) => tx.one<IndexState>(sql`select active, building from index_state for share`)

export const startBuilding = (tx: Tx) =>
  tx.one<{ building: number }>(sql`
    update index_state set building = 1 - active returning building`)

export const emptyGeneration = (tx: Tx, generation: number) =>
  tx.run(generation === 0 ? sql`truncate documents_0` : sql`truncate documents_1`)

export const switchGeneration = (tx: Tx) =>
  tx.maybeOne<{ old: number }>(sql`
    update index_state set active = building, building = null where building is not null
    returning 1 - active as old`)

export const listedIn = (tx: Tx, generation: number, afterId: string, limit: number) =>
  tx.many<Listed>(sql`
    select product_id as "productId", shop_id as "shopId", coalesce((card->>'version')::bigint, 0) as version
    from documents where generation = ${generation} and product_id > ${afterId}::uuid
    order by product_id limit ${limit}`)

/**
 * For this transaction alone: rows are found by an index, never by reading all, whatever the planner believes of a word;
 * and it looks at the very words, since "red" and "theremin" want different plans.
 */
export const byIndexOnly: Sql = sql`
  select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)`

import { type Sql, sql, type Tx } from '@souk/postgres'

/** What somebody looks for in a shop: the beginnings of words of a title, or the beginning of an article number. */
export type Sought = { words: readonly string[]; sku: string }

const mostWords = 10

export const soughtFor = (text: string): Sought => ({
  words:
    text
      .normalize('NFKC')
      .match(/[\p{L}\p{M}\p{N}]+/gu)
      ?.slice(0, mostWords) ?? [],
  sku: text.trim().toLowerCase(),
})

/**
 * So many are sorted for one page at most, some 20 ms. What more products of a shop have than this is common there, and
 * found soon by walking the list.
 */
export const mostFound = 10_000

/** The expression of the index `products_by_words`. */
const titled = ({ words }: Sought): Sql =>
  words.length === 0
    ? sql`false`
    : sql`to_tsvector('simple', translate(p.title, '/-_.@+<>&', '         ')) @@ to_tsquery('simple', ${words.map((word) => `'${word}':*`).join(' & ')})`
const numbered = ({ sku }: Sought): Sql => sql`lower(v.sku) >= ${sku} and lower(v.sku) < ${`${sku}\u{10ffff}`}`

/** Of a row `p` of products. */
export const isSought = (sought: Sought): Sql =>
  sql`(${titled(sought)} or exists (select from variants v where v.product_id = p.product_id and ${numbered(sought)}))`

export const productsSought = (shopId: string, sought: Sought): Sql => sql`
  (select p.product_id as "productId" from products p where p.shop_id = ${shopId} and ${titled(sought)} limit ${mostFound + 1})
  union all
  (select v.product_id from variants v where v.shop_id = ${shopId} and ${numbered(sought)} limit ${mostFound + 1})`

/** Ids in no order; undefined where they are more than `mostFound`. */
export async function findSought(tx: Tx, shopId: string, sought: Sought): Promise<string[] | undefined> {
  const rows = await tx.many<{ productId: string }>(productsSought(shopId, sought))
  return rows.length > mostFound ? undefined : [...new Set(rows.map(({ productId }) => productId))]
}

import { type Sql, sql, type Tx } from '@souk/postgres'
import type { ProductStatus } from './product.ts'
import { type ProductRow, selectProduct } from './products.sql.ts'
import { isSought, type Sought } from './sought.sql.ts'

export const productSorts = ['newest', 'price', 'price-desc', 'title'] as const
export type ProductSort = (typeof productSorts)[number]

/** Where a page begins: behind this sort key and id. The key of `newest` is the id itself. */
export type After = { key: string | number; id: string }

export type ProductList = {
  sort: ProductSort
  after: After | undefined
  /**
   * The index walked: everything on show, what is under a category or tag, or a shop's products in these states; or just
   * these products of a shop, which were found before.
   */
  walk:
    | { kind: 'all' }
    | { kind: 'facet'; facet: string }
    | { kind: 'shop'; shopId: string; statuses: readonly ProductStatus[]; productIds?: readonly string[] | undefined }
  /** What else must hold of a product; looked up in the rows walked over. */
  facets: readonly string[]
  sought?: Sought | undefined
  minPriceMinor: number | undefined
  maxPriceMinor: number | undefined
  currency: string | undefined
  /** Leave out products of shops that are not open: at once, before `listed` has followed. */
  openShopsOnly: boolean
}

/**
 * Rows walked over for one page at most. A rare combination of filters may find fewer than a page in them; the page is then
 * short and its cursor goes on from there. So no request reads more than this, whatever is asked.
 */
export const maxWalked = 2_000

const order: Record<ProductSort, Sql> = {
  newest: sql`order by d.product_id desc`,
  price: sql`order by d.price_from_minor, d.product_id`,
  'price-desc': sql`order by d.price_from_minor desc, d.product_id desc`,
  title: sql`order by d.title_key, d.product_id`,
}
const orderOfWindow: Record<ProductSort, Sql> = {
  newest: sql`order by w.product_id desc`,
  price: sql`order by w.key, w.product_id`,
  'price-desc': sql`order by w.key desc, w.product_id desc`,
  title: sql`order by w.key, w.product_id`,
}
const backwards: Record<ProductSort, Sql> = {
  newest: sql`order by w.product_id`,
  price: sql`order by w.key desc, w.product_id desc`,
  'price-desc': sql`order by w.key, w.product_id`,
  title: sql`order by w.key desc, w.product_id desc`,
}
const key: Record<ProductSort, Sql> = {
  newest: sql`d.product_id as key`,
  price: sql`d.price_from_minor as key`,
  'price-desc': sql`d.price_from_minor as key`,
  title: sql`d.title_key as key`,
}

function behind(sort: ProductSort, after: After | undefined): Sql {
  if (after === undefined) return sql``
  if (sort === 'newest') return sql`and d.product_id < ${after.id}::uuid`
  if (sort === 'price') return sql`and (d.price_from_minor, d.product_id) > (${after.key}::bigint, ${after.id}::uuid)`
  if (sort === 'price-desc')
    return sql`and (d.price_from_minor, d.product_id) < (${after.key}::bigint, ${after.id}::uuid)`
  return sql`and (d.title_key, d.product_id) > (${after.key}::text, ${after.id}::uuid)`
}

const byPrice = (sort: ProductSort) => sort === 'price' || sort === 'price-desc'

/** Sorted by price, a price range is a range of the index; otherwise it is looked up row by row. */
function walkedRange(list: ProductList): Sql {
  const range = byPrice(list.sort)
    ? sql`${list.minPriceMinor === undefined ? sql`` : sql`and d.price_from_minor >= ${list.minPriceMinor}`}
          ${list.maxPriceMinor === undefined ? sql`` : sql`and d.price_from_minor <= ${list.maxPriceMinor}`}`
    : sql``
  return sql`${behind(list.sort, list.after)} ${range} ${order[list.sort]} limit ${maxWalked}`
}

function windowOf(list: ProductList): Sql {
  const { walk } = list
  const columns = sql`select d.product_id, ${key[list.sort]}`
  if (walk.kind === 'all') return sql`(${columns} from products d where d.listed ${walkedRange(list)})`
  if (walk.kind === 'facet')
    return sql`(${columns} from listings d where d.facet = ${walk.facet}::uuid ${walkedRange(list)})`
  if (walk.productIds !== undefined)
    return sql`(${columns} from products d where d.product_id = any(${walk.productIds}::uuid[])
      and d.status = any(${walk.statuses}) ${walkedRange(list)})`
  const ranges = walk.statuses.map(
    (status) =>
      sql`(${columns} from products d where d.shop_id = ${walk.shopId}::uuid and d.status = ${status} ${walkedRange(list)})`,
  )
  const [first = sql``, ...more] = ranges
  return more.length === 0
    ? first
    : sql`(select * from (${more.reduce((all, range) => sql`${all} union all ${range}`, first)}) w ${orderOfWindow[list.sort]} limit ${maxWalked})`
}

function filters(list: ProductList): Sql {
  const price = byPrice(list.sort)
    ? sql``
    : sql`${list.minPriceMinor === undefined ? sql`` : sql`and p.price_from_minor >= ${list.minPriceMinor}`}
          ${list.maxPriceMinor === undefined ? sql`` : sql`and p.price_from_minor <= ${list.maxPriceMinor}`}`
  return sql`
    ${list.facets.length === 0 ? sql`` : sql`and p.facets @> ${list.facets}::uuid[]`}
    ${list.sought === undefined ? sql`` : sql`and ${isSought(list.sought)}`}
    ${list.currency === undefined ? sql`` : sql`and p.currency = ${list.currency}`}
    ${list.openShopsOnly ? sql`and (select s.status from shops s where s.shop_id = p.shop_id) = 'open'` : sql``}
    ${price}`
}

export type ListedRow = ProductRow & { key: string | number }

export const productsOfList = (list: ProductList, limit: number): Sql => sql`
  select ${selectProduct}, w.key
  from ${windowOf(list)} w join products p on p.product_id = w.product_id
  where true ${filters(list)} ${orderOfWindow[list.sort]} limit ${limit}`

export const endOfWalk = (list: ProductList): Sql => sql`
  select w.key, w.product_id as id, (select count(*) from ${windowOf(list)} n) as walked
  from ${windowOf(list)} w ${backwards[list.sort]} limit 1`

/** A page of products without variants, and where the next one begins. */
export async function listProducts(
  tx: Tx,
  list: ProductList,
  limit: number,
): Promise<{ rows: ListedRow[]; next: After | undefined }> {
  const rows = await tx.many<ListedRow>(productsOfList(list, limit + 1))
  if (rows.length > limit) {
    const last = rows[limit - 1] as ListedRow
    return { rows: rows.slice(0, limit), next: { key: last.key, id: last.productId } }
  }
  const end = await tx.maybeOne<After & { walked: number }>(endOfWalk(list))
  return { rows, next: end !== undefined && end.walked >= maxWalked ? { key: end.key, id: end.id } : undefined }
}

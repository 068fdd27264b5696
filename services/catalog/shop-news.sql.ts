import { sql, type Tx } from '@souk/postgres'

/** Shops that opened or stopped since their products were last listed or hidden. */
export const shopsToRelist = (tx: Tx, limit: number) =>
  tx.many<{ shopId: string; open: boolean; version: number }>(sql`
    select shop_id as "shopId", status = 'open' as open, version from shops where relist_due limit ${limit}`)

/**
 * Show or hide the next of a shop's active products, `limit` at most, with their listings. Resolves to the last one looked at.
 */
export const relistNext = (tx: Tx, shopId: string, open: boolean, afterId: string, limit: number) =>
  tx.maybeOne<{ lastId: string }>(sql`
    with
      next as materialized (
        select product_id, listed, facets, price_from_minor, title_key from products
        where shop_id = ${shopId} and status = 'active' and product_id > ${afterId}::uuid
        order by product_id limit ${limit} for update),
      changed as (
        update products p set listed = ${open}::boolean from next n
        where p.product_id = n.product_id and n.listed <> ${open}::boolean returning 1),
      hidden as (
        delete from listings l using next n, unnest(n.facets) as f (facet)
        where not ${open}::boolean and l.facet = f.facet and l.product_id = n.product_id returning 1),
      shown as (
        insert into listings (facet, product_id, price_from_minor, title_key)
        select f.facet, n.product_id, n.price_from_minor, n.title_key from next n, unnest(n.facets) as f (facet) where ${open}::boolean
        on conflict do nothing returning 1)
    select product_id as "lastId" from next order by product_id desc limit 1`)

/** Done, unless there was newer news of the shop on the way: then it begins again. */
export const markRelisted = (tx: Tx, shopId: string, version: number) =>
  tx.run(sql`update shops set relist_due = false where shop_id = ${shopId} and version = ${version}`)

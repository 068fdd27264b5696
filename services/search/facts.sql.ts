import { sql, type Tx } from '@souk/postgres'

export type ShopFact = { shopId: string; version: number; name: string; slug: string; status: string; country: string }

const firstId = '00000000-0000-0000-0000-000000000000'

/** Newer news of shops; older changes nothing. The products of one that opens or stops are marked later. */
export const upsertShops = (tx: Tx, shops: readonly ShopFact[]) =>
  tx.run(sql`
    insert into shops as s (shop_id, version, name, slug, status, country, remark_after)
    select t.*, case when t.status = 'open' then ${firstId}::uuid end from unnest(${shops.map((shop) => shop.shopId)}::uuid[], ${shops.map((shop) => shop.version)}::bigint[],
      ${shops.map((shop) => shop.name)}::text[], ${shops.map((shop) => shop.slug)}::text[],
      ${shops.map((shop) => shop.status)}::text[], ${shops.map((shop) => shop.country)}::text[])
      as t (shop_id, version, name, slug, status, country)
    on conflict (shop_id) do update set version = excluded.version, name = excluded.name, slug = excluded.slug,
      status = excluded.status, country = excluded.country,
      remark_after = case when (s.status = 'open') <> (excluded.status = 'open') then ${firstId}::uuid else s.remark_after end
    where s.version < excluded.version`)

export type SaleFact = {
  saleWindowId: string
  productId: string
  variantId: string
  priceMinor: number
  startsAt: Date
  endsAt: Date
  changedAtMs: number
  planned: boolean
}

/** Newer news of sale windows. `turn_at` is when the price changes next. */
export const upsertSales = (tx: Tx, sales: readonly SaleFact[], now: Date) =>
  tx.run(sql`
    insert into sales as s (sale_window_id, product_id, variant_id, price_minor, starts_at, ends_at, changed_at_ms, planned, turn_at)
    select t.*, case when not t.planned then null when t.starts_at > ${now} then t.starts_at
      when t.ends_at > ${now} then t.ends_at end
    from unnest(${sales.map((sale) => sale.saleWindowId)}::uuid[], ${sales.map((sale) => sale.productId)}::uuid[],
      ${sales.map((sale) => sale.variantId)}::uuid[], ${sales.map((sale) => sale.priceMinor)}::bigint[],
      ${sales.map((sale) => sale.startsAt)}::timestamptz[], ${sales.map((sale) => sale.endsAt)}::timestamptz[],
      ${sales.map((sale) => sale.changedAtMs)}::bigint[], ${sales.map((sale) => sale.planned)}::boolean[])
      as t (sale_window_id, product_id, variant_id, price_minor, starts_at, ends_at, changed_at_ms, planned)
    on conflict (sale_window_id) do update set price_minor = excluded.price_minor, starts_at = excluded.starts_at,
      ends_at = excluded.ends_at, changed_at_ms = excluded.changed_at_ms, planned = excluded.planned, turn_at = excluded.turn_at
    where s.changed_at_ms < excluded.changed_at_ms`)

export type RunningSale = { productId: string; variantId: string; priceMinor: number; endsAt: Date }

export const runningSales = (tx: Tx, productIds: readonly string[], now: Date) =>
  tx.many<RunningSale>(sql`
    select product_id as "productId", variant_id as "variantId", price_minor as "priceMinor", ends_at as "endsAt" from sales
    where product_id = any(${productIds}::uuid[]) and planned and starts_at <= ${now} and ends_at > ${now}`)

/** Mark the products whose sale has begun or ended since. */
export const markTurned = (tx: Tx, now: Date, limit: number) =>
  tx.run(sql`
    with turned as (
      update sales s set turn_at = case when s.ends_at > ${now} then s.ends_at end
      where s.sale_window_id in (select sale_window_id from sales where turn_at <= ${now} order by turn_at limit ${limit})
      returning s.product_id)
    insert into due (product_id) select distinct product_id from turned order by product_id
    on conflict (product_id) do update set mark = nextval('marks')`)

/** Sales that are over, once nobody asks any more. */
export const forgetSales = (tx: Tx, before: Date, limit: number) =>
  tx.run(sql`
    delete from sales where sale_window_id in (
      select sale_window_id from sales where ends_at < ${before} and turn_at is null limit ${limit})`)

export type RatingFact = { productId: string; version: number; ratingTenths: number; ratingCount: number }

export const upsertRatings = (tx: Tx, ratings: readonly RatingFact[]) =>
  tx.run(sql`
    insert into ratings as r (product_id, version, rating_tenths, rating_count)
    select * from unnest(${ratings.map((rating) => rating.productId)}::uuid[],
      ${ratings.map((rating) => rating.version)}::bigint[], ${ratings.map((rating) => rating.ratingTenths)}::smallint[],
      ${ratings.map((rating) => rating.ratingCount)}::int[])
    on conflict (product_id) do update set version = excluded.version, rating_tenths = excluded.rating_tenths,
      rating_count = excluded.rating_count
    where r.version < excluded.version`)

export const findRatings = (tx: Tx, productIds: readonly string[]) =>
  tx.many<RatingFact>(sql`
    select product_id as "productId", version, rating_tenths as "ratingTenths", rating_count as "ratingCount" from ratings
    where product_id = any(${productIds}::uuid[])`)

export const findShops = (tx: Tx, shopIds: readonly string[]) =>
  tx.many<ShopFact>(sql`
    select shop_id as "shopId", version, name, slug, status, country from shops where shop_id = any(${shopIds}::uuid[])`)

export const findShopBySlug = (tx: Tx, slug: string) =>
  tx.maybeOne<ShopFact>(sql`
    select shop_id as "shopId", version, name, slug, status, country from shops where slug = ${slug} order by version desc limit 1`)

/** Shops that are not open and whose products may still be found. */
export const closingShops = async (tx: Tx): Promise<string[]> =>
  (
    await tx.many<{ shopId: string }>(sql`
      select shop_id as "shopId" from shops where remark_after is not null and status <> 'open' limit 1000`)
  ).map((row) => row.shopId)

/** Open shops whose name begins so; in any case. */
export const shopsBeginning = (tx: Tx, prefix: string, limit: number) =>
  tx.many<{ shopId: string; name: string; slug: string }>(sql`
    select shop_id as "shopId", name, slug from shops
    where lower(name) collate "C" >= ${prefix} and lower(name) collate "C" < ${`${prefix}\u{10ffff}`} and status = 'open'
    order by lower(name) collate "C" limit ${limit}`)

export type CategoryFact = {
  categoryId: string
  parentId: string | null
  slug: string
  title: string
  path: string
  ancestorIds: string[]
}

const category = sql`category_id as "categoryId", parent_id as "parentId", slug, title, path, ancestor_ids as "ancestorIds"`

/** All of them, as catalog has them now; those it has no more go. JSON: lists within lists cannot be unnested. */
export const replaceCategories = async (tx: Tx, categories: readonly CategoryFact[], now: Date): Promise<void> => {
  await tx.run(sql`
    insert into categories (category_id, parent_id, slug, title, path, ancestor_ids, seen_at)
    select t."categoryId", t."parentId", t.slug, t.title, t.path, t."ancestorIds", ${now}
    from json_to_recordset(${JSON.stringify(categories)}::json) as t ("categoryId" uuid, "parentId" uuid, slug text,
      title text, path text, "ancestorIds" uuid[])
    on conflict (category_id) do update set title = excluded.title, path = excluded.path, seen_at = excluded.seen_at`)
  await tx.run(sql`delete from categories where seen_at < ${now}`)
}

export const findCategories = (tx: Tx, categoryIds: readonly string[]) =>
  tx.many<CategoryFact>(sql`select ${category} from categories where category_id = any(${categoryIds}::uuid[])`)

export const findCategoryBySlug = (tx: Tx, slug: string) =>
  tx.maybeOne<CategoryFact>(sql`select ${category} from categories where slug = ${slug}`)

/** Categories are few: thousands. A word of their title begins so. */
export const categoriesBeginning = (tx: Tx, prefix: string, limit: number) =>
  tx.many<CategoryFact>(sql`
    select ${category} from categories where starts_with(lower(title), ${prefix}) or strpos(lower(title), ${` ${prefix}`}) > 0
    order by array_length(ancestor_ids, 1), title limit ${limit}`)

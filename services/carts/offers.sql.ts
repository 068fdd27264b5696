import { sql, type Tx } from '@souk/postgres'
import type { Offer } from './cart.ts'

export type ProductNews = { productId: string; shopId: string; slug: string; selling: boolean; version: number }
export type OfferNews = {
  variantId: string
  productId: string
  sku: string
  title: string
  priceMinor: number
  currency: string
  active: boolean
}

/** Take over newer news of products, each once. @returns the products that changed */
export const upsertProducts = async (tx: Tx, products: readonly ProductNews[]): Promise<Set<string>> =>
  new Set(
    (
      await tx.many<{ id: string }>(sql`
        insert into products as p (product_id, shop_id, slug, selling, version)
        select * from unnest(${products.map((each) => each.productId)}::uuid[],
          ${products.map((each) => each.shopId)}::uuid[], ${products.map((each) => each.slug)}::text[],
          ${products.map((each) => each.selling)}::boolean[], ${products.map((each) => each.version)}::bigint[])
        on conflict (product_id) do update set shop_id = excluded.shop_id, slug = excluded.slug,
          selling = excluded.selling, version = excluded.version where p.version < excluded.version
        returning product_id as id`)
    ).map(({ id }) => id),
  )

/** What these products are sold as now; variants they no longer have are no longer sold. */
export async function replaceOffers(tx: Tx, productIds: readonly string[], offers: readonly OfferNews[]) {
  await tx.run(sql`update offers set active = false where product_id = any(${productIds}::uuid[])`)
  await tx.run(sql`
    insert into offers (variant_id, product_id, sku, title, price_minor, currency, active)
    select * from unnest(${offers.map((each) => each.variantId)}::uuid[],
      ${offers.map((each) => each.productId)}::uuid[], ${offers.map((each) => each.sku)}::text[],
      ${offers.map((each) => each.title)}::text[], ${offers.map((each) => each.priceMinor)}::bigint[],
      ${offers.map((each) => each.currency)}::text[], ${offers.map((each) => each.active)}::boolean[])
    on conflict (variant_id) do update set product_id = excluded.product_id, sku = excluded.sku, title = excluded.title,
      price_minor = excluded.price_minor, currency = excluded.currency, active = excluded.active`)
}

export type WindowNews = {
  saleWindowId: string
  variantId: string
  priceMinor: number
  startsAt: Date
  endsAt: Date
  capPerCustomer: number
  planned: boolean
  changedAt: Date
}

export const upsertWindows = (tx: Tx, windows: readonly WindowNews[]) =>
  tx.run(sql`
    insert into sale_windows as w (sale_window_id, variant_id, price_minor, starts_at, ends_at, cap_per_customer, planned, changed_at)
    select distinct on (id) * from unnest(${windows.map((each) => each.saleWindowId)}::uuid[],
      ${windows.map((each) => each.variantId)}::uuid[], ${windows.map((each) => each.priceMinor)}::bigint[],
      ${windows.map((each) => each.startsAt)}::timestamptz[], ${windows.map((each) => each.endsAt)}::timestamptz[],
      ${windows.map((each) => each.capPerCustomer)}::int[], ${windows.map((each) => each.planned)}::boolean[],
      ${windows.map((each) => each.changedAt)}::timestamptz[])
      as news (id, variant_id, price_minor, starts_at, ends_at, cap_per_customer, planned, changed_at)
    order by id, changed_at desc, planned
    on conflict (sale_window_id) do update set price_minor = excluded.price_minor, starts_at = excluded.starts_at,
      ends_at = excluded.ends_at, cap_per_customer = excluded.cap_per_customer, planned = excluded.planned,
      changed_at = excluded.changed_at
    where w.changed_at <= excluded.changed_at and w.planned`)

export const deleteWindowsOver = (tx: Tx, before: Date) =>
  tx.run(sql`delete from sale_windows where ends_at < ${before}`)

export const upsertShops = (
  tx: Tx,
  shops: readonly { shopId: string; name: string; slug: string; selling: boolean; version: number }[],
) =>
  tx.run(sql`
    insert into shops as s (shop_id, name, slug, selling, version)
    select * from unnest(${shops.map((each) => each.shopId)}::uuid[], ${shops.map((each) => each.name)}::text[],
      ${shops.map((each) => each.slug)}::text[], ${shops.map((each) => each.selling)}::boolean[],
      ${shops.map((each) => each.version)}::bigint[])
    on conflict (shop_id) do update set name = excluded.name, slug = excluded.slug, selling = excluded.selling,
      version = excluded.version where s.version < excluded.version`)

/** What is known of these variants at this moment. */
export const readOffers = (tx: Tx, variantIds: readonly string[], now: Date) =>
  tx.many<Offer>(sql`
    select o.variant_id as "variantId", o.product_id as "productId", p.shop_id as "shopId", p.slug as "productSlug", o.sku,
      o.title, o.currency, coalesce(w.price_minor, o.price_minor) as "priceMinor", w.ends_at as "saleEndsAt",
      coalesce(w.cap_per_customer, 0) as "capPerCustomer", o.active and p.selling as selling,
      coalesce(s.selling, false) as "shopSelling"
    from offers o join products p using (product_id) left join shops s using (shop_id)
    left join lateral (
      select price_minor, ends_at, cap_per_customer from sale_windows w
      where w.variant_id = o.variant_id and w.planned and w.starts_at <= ${now} and w.ends_at > ${now}
      order by w.starts_at limit 1) w on true
    where o.variant_id = any(${variantIds}::uuid[])`)

export const shopNames = (tx: Tx, shopIds: readonly string[]) =>
  tx.many<{ shopId: string; name: string; slug: string }>(
    sql`select shop_id as "shopId", name, slug from shops where shop_id = any(${shopIds}::uuid[])`,
  )

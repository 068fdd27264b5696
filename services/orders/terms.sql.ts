import { sql, type Tx } from '@souk/postgres'
import type { SaleWindow, Terms } from './terms.ts'

type TermsRow = {
  variant_id: string
  product_id: string
  shop_id: string
  sku: string
  title: string
  price_minor: number
  currency: string
  price_version: number
  selling: boolean
  shop_selling: boolean | null
  asks: boolean | null
  version: number
  windows: [string, number, number, number, number][] | null
}

/** The terms of these variants, with sale windows not yet ended. Unknown variants are left out. */
export async function readTerms(tx: Tx, variantIds: readonly string[]): Promise<Terms[]> {
  const rows = await tx.many<TermsRow>(sql`
    select o.variant_id, o.product_id, o.shop_id, o.sku, o.title, o.price_minor, o.currency, o.price_version, o.selling,
      s.selling as shop_selling, s.asks,
      -- Either may grow, neither shrinks: the same sum means that both are the same.
      o.version + coalesce(s.epoch, 0) as version,
      (select jsonb_agg(jsonb_build_array(w.sale_window_id, w.price_minor, (extract(epoch from w.starts_at) * 1000)::bigint,
          (extract(epoch from w.ends_at) * 1000)::bigint, w.cap_per_customer) order by w.starts_at)
        from sale_windows w where w.variant_id = o.variant_id and w.ended_at is null) as windows
    from offers o left join shops s on s.shop_id = o.shop_id
    where o.variant_id = any(${variantIds}::uuid[])`)
  return rows.map((row) => ({
    variantId: row.variant_id,
    productId: row.product_id,
    shopId: row.shop_id,
    sku: row.sku,
    title: row.title,
    priceMinor: row.price_minor,
    currency: row.currency,
    priceVersion: row.price_version,
    selling: row.selling,
    shopSelling: row.shop_selling ?? false,
    asks: row.asks ?? false,
    version: row.version,
    windows: (row.windows ?? []).map(
      ([saleWindowId, priceMinor, startsAtMs, endsAtMs, capPerCustomer]): SaleWindow => ({
        saleWindowId,
        priceMinor,
        startsAtMs,
        endsAtMs,
        capPerCustomer,
      }),
    ),
  }))
}

export const unknownVariants = async (tx: Tx, variantIds: readonly string[]): Promise<string[]> =>
  (
    await tx.many<{ variant_id: string }>(sql`
      select v.variant_id from unnest(${variantIds}::uuid[]) as v (variant_id)
      where not exists (select from offers o where o.variant_id = v.variant_id)`)
  ).map((row) => row.variant_id)

export type Offer = {
  variantId: string
  productId: string
  shopId: string
  sku: string
  title: string
  priceMinor: number
  currency: string
  priceVersion: number
  selling: boolean
  productVersion: number
}

/**
 * Take over newer news of products; older news than we have changes nothing, nor brings back a variant that newer news of
 * the product had left out before we ever heard of it. Resolves to the variants that changed.
 */
export const upsertOffers = async (tx: Tx, offers: readonly Offer[]): Promise<string[]> =>
  (
    await tx.many<{ variant_id: string }>(sql`
      insert into offers as o (variant_id, product_id, shop_id, sku, title, price_minor, currency, price_version, selling, product_version)
      select * from unnest(
        ${offers.map((offer) => offer.variantId)}::uuid[], ${offers.map((offer) => offer.productId)}::uuid[],
        ${offers.map((offer) => offer.shopId)}::uuid[], ${offers.map((offer) => offer.sku)}::text[],
        ${offers.map((offer) => offer.title)}::text[], ${offers.map((offer) => offer.priceMinor)}::bigint[],
        ${offers.map((offer) => offer.currency)}::text[], ${offers.map((offer) => offer.priceVersion)}::bigint[],
        ${offers.map((offer) => offer.selling)}::boolean[], ${offers.map((offer) => offer.productVersion)}::bigint[])
        as news (variant_id, product_id, shop_id, sku, title, price_minor, currency, price_version, selling, product_version)
      where not exists (
        select from offers newer where newer.product_id = news.product_id and newer.product_version > news.product_version)
      on conflict (variant_id) do update set
        product_id = excluded.product_id, shop_id = excluded.shop_id, sku = excluded.sku, title = excluded.title,
        price_minor = excluded.price_minor, currency = excluded.currency, price_version = excluded.price_version,
        selling = excluded.selling, product_version = excluded.product_version, version = o.version + 1
      where o.product_version < excluded.product_version
      returning o.variant_id`)
  ).map((row) => row.variant_id)

/** Variants a product no longer has stop selling. */
export const withdrawMissingOffers = async (
  tx: Tx,
  productIds: readonly string[],
  productVersions: readonly number[],
  variantIds: readonly string[],
): Promise<string[]> =>
  (
    await tx.many<{ variant_id: string }>(sql`
      update offers o set selling = false, version = o.version + 1, product_version = p.product_version
      from unnest(${productIds}::uuid[], ${productVersions}::bigint[]) as p (product_id, product_version)
      where o.product_id = p.product_id and o.product_version < p.product_version
        and o.variant_id <> all(${variantIds}::uuid[])
      returning o.variant_id`)
  ).map((row) => row.variant_id)

/** Take over newer news of shops. Resolves to the number that changed. */
export const upsertShops = (
  tx: Tx,
  shops: readonly { shopId: string; selling: boolean; version: number; name: string }[],
) =>
  tx.run(sql`
    insert into shops as s (shop_id, selling, version, name)
    select * from unnest(${shops.map((shop) => shop.shopId)}::uuid[], ${shops.map((shop) => shop.selling)}::boolean[],
      ${shops.map((shop) => shop.version)}::bigint[], ${shops.map((shop) => shop.name)}::text[])
    on conflict (shop_id) do update set selling = excluded.selling, version = excluded.version,
      name = case when excluded.name = '' then s.name else excluded.name end
    where s.version < excluded.version or (s.version = excluded.version and s.selling is distinct from excluded.selling)`)

/** The variant on sale for a product now or next: what a flash-sale order means when it names only the product. */
export const findSaleVariant = (tx: Tx, productId: string, nowMs: number) =>
  tx.maybeOne<{ variant_id: string; ends_at: Date }>(sql`
    select variant_id, ends_at from sale_windows
    where product_id = ${productId} and ended_at is null and ends_at > to_timestamp(${nowMs}::bigint / 1000.0)
    order by starts_at, variant_id limit 1`)

import { sql, type Tx } from '@souk/postgres'
import { priceFrom, type Product, titleKeyOf, type Variant } from './product.ts'

export type ShopRow = { shopId: string; version: number; name: string; slug: string; status: string; currency: string }

const shopColumns = sql`shop_id as "shopId", version, name, slug, status, currency`

/** Take over newer news of shops; older news changes nothing. */
export const upsertShops = (tx: Tx, shops: readonly ShopRow[]) =>
  tx.run(sql`
    insert into shops as s (shop_id, version, name, slug, status, currency)
    select * from unnest(${shops.map((shop) => shop.shopId)}::uuid[], ${shops.map((shop) => shop.version)}::bigint[],
      ${shops.map((shop) => shop.name)}::text[], ${shops.map((shop) => shop.slug)}::text[],
      ${shops.map((shop) => shop.status)}::text[], ${shops.map((shop) => shop.currency)}::text[])
    on conflict (shop_id) do update set version = excluded.version, name = excluded.name, slug = excluded.slug,
      status = excluded.status, currency = excluded.currency,
      relist_due = s.relist_due or (s.status = 'open') <> (excluded.status = 'open')
    where s.version < excluded.version`)

export const findCatalogShop = (tx: Tx, shopId: string) =>
  tx.maybeOne<ShopRow>(sql`select ${shopColumns} from shops where shop_id = ${shopId}`)

/** Held until the products are written, so that news of the shop waits: none of them can miss being shown or hidden. */
export const holdShop = (tx: Tx, shopId: string) =>
  tx.maybeOne<ShopRow>(sql`select ${shopColumns} from shops where shop_id = ${shopId} for share`)

const productColumns = sql`
  p.product_id as "productId", p.shop_id as "shopId", p.version, p.slug, p.title, p.description, p.status, p.tags,
  p.category_ids as "categoryIds", p.options, p.pictures, p.currency, p.tax_class as "taxClass", p.created_at as "createdAt", p.changed_at as "changedAt"`

export type ProductRow = Omit<Product, 'variants'>

export const selectProduct = productColumns

const findRows = (tx: Tx, productIds: readonly string[]) =>
  tx.many<ProductRow & { shopOpen: boolean }>(sql`
    select ${productColumns}, s.status is not distinct from 'open' as "shopOpen"
    from products p left join shops s using (shop_id) where p.product_id = any(${productIds}::uuid[])`)

const findVariants = (tx: Tx, productIds: readonly string[]) =>
  tx.many<Variant & { productId: string }>(sql`
    select product_id as "productId", variant_id as "variantId", sku, title, options, price_minor as "priceMinor",
      price_version as "priceVersion", active, weight_grams as "weightGrams"
    from variants where product_id = any(${productIds}::uuid[]) order by product_id, position`)

/** Give rows their variants, in the order of the rows. */
export async function withVariants<Row extends ProductRow>(tx: Tx, rows: readonly Row[]): Promise<(Row & Product)[]> {
  if (rows.length === 0) return []
  const byProduct = new Map<string, Variant[]>()
  for (const { productId, ...variant } of await findVariants(
    tx,
    rows.map((row) => row.productId),
  )) {
    const known = byProduct.get(productId)
    if (known === undefined) byProduct.set(productId, [variant])
    else known.push(variant)
  }
  return rows.map((row) => ({ ...row, variants: byProduct.get(row.productId) ?? [] }))
}

/** In the order asked for; unknown ones are left out. */
export async function findProducts(
  tx: Tx,
  productIds: readonly string[],
): Promise<(Product & { shopOpen: boolean })[]> {
  const byId = new Map(
    (await withVariants(tx, await findRows(tx, productIds))).map((product) => [product.productId, product]),
  )
  return productIds.flatMap((productId) => byId.get(productId) ?? [])
}

export const lockProduct = async (tx: Tx, productId: string): Promise<Product | undefined> =>
  (
    await withVariants(
      tx,
      await tx.many<ProductRow>(
        sql`select ${productColumns} from products p where p.product_id = ${productId} for update`,
      ),
    )
  )[0]

export const productIdsOfVariants = async (tx: Tx, variantIds: readonly string[]): Promise<string[]> =>
  (
    await tx.many<{ productId: string }>(sql`
      select distinct product_id as "productId" from variants where variant_id = any(${variantIds}::uuid[])`)
  ).map((row) => row.productId)

export const productIdsAfter = async (tx: Tx, afterId: string, limit: number): Promise<string[]> =>
  (
    await tx.many<{ productId: string }>(sql`
      select product_id as "productId" from products where product_id > ${afterId}::uuid order by product_id limit ${limit}`)
  ).map((row) => row.productId)

export const activeProductIdsAfter = async (
  tx: Tx,
  shopId: string,
  afterId: string,
  limit: number,
): Promise<string[]> =>
  (
    await tx.many<{ productId: string }>(sql`
      select product_id as "productId" from products
      where shop_id = ${shopId} and status = 'active' and product_id > ${afterId}::uuid order by product_id limit ${limit}`)
  ).map((row) => row.productId)

export const productIdBySlug = (tx: Tx, shopSlug: string, slug: string) =>
  tx.maybeOne<{ productId: string; shopId: string }>(sql`
    select p.product_id as "productId", s.shop_id as "shopId" from shops s join products p on p.shop_id = s.shop_id and p.slug = ${slug}
    where s.slug = ${shopSlug}`)

/** Which of these addresses the shop's products have. */
export const takenSlugs = async (tx: Tx, shopId: string, slugs: readonly string[]): Promise<Set<string>> =>
  new Set(
    (
      await tx.many<{ slug: string }>(sql`
        select slug from products where shop_id = ${shopId} and slug = any(${slugs}::text[])`)
    ).map((row) => row.slug),
  )

export type Listed = { product: Product; facets: readonly string[]; listed: boolean }

const productJson = ({ product, facets, listed }: Listed) => ({
  ...product,
  variants: undefined,
  title_key: titleKeyOf(product.title),
  price_from_minor: priceFrom(product.variants),
  facets,
  listed,
})

/** JSON, not arrays: lists within lists cannot be unnested, and 1,000 products are parsed in some 10 ms. */
export const insertProducts = (tx: Tx, products: readonly Listed[]) =>
  tx.run(sql`
    insert into products (product_id, shop_id, version, slug, title, title_key, description, status, tags, category_ids,
      facets, options, pictures, currency, price_from_minor, listed, created_at, changed_at, tax_class)
    select "productId", "shopId", version, slug, title, title_key, description, status, tags, "categoryIds", facets, options,
      pictures, currency, price_from_minor, listed, "createdAt", "changedAt", "taxClass"
    from json_to_recordset(${JSON.stringify(products.map(productJson))}::json) as t (
      "productId" uuid, "shopId" uuid, version bigint, slug text, title text, title_key text, description text, status text,
      tags text[], "categoryIds" uuid[], facets uuid[], options jsonb, pictures jsonb, currency text,
      price_from_minor bigint, listed boolean, "createdAt" timestamptz, "changedAt" timestamptz, "taxClass" text)`)

/** Its row is locked. */
export const updateProduct = (tx: Tx, { product, facets, listed }: Listed) =>
  tx.run(sql`
    update products set version = ${product.version}, slug = ${product.slug}, title = ${product.title},
      title_key = ${titleKeyOf(product.title)}, description = ${product.description}, status = ${product.status},
      tags = ${product.tags}, category_ids = ${product.categoryIds}::uuid[], facets = ${facets}::uuid[],
      options = ${JSON.stringify(product.options)}::jsonb, pictures = ${JSON.stringify(product.pictures)}::jsonb,
      price_from_minor = ${priceFrom(product.variants)}, listed = ${listed}, changed_at = ${product.changedAt},
      tax_class = ${product.taxClass}
    where product_id = ${product.productId}`)

/** @throws a violation of variants_sku_unique */
export function upsertVariants(tx: Tx, products: readonly Product[]) {
  const rows = products.flatMap(({ productId, shopId, variants }) =>
    variants.map((variant, position) => ({ ...variant, productId, shopId, position })),
  )
  return tx.run(sql`
    insert into variants (variant_id, product_id, shop_id, sku, title, options, price_minor, price_version, active, position, weight_grams)
    select * from unnest(
      ${rows.map((row) => row.variantId)}::uuid[], ${rows.map((row) => row.productId)}::uuid[],
      ${rows.map((row) => row.shopId)}::uuid[], ${rows.map((row) => row.sku)}::text[], ${rows.map((row) => row.title)}::text[],
      ${rows.map((row) => JSON.stringify(row.options))}::jsonb[], ${rows.map((row) => row.priceMinor)}::bigint[],
      ${rows.map((row) => row.priceVersion)}::bigint[], ${rows.map((row) => row.active)}::boolean[],
      ${rows.map((row) => row.position)}::int[], ${rows.map((row) => row.weightGrams)}::int[])
    on conflict (variant_id) do update set sku = excluded.sku, title = excluded.title, options = excluded.options,
      price_minor = excluded.price_minor, price_version = excluded.price_version, active = excluded.active,
      position = excluded.position, weight_grams = excluded.weight_grams`)
}

export type NewPrice = { variantId: string; priceVersion: number; priceMinor: number; currency: string }

export const insertPrices = (tx: Tx, prices: readonly NewPrice[], setBy: string, validFrom: Date) =>
  tx.run(sql`
    insert into prices (variant_id, price_version, price_minor, currency, valid_from, set_by_account_id)
    select *, ${validFrom}::timestamptz, ${setBy}::uuid from unnest(
      ${prices.map((price) => price.variantId)}::uuid[], ${prices.map((price) => price.priceVersion)}::bigint[],
      ${prices.map((price) => price.priceMinor)}::bigint[], ${prices.map((price) => price.currency)}::text[])`)

export type PriceRow = NewPrice & { validFrom: Date; setByAccountId: string }

/** Latest first. */
export const listPrices = (tx: Tx, variantId: string, before: number, limit: number) =>
  tx.many<PriceRow>(sql`
    select variant_id as "variantId", price_version as "priceVersion", price_minor as "priceMinor", currency,
      valid_from as "validFrom", set_by_account_id as "setByAccountId"
    from prices where variant_id = ${variantId} and price_version < ${before}
    order by price_version desc limit ${limit}`)

export const insertListings = (tx: Tx, products: readonly Listed[]) => {
  const rows = products
    .filter(({ listed }) => listed)
    .flatMap(({ product, facets }) => {
      const [price, title] = [priceFrom(product.variants), titleKeyOf(product.title)]
      return facets.map((facet) => ({ facet, productId: product.productId, price, title }))
    })
  return tx.run(sql`
    insert into listings (facet, product_id, price_from_minor, title_key)
    select * from unnest(${rows.map((row) => row.facet)}::uuid[], ${rows.map((row) => row.productId)}::uuid[],
      ${rows.map((row) => row.price)}::bigint[], ${rows.map((row) => row.title)}::text[])`)
}

/** By the facets it had, so that it is found by key: no index by product is kept for this alone. */
export const deleteListings = (tx: Tx, productId: string) =>
  tx.run(sql`
    delete from listings l using products p
    where p.product_id = ${productId} and l.facet = any(p.facets) and l.product_id = p.product_id`)

/** Held until the transaction ends by whoever makes products by their article numbers. */
export const lockSkus = (tx: Tx, shopId: string) =>
  tx.run(sql`select pg_advisory_xact_lock(hashtext('catalog.skus'), hashtext(${shopId}))`)

export type SkuRow = { sku: string; productId: string; variantId: string }

export const variantsBySku = (tx: Tx, shopId: string, skus: readonly string[]) =>
  tx.many<SkuRow>(sql`
    select sku, product_id as "productId", variant_id as "variantId" from variants
    where shop_id = ${shopId} and sku = any(${skus}::text[])`)

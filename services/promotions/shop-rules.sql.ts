import { sql, type Tx } from '@souk/postgres'
import type { Discount, Settings, ShippingRate, TaxRate } from './rules.ts'

export type StoredDiscount = Discount & { readonly shopId: string; readonly version: number }
export type StoredRate = ShippingRate & { readonly shopId: string; readonly version: number }
export type StoredSettings = Settings & {
  readonly shopId: string
  /** Of the settings. */
  readonly version: number
  readonly rulesVersion: number
  /** What earns one point; null: the shop gives none. */
  readonly minorPerPoint: number | null
}

/** More than this could not be looked through for every order. */
export const maxRules = 200

const settingsColumns = sql`shop_id as "shopId", settings_version as version, version as "rulesVersion",
  collects_tax as "collectsTax", prices_include_tax as "pricesIncludeTax", country, requires_delivery as "requiresDelivery",
  minor_per_point as "minorPerPoint"`

export const findSettings = (tx: Tx, shopId: string) =>
  tx.maybeOne<StoredSettings>(sql`select ${settingsColumns} from rules where shop_id = ${shopId}`)

/** Of these shops, those that have any. */
export const settingsOf = (tx: Tx, shopIds: readonly string[]) =>
  tx.many<StoredSettings>(sql`select ${settingsColumns} from rules where shop_id = any(${shopIds}::uuid[])`)

/** The row all changes of a shop's rules queue at; made when there is none. */
export const lockRules = (tx: Tx, shopId: string) =>
  tx.one<StoredSettings>(sql`
    insert into rules as r (shop_id, version) values (${shopId}, 0)
    on conflict (shop_id) do update set shop_id = r.shop_id returning ${settingsColumns}`)

export const updateSettings = (tx: Tx, settings: StoredSettings) =>
  tx.run(sql`
    update rules set settings_version = ${settings.version}, collects_tax = ${settings.collectsTax},
      prices_include_tax = ${settings.pricesIncludeTax}, country = ${settings.country},
      requires_delivery = ${settings.requiresDelivery}, minor_per_point = ${settings.minorPerPoint}
    where shop_id = ${settings.shopId}`)

/** Something of the shop's rules changed. @param asks whether every order is to be priced here from now on */
export const raiseRules = (tx: Tx, shopId: string, asks: boolean) =>
  tx.run(sql`update rules set version = version + 1, asks = ${asks} where shop_id = ${shopId}`)

export const rulesToTell = (tx: Tx, shopId: string | null, limit: number) =>
  tx.many<{ shopId: string; version: number; asks: boolean }>(sql`
    select shop_id as "shopId", version, asks from rules
    where told_version < version and (${shopId}::uuid is null or shop_id = ${shopId}::uuid) order by shop_id limit ${limit}`)

export const rulesTold = (tx: Tx, shopId: string, version: number) =>
  tx.run(sql`update rules set told_version = ${version} where shop_id = ${shopId} and told_version < ${version}`)

const discountColumns = sql`discount_id as "discountId", shop_id as "shopId", version, title, kind, percent,
  amount_minor as "amountMinor", currency, minimum_quantity as "minimumQuantity", product_ids as "productIds",
  category_ids as "categoryIds", (extract(epoch from starts_at) * 1000)::bigint as "startsAtMs",
  (extract(epoch from ends_at) * 1000)::bigint as "endsAtMs", active`

/** All of these shops, newest first: 200 a shop at most. */
export const discountsOf = (tx: Tx, shopIds: readonly string[]) =>
  tx.many<StoredDiscount>(sql`
    select ${discountColumns} from discounts where shop_id = any(${shopIds}::uuid[]) order by discount_id desc`)

export const findDiscount = (tx: Tx, shopId: string, discountId: string) =>
  tx.maybeOne<StoredDiscount>(sql`
    select ${discountColumns} from discounts where discount_id = ${discountId} and shop_id = ${shopId}`)

export const saveDiscount = (tx: Tx, discount: StoredDiscount, now: Date) =>
  tx.run(sql`
    insert into discounts as d (discount_id, shop_id, version, title, kind, percent, amount_minor, currency, minimum_quantity,
      product_ids, category_ids, starts_at, ends_at, active, created_at)
    values (${discount.discountId}, ${discount.shopId}, ${discount.version}, ${discount.title}, ${discount.kind},
      ${discount.percent}, ${discount.amountMinor}, ${discount.currency}, ${discount.minimumQuantity},
      ${discount.productIds}::uuid[], ${discount.categoryIds}::uuid[], to_timestamp(${discount.startsAtMs}::bigint / 1000.0),
      to_timestamp(${discount.endsAtMs}::bigint / 1000.0), ${discount.active}, ${now})
    on conflict (discount_id) do update set version = excluded.version, title = excluded.title, kind = excluded.kind,
      percent = excluded.percent, amount_minor = excluded.amount_minor, currency = excluded.currency,
      minimum_quantity = excluded.minimum_quantity, product_ids = excluded.product_ids, category_ids = excluded.category_ids,
      starts_at = excluded.starts_at, ends_at = excluded.ends_at, active = excluded.active
    where d.shop_id = excluded.shop_id`)

export const deleteDiscount = (tx: Tx, shopId: string, discountId: string) =>
  tx.run(sql`delete from discounts where discount_id = ${discountId} and shop_id = ${shopId}`)

const rateColumns = sql`rate_id as "rateId", shop_id as "shopId", version, name, names, method, countries, from_grams as "fromGrams",
  to_grams as "toGrams", price_minor as "priceMinor", currency, free_from_minor as "freeFromMinor"`

/** All of these shops, newest first: 200 a shop at most. */
export const ratesOf = (tx: Tx, shopIds: readonly string[]) =>
  tx.many<StoredRate>(sql`
    select ${rateColumns} from shipping_rates where shop_id = any(${shopIds}::uuid[]) order by rate_id desc`)

export const findRate = (tx: Tx, shopId: string, rateId: string) =>
  tx.maybeOne<StoredRate>(sql`
    select ${rateColumns} from shipping_rates where rate_id = ${rateId} and shop_id = ${shopId}`)

export const saveRate = (tx: Tx, rate: StoredRate, now: Date) =>
  tx.run(sql`
    insert into shipping_rates as r (rate_id, shop_id, version, name, names, method, countries, from_grams, to_grams,
      price_minor, currency, free_from_minor, created_at)
    values (${rate.rateId}, ${rate.shopId}, ${rate.version}, ${rate.name}, ${JSON.stringify(rate.names)}::jsonb, ${rate.method},
      ${rate.countries}::text[], ${rate.fromGrams}, ${rate.toGrams}, ${rate.priceMinor}, ${rate.currency}, ${rate.freeFromMinor}, ${now})
    on conflict (rate_id) do update set version = excluded.version, name = excluded.name, names = excluded.names,
      method = excluded.method, countries = excluded.countries, from_grams = excluded.from_grams, to_grams = excluded.to_grams,
      price_minor = excluded.price_minor, currency = excluded.currency, free_from_minor = excluded.free_from_minor
    where r.shop_id = excluded.shop_id`)

export const deleteRate = (tx: Tx, shopId: string, rateId: string) =>
  tx.run(sql`delete from shipping_rates where rate_id = ${rateId} and shop_id = ${shopId}`)

export const taxRatesOf = (tx: Tx, countries: readonly string[] | null) =>
  tx.many<TaxRate>(sql`
    select country, tax_class as "taxClass", label, labels, basis_points as "basisPoints" from tax_rates
    where ${countries}::text[] is null or country = any(${countries}::text[]) order by country, tax_class`)

/** All rates of a country, instead of those it had. */
export async function replaceTaxRates(
  tx: Tx,
  country: string,
  rates: readonly Omit<TaxRate, 'country'>[],
): Promise<void> {
  await tx.run(
    sql`delete from tax_rates where country = ${country} and tax_class <> all(${rates.map((one) => one.taxClass)}::text[])`,
  )
  await tx.run(sql`
    insert into tax_rates (country, tax_class, label, labels, basis_points)
    select ${country}::text, * from unnest(${rates.map((one) => one.taxClass)}::text[], ${rates.map((one) => one.label)}::text[],
      ${rates.map((one) => JSON.stringify(one.labels))}::jsonb[], ${rates.map((one) => one.basisPoints)}::int[])
    on conflict (country, tax_class) do update set label = excluded.label, labels = excluded.labels,
      basis_points = excluded.basis_points`)
}

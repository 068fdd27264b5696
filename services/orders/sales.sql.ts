import { sql, type Tx } from '@souk/postgres'

export type PlannedSale = {
  saleWindowId: string
  shopId: string
  productId: string
  variantId: string
  priceMinor: number
  currency: string
  startsAtMs: number
  endsAtMs: number
  capPerCustomer: number
  units: number
}

/** Resolves to 0 when the window is there already. */
export const insertWindow = (tx: Tx, sale: PlannedSale) =>
  tx.run(sql`
    insert into sale_windows (sale_window_id, shop_id, product_id, variant_id, price_minor, currency, starts_at, ends_at,
      cap_per_customer, units)
    values (${sale.saleWindowId}, ${sale.shopId}, ${sale.productId}, ${sale.variantId}, ${sale.priceMinor}, ${sale.currency},
      to_timestamp(${sale.startsAtMs}::bigint / 1000.0), to_timestamp(${sale.endsAtMs}::bigint / 1000.0),
      ${sale.capPerCustomer}, ${sale.units})
    on conflict do nothing`)

/** Move units from ordinary sale to the window, if that many are left. Resolves to 1 or 0. */
export const takeFromGoods = (tx: Tx, sale: PlannedSale) =>
  tx.run(sql`
    update allotments set granted = granted - ${sale.units}, remaining = remaining - ${sale.units}
    where kind = 1 and allotment_id = ${sale.variantId} and remaining >= ${sale.units}`)

export const grantToWindow = (tx: Tx, sale: PlannedSale) =>
  tx.run(sql`
    insert into allotments (kind, allotment_id, shop_id, granted, remaining)
    values (2, ${sale.saleWindowId}, ${sale.shopId}, ${sale.units}, ${sale.units})`)

/** Orders priced on the terms before are decided again. */
export const bumpOffer = (tx: Tx, variantId: string) =>
  tx.run(sql`update offers set version = version + 1 where variant_id = ${variantId}`)

export const lockWindow = (tx: Tx, saleWindowId: string) =>
  tx.maybeOne<{ variant_id: string; shop_id: string; ended_at: Date | null }>(sql`
    select variant_id, shop_id, ended_at from sale_windows where sale_window_id = ${saleWindowId} for update`)

export const markEnded = (tx: Tx, saleWindowId: string, now: Date) =>
  tx.run(sql`update sale_windows set ended_at = ${now} where sale_window_id = ${saleWindowId}`)

/** Take what the window has left. What it sold stays granted to it. */
export const takeFromWindow = (tx: Tx, saleWindowId: string) =>
  tx.maybeOne<{ returned: number }>(sql`
    with locked as (
      select allotment_id, remaining from allotments where kind = 2 and allotment_id = ${saleWindowId} for update)
    update allotments a set granted = a.granted - locked.remaining, remaining = 0
    from locked where a.kind = 2 and a.allotment_id = locked.allotment_id
    returning locked.remaining as returned`)

export const returnToGoods = (tx: Tx, variantId: string, units: number) =>
  tx.run(sql`
    update allotments set granted = granted + ${units}, remaining = remaining + ${units}
    where kind = 1 and allotment_id = ${variantId}`)

export const remainingOfGoods = (tx: Tx, variantId: string) =>
  tx.maybeOne<{ remaining: number }>(
    sql`select remaining from allotments where kind = 1 and allotment_id = ${variantId}`,
  )

export const windowsToEnd = (tx: Tx, now: Date, limit: number) =>
  tx.many<{ sale_window_id: string }>(sql`
    select sale_window_id from sale_windows where ended_at is null and ends_at <= ${now} order by ends_at limit ${limit}`)

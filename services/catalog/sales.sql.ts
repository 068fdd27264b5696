import { type Sql, sql, type Tx } from '@souk/postgres'
import type { SaleStatus, SaleWindow } from './sale.ts'

const columns = sql`
  w.sale_window_id as "saleWindowId", w.shop_id as "shopId", w.product_id as "productId", w.variant_id as "variantId",
  w.status, w.price_minor as "priceMinor", w.currency, w.starts_at as "startsAt", w.ends_at as "endsAt",
  w.cap_per_customer as "capPerCustomer", w.units, w.created_at as "createdAt", w.changed_at as "changedAt"`

export type NewWindow = SaleWindow & { requestKey: string; bodyHash: Buffer; createdBy: string }

export const insertWindow = (tx: Tx, window: NewWindow) =>
  tx.run(sql`
    insert into sale_windows (sale_window_id, shop_id, product_id, variant_id, status, price_minor, currency, starts_at,
      ends_at, cap_per_customer, units, request_key, body_hash, created_by_account_id, created_at, changed_at, tried_at)
    values (${window.saleWindowId}, ${window.shopId}, ${window.productId}, ${window.variantId}, ${window.status},
      ${window.priceMinor}, ${window.currency}, ${window.startsAt}, ${window.endsAt}, ${window.capPerCustomer},
      ${window.units}, ${window.requestKey}, ${window.bodyHash}, ${window.createdBy}, ${window.createdAt},
      ${window.changedAt}, to_timestamp(0))`)

export const findWindow = (tx: Tx, saleWindowId: string) =>
  tx.maybeOne<SaleWindow>(sql`select ${columns} from sale_windows w where w.sale_window_id = ${saleWindowId}`)

export const lockWindow = (tx: Tx, saleWindowId: string) =>
  tx.maybeOne<SaleWindow>(
    sql`select ${columns} from sale_windows w where w.sale_window_id = ${saleWindowId} for update`,
  )

export const findWindowByKey = (tx: Tx, createdBy: string, requestKey: string) =>
  tx.maybeOne<SaleWindow & { bodyHash: Buffer }>(sql`
    select ${columns}, w.body_hash as "bodyHash" from sale_windows w
    where w.created_by_account_id = ${createdBy} and w.request_key = ${requestKey}`)

/** A variant's windows that are not over. Complete under the lock of its product, which every plan takes. */
export const liveSalesOf = (tx: Tx, variantId: string, now: Date) =>
  tx.many<SaleWindow>(sql`
    select ${columns} from sale_windows w
    where w.variant_id = ${variantId} and w.status in ('pending', 'planned', 'cancelling') and w.ends_at > ${now}
    order by w.starts_at`)

/** Resolves to the window if it was in the state `from`. */
export const moveWindow = (tx: Tx, saleWindowId: string, from: SaleStatus, to: SaleStatus, now: Date) =>
  tx.maybeOne<SaleWindow>(sql`
    update sale_windows w set status = ${to}, changed_at = ${now}, tried_at = to_timestamp(0)
    where w.sale_window_id = ${saleWindowId} and w.status = ${from} returning ${columns}`)

export const removePending = (tx: Tx, saleWindowId: string) =>
  tx.run(sql`delete from sale_windows where sale_window_id = ${saleWindowId} and status = 'pending'`)

/** Take a window to ask orders about it, unless that was done a moment ago. */
export const claimTry = (tx: Tx, saleWindowId: string, now: Date, notSince: Date) =>
  tx.maybeOne<SaleWindow>(sql`
    update sale_windows w set tried_at = ${now}
    where w.sale_window_id = ${saleWindowId} and w.status in ('pending', 'cancelling') and w.tried_at <= ${notSince}
    returning ${columns}`)

/** Let it be asked about again at once. */
export const freeTry = (tx: Tx, saleWindowId: string) =>
  tx.run(sql`update sale_windows set tried_at = to_timestamp(0) where sale_window_id = ${saleWindowId}`)

export const unsettledWindows = async (tx: Tx, notSince: Date, limit: number): Promise<string[]> =>
  (
    await tx.many<{ id: string }>(sql`
      select sale_window_id as id from sale_windows
      where status in ('pending', 'cancelling') and tried_at <= ${notSince} order by tried_at limit ${limit}`)
  ).map((row) => row.id)

/** Planned windows whose time is over become ended: lists of live ones stay short. */
export const endWindows = (tx: Tx, now: Date) =>
  tx.run(sql`
    update sale_windows set status = 'ended', changed_at = ${now}
    where sale_window_id in (
      select sale_window_id from sale_windows where status = 'planned' and ends_at <= ${now} order by ends_at limit 500 for update skip locked)`)

export type SaleAfter = { at: Date; id: string } | undefined
export type SaleList = { when: 'running' | 'upcoming' | 'past'; shopId: string | undefined }

/** Running: those that end soonest first; upcoming: those that start soonest; past: those that ended last. */
export function salesOfList({ when, shopId }: SaleList, now: Date, after: SaleAfter, limit: number): Sql {
  const shop = shopId === undefined ? sql`` : sql`and w.shop_id = ${shopId}`
  if (when === 'running')
    return sql`
      select ${columns} from sale_windows w where w.status = 'planned' and w.ends_at > ${now} and w.starts_at <= ${now} ${shop}
      ${after === undefined ? sql`` : sql`and (w.ends_at, w.sale_window_id) > (${after.at}, ${after.id}::uuid)`}
      order by w.ends_at, w.sale_window_id limit ${limit}`
  if (when === 'upcoming')
    return sql`
      select ${columns} from sale_windows w where w.status = 'planned' and w.starts_at > ${now} ${shop}
      ${after === undefined ? sql`` : sql`and (w.starts_at, w.sale_window_id) > (${after.at}, ${after.id}::uuid)`}
      order by w.starts_at, w.sale_window_id limit ${limit}`
  return sql`
    select ${columns} from sale_windows w where w.status = 'ended' ${shop}
    ${after === undefined ? sql`` : sql`and (w.ends_at, w.sale_window_id) < (${after.at}, ${after.id}::uuid)`}
    order by w.ends_at desc, w.sale_window_id desc limit ${limit}`
}

/** All windows of a shop, latest planned first. For its people. */
export const salesOfShop = (shopId: string, beforeId: string | undefined, limit: number): Sql => sql`
  select ${columns} from sale_windows w
  where w.shop_id = ${shopId} ${beforeId === undefined ? sql`` : sql`and w.sale_window_id < ${beforeId}::uuid`}
  order by w.sale_window_id desc limit ${limit}`

/** Windows running or starting until `until`, of products on show in open shops, those that start first first. */
export const flashSales = (now: Date, until: Date, after: SaleAfter, limit: number): Sql => sql`
  select ${columns} from sale_windows w
  join products p on p.product_id = w.product_id and p.status = 'active'
  join shops s on s.shop_id = w.shop_id and s.status = 'open'
  where w.status = 'planned' and w.starts_at <= ${until} and w.ends_at > ${now}
    ${after === undefined ? sql`` : sql`and (w.starts_at, w.sale_window_id) > (${after.at}, ${after.id}::uuid)`}
  order by w.starts_at, w.sale_window_id limit ${limit}`

export const runSales = (tx: Tx, list: Sql) => tx.many<SaleWindow>(list)

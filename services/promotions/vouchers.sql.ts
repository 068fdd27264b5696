import { sql, type Tx } from '@souk/postgres'
import type { Voucher } from './rules.ts'

export type StoredVoucher = Voucher & {
  readonly shopId: string
  readonly version: number
  /** In all; null: any number. */
  readonly uses: number | null
  readonly createdAtMs: number
}

const columns = sql`voucher_id as "voucherId", shop_id as "shopId", version, code, title, kind, percent,
  amount_minor as "amountMinor", currency, minimum_minor as "minimumMinor", first_order_only as "firstOrderOnly",
  product_ids as "productIds", category_ids as "categoryIds", (extract(epoch from starts_at) * 1000)::bigint as "startsAtMs",
  (extract(epoch from ends_at) * 1000)::bigint as "endsAtMs", uses, uses_per_customer as "usesPerCustomer", active,
  (extract(epoch from created_at) * 1000)::bigint as "createdAtMs"`

/** @throws a violation of vouchers_code_unique */
export const insertVoucher = (tx: Tx, voucher: StoredVoucher) =>
  tx.run(sql`
    insert into vouchers (voucher_id, shop_id, code, title, kind, percent, amount_minor, currency, minimum_minor,
      first_order_only, product_ids, category_ids, starts_at, ends_at, uses, uses_per_customer, active, created_at)
    values (${voucher.voucherId}, ${voucher.shopId}, ${voucher.code}, ${voucher.title}, ${voucher.kind}, ${voucher.percent},
      ${voucher.amountMinor}, ${voucher.currency}, ${voucher.minimumMinor}, ${voucher.firstOrderOnly},
      ${voucher.productIds}::uuid[], ${voucher.categoryIds}::uuid[], to_timestamp(${voucher.startsAtMs}::bigint / 1000.0),
      to_timestamp(${voucher.endsAtMs}::bigint / 1000.0), ${voucher.uses}, ${voucher.usesPerCustomer}, ${voucher.active},
      to_timestamp(${voucher.createdAtMs}::bigint / 1000.0))`)

export const findVoucher = (tx: Tx, shopId: string, voucherId: string) =>
  tx.maybeOne<StoredVoucher>(sql`
    select ${columns} from vouchers where voucher_id = ${voucherId} and shop_id = ${shopId} and removed_at is null`)

export const lockVoucher = (tx: Tx, shopId: string, voucherId: string) =>
  tx.maybeOne<StoredVoucher>(sql`
    select ${columns} from vouchers where voucher_id = ${voucherId} and shop_id = ${shopId} and removed_at is null for update`)

/** What may be changed of a voucher: not its code, what it gives, and how often one customer may use it. */
export const updateVoucher = (tx: Tx, voucher: StoredVoucher) =>
  tx.run(sql`
    update vouchers set version = ${voucher.version}, title = ${voucher.title}, minimum_minor = ${voucher.minimumMinor},
      product_ids = ${voucher.productIds}::uuid[], category_ids = ${voucher.categoryIds}::uuid[],
      starts_at = to_timestamp(${voucher.startsAtMs}::bigint / 1000.0), ends_at = to_timestamp(${voucher.endsAtMs}::bigint / 1000.0),
      uses = ${voucher.uses}, active = ${voucher.active}
    where voucher_id = ${voucher.voucherId}`)

export const removeVoucher = (tx: Tx, voucherId: string, at: Date) =>
  tx.run(sql`
    update vouchers set version = version + 1, active = false, removed_at = ${at} where voucher_id = ${voucherId}`)

/** Newest first. */
export const listVouchers = (tx: Tx, shopId: string, before: string, limit: number) =>
  tx.many<StoredVoucher>(sql`
    select ${columns} from vouchers where shop_id = ${shopId} and removed_at is null and voucher_id < ${before}::uuid
    order by voucher_id desc limit ${limit}`)

export const vouchersByCode = (tx: Tx, shopIds: readonly string[], codes: readonly string[]) =>
  tx.many<StoredVoucher>(sql`
    select ${columns} from vouchers
    where shop_id = any(${shopIds}::uuid[]) and code = any(${codes}::text[]) and removed_at is null`)

export type ToTell = { voucherId: string; shopId: string; version: number; uses: number | null; active: boolean }

/** What orders does not know yet of vouchers; of these, or of any. */
export const vouchersToTell = (tx: Tx, voucherIds: readonly string[] | null, limit: number) =>
  tx.many<ToTell>(sql`
    select voucher_id as "voucherId", shop_id as "shopId", version, uses, active and removed_at is null as active
    from vouchers where told_version < version and (${voucherIds}::uuid[] is null or voucher_id = any(${voucherIds}::uuid[]))
    order by voucher_id limit ${limit}`)

export const voucherTold = (tx: Tx, voucherId: string, version: number) =>
  tx.run(sql`
    update vouchers set told_version = ${version} where voucher_id = ${voucherId} and told_version < ${version}`)

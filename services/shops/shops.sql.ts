import { type Sql, sql, type Tx } from '@souk/postgres'
import type { Duty, Move, ShopStatus, Verification } from './shop.ts'

export type Picture = { url: string; alt: string }

/** What a shop says of itself. Shown, never searched. */
export type Profile = {
  description: string
  logo: Picture | null
  banner: Picture | null
  websiteUrl: string | null
  supportEmail: string | null
  metadata: Record<string, string>
}

export type Shop = {
  shopId: string
  version: number
  slug: string
  name: string
  status: ShopStatus
  verification: Verification
  verificationReason: string | null
  country: string
  currency: string
  ownerAccountId: string
  commissionBasisPoints: number
  profile: Profile
  createdAt: Date
  changedAt: Date
}

type ShopRow = Shop & { name_key: string }

const columns = sql`
  s.shop_id as "shopId", s.version, s.slug, s.name, s.status, s.verification, s.verification_reason as "verificationReason",
  s.country, s.currency, s.owner_account_id as "ownerAccountId", s.commission_bp as "commissionBasisPoints", s.profile,
  s.created_at as "createdAt", s.changed_at as "changedAt"`

/** @throws a violation of shops_slug_unique */
export const insertShop = (tx: Tx, shop: Shop, nameKey: string) =>
  tx.run(sql`
    insert into shops (shop_id, version, slug, name, name_key, status, verification, country, currency, owner_account_id,
      commission_bp, profile, created_at, changed_at)
    values (${shop.shopId}, ${shop.version}, ${shop.slug}, ${shop.name}, ${nameKey}, ${shop.status}, ${shop.verification},
      ${shop.country}, ${shop.currency}, ${shop.ownerAccountId}, ${shop.commissionBasisPoints},
      ${JSON.stringify(shop.profile)}::jsonb, ${shop.createdAt}, ${shop.changedAt})`)

export const slugIsTaken = async (tx: Tx, slug: string) =>
  (await tx.maybeOne(sql`select 1 as found from shops where slug = ${slug}`)) !== undefined

export const replaceNames = async (tx: Tx, shopId: string, parts: readonly string[]) => {
  await tx.run(sql`delete from shop_names where shop_id = ${shopId}`)
  await tx.run(sql`insert into shop_names (shop_id, words) select ${shopId}, unnest(${parts}::text[])`)
}

/** One registration of an account at a time, so that two cannot both be its last allowed one. */
export const lockRegistrations = (tx: Tx, accountId: string) =>
  tx.run(sql`select pg_advisory_xact_lock(hashtextextended('shops.register ' || ${accountId}::text, 0))`)

export const countOwnedShops = async (tx: Tx, accountId: string) =>
  (
    await tx.one<{ count: number }>(sql`
      select count(*) as count from shop_members m join shops s using (shop_id)
      where m.account_id = ${accountId} and m.owner and s.status <> 'closed'`)
  ).count

export const findShop = (tx: Tx, shopId: string) =>
  tx.maybeOne<Shop>(sql`select ${columns} from shops s where s.shop_id = ${shopId}`)

export const findShopBySlug = (tx: Tx, slug: string) =>
  tx.maybeOne<Shop>(sql`select ${columns} from shops s where s.slug = ${slug}`)

export const lockShop = (tx: Tx, shopId: string) =>
  tx.maybeOne<Shop>(sql`select ${columns} from shops s where s.shop_id = ${shopId} for update`)

/** Write everything of a shop that can change. Its row is locked; its version has been raised. */
export const updateShop = (tx: Tx, shop: Shop, nameKey: string, sellingChanged: boolean) =>
  tx.run(sql`
    update shops set version = ${shop.version}, name = ${shop.name}, name_key = ${nameKey}, status = ${shop.status},
      verification = ${shop.verification}, verification_reason = ${shop.verificationReason},
      owner_account_id = ${shop.ownerAccountId}, commission_bp = ${shop.commissionBasisPoints},
      profile = ${JSON.stringify(shop.profile)}::jsonb, changed_at = ${shop.changedAt},
      selling_version = case when ${sellingChanged}::boolean then ${shop.version} else selling_version end
    where shop_id = ${shop.shopId}`)

export type Entry = {
  what: Move['what'] | 'commission'
  from: string
  to: string
  reason: string
  by: string
  at: Date
}

export const insertHistory = (tx: Tx, shopId: string, version: number, entries: readonly Entry[]) =>
  tx.run(sql`
    insert into shop_history (shop_id, version, what, from_value, to_value, reason, by_account_id, at)
    select ${shopId}, ${version}, * from unnest(
      ${entries.map((entry) => entry.what)}::text[], ${entries.map((entry) => entry.from)}::text[],
      ${entries.map((entry) => entry.to)}::text[], ${entries.map((entry) => entry.reason)}::text[],
      ${entries.map((entry) => entry.by)}::uuid[], ${entries.map((entry) => entry.at)}::timestamptz[])`)

export type HistoryRow = Omit<Entry, 'by'> & { entryId: number; version: number; byAccountId: string }

export const listHistory = (tx: Tx, shopId: string, before: number | undefined, limit: number) =>
  tx.many<HistoryRow>(sql`
    select entry_id as "entryId", version, what, from_value as "from", to_value as "to", reason,
      by_account_id as "byAccountId", at
    from shop_history where shop_id = ${shopId} ${before === undefined ? sql`` : sql`and entry_id < ${before}`}
    order by entry_id desc limit ${limit}`)

/** Where a page begins: behind this sort key and id. */
export type After = { key: string; id: string } | undefined

export type ListFilter =
  | { kind: 'status'; value: ShopStatus }
  | { kind: 'verification'; value: Verification }
  | { kind: 'all' }

/** Shops in the order of their names. Shoppers are given `status = open`. */
export function listShops(filter: ListFilter, after: After, limit: number): Sql {
  const condition =
    filter.kind === 'all'
      ? sql`true`
      : filter.kind === 'verification'
        ? sql`s.verification = ${filter.value}`
        : filter.value === 'open'
          ? sql`s.status = 'open'`
          : sql`s.status = ${filter.value}`
  return sql`
    select ${columns}, s.name_key from shops s
    where ${condition} ${after === undefined ? sql`` : sql`and (s.name_key, s.shop_id) > (${after.key}, ${after.id}::uuid)`}
    order by s.name_key, s.shop_id limit ${limit}`
}

/**
 * Open shops (or, for operators, all) one of whose words begins with `prefix`, in the order of what was found. A shop
 * with two such words is found by the first alone.
 */
export const searchShops = (prefix: string, end: string, openOnly: boolean, after: After, limit: number): Sql => sql`
  select ${columns}, n.words as name_key from shop_names n join shops s using (shop_id)
  where n.words >= ${prefix} and n.words < ${end}
    ${openOnly ? sql`and s.status = 'open'` : sql``}
    ${after === undefined ? sql`` : sql`and (n.words, n.shop_id) > (${after.key}, ${after.id}::uuid)`}
    and not exists (select from shop_names e where e.shop_id = n.shop_id and e.words >= ${prefix} and e.words < n.words)
  order by n.words, n.shop_id limit ${limit}`

export const listShopsOf = (accountId: string, after: After, limit: number): Sql => sql`
  select ${columns}, '' as name_key from shop_members m join shops s using (shop_id)
  where m.account_id = ${accountId} ${after === undefined ? sql`` : sql`and m.shop_id > ${after.id}::uuid`}
  order by m.shop_id limit ${limit}`

export const runList = (tx: Tx, list: Sql) => tx.many<ShopRow>(list)
export type { Duty, ShopRow }

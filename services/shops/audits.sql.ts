import { sql, type Tx } from '@souk/postgres'

/** Shops nobody owns, or announced with an owner who is none. */
export const ownerlessShops = (tx: Tx, limit: number) =>
  tx.many<{ shopId: string }>(sql`
    select s.shop_id as "shopId" from shops s
    where not exists (
      select from shop_members m where m.shop_id = s.shop_id and m.account_id = s.owner_account_id and m.owner)
    limit ${limit}`)

/** Shops whose state is not what their history ends with. */
export const shopsOffTheirHistory = (tx: Tx, limit: number) =>
  tx.many<{ shopId: string; status: string; last: string | null }>(sql`
    select s.shop_id as "shopId", s.status, h.to_value as last
    from shops s left join lateral (
      select to_value from shop_history h where h.shop_id = s.shop_id and h.what = 'status' order by entry_id desc limit 1) h on true
    where h.to_value is distinct from s.status limit ${limit}`)

export const overdueNews = (tx: Tx, limit: number) =>
  tx.many<{ subject: string; what: string }>(sql`
    select shop_id::text as subject, 'orders has not confirmed whether it sells' as what
    from shops where told_version < selling_version and changed_at < now() - interval '5 minutes'
    union all
    select shop_id || ' ' || account_id, 'identity has not confirmed the duties' from duty_intents
    where written_at < now() - interval '5 minutes' limit ${limit}`)

export const countShops = async (tx: Tx) =>
  (await tx.one<{ count: number }>(sql`select count(*) as count from shops`)).count

import { sql, type Tx } from '@souk/postgres'
import type { Duty } from './shop.ts'

export type Member = { accountId: string; owner: boolean; duties: Duty[]; version: number; addedAt: Date }

const columns = sql`account_id as "accountId", owner, duties, version, added_at as "addedAt"`

export const findMember = (tx: Tx, shopId: string, accountId: string) =>
  tx.maybeOne<Member>(sql`select ${columns} from shop_members where shop_id = ${shopId} and account_id = ${accountId}`)

/** By account id. */
export const listMembers = (tx: Tx, shopId: string, afterAccountId: string | undefined, limit: number) =>
  tx.many<Member>(sql`
    select ${columns} from shop_members
    where shop_id = ${shopId} ${afterAccountId === undefined ? sql`` : sql`and account_id > ${afterAccountId}`}
    order by account_id limit ${limit}`)

export const upsertMember = (
  tx: Tx,
  shopId: string,
  member: { accountId: string; owner: boolean; duties: readonly Duty[] },
  now: Date,
) =>
  tx.one<Member>(sql`
    insert into shop_members as m (shop_id, account_id, owner, duties, added_at, changed_at)
    values (${shopId}, ${member.accountId}, ${member.owner}, ${member.duties}, ${now}, ${now})
    on conflict (shop_id, account_id) do update
      set owner = excluded.owner, duties = excluded.duties, changed_at = excluded.changed_at, version = m.version + 1
    returning ${columns}`)

export const removeMember = (tx: Tx, shopId: string, accountId: string) =>
  tx.run(sql`delete from shop_members where shop_id = ${shopId} and account_id = ${accountId}`)

/** Members with a duty, longest first; 100 at most. */
export const staffWith = async (tx: Tx, shopId: string, duty: string): Promise<string[]> =>
  (
    await tx.many<{ accountId: string }>(sql`
      select account_id as "accountId" from shop_members where shop_id = ${shopId} and ${duty} = any(duties)
      order by added_at, account_id limit 100`)
  ).map((row) => row.accountId)

/** The owners of a shop, longest first. */
export const listOwners = async (tx: Tx, shopId: string): Promise<string[]> =>
  (
    await tx.many<{ accountId: string }>(sql`
      select account_id as "accountId" from shop_members where shop_id = ${shopId} and owner order by added_at, account_id`)
  ).map((row) => row.accountId)

export type DutyIntent = { shopId: string; accountId: string; duties: Duty[]; setBy: string; version: number }

/** What identity is to be told. A newer intent replaces the older one, also while that is being sent. */
export const writeIntent = (tx: Tx, intent: Omit<DutyIntent, 'version'>, now: Date) =>
  tx.run(sql`
    insert into duty_intents as i (shop_id, account_id, duties, set_by_account_id, written_at, leased_until)
    values (${intent.shopId}, ${intent.accountId}, ${intent.duties}, ${intent.setBy}, ${now}, ${now})
    on conflict (shop_id, account_id) do update
      set duties = excluded.duties, set_by_account_id = excluded.set_by_account_id, version = i.version + 1`)

/** Take an intent to send it, unless somebody else is sending it. */
export const leaseIntent = (tx: Tx, shopId: string, accountId: string, now: Date, until: Date) =>
  tx.maybeOne<DutyIntent>(sql`
    update duty_intents set leased_until = ${until}
    where shop_id = ${shopId} and account_id = ${accountId} and leased_until <= ${now}
    returning shop_id as "shopId", account_id as "accountId", duties, set_by_account_id as "setBy", version`)

/** Removes the intent that was sent. 0 when it has changed since: then it is to be sent again. */
export const settleIntent = (tx: Tx, intent: DutyIntent) =>
  tx.run(sql`
    delete from duty_intents
    where shop_id = ${intent.shopId} and account_id = ${intent.accountId} and version = ${intent.version}`)

export const releaseIntent = (tx: Tx, shopId: string, accountId: string, now: Date) =>
  tx.run(sql`update duty_intents set leased_until = ${now} where shop_id = ${shopId} and account_id = ${accountId}`)

export const dueIntents = (tx: Tx, now: Date, limit: number) =>
  tx.many<{ shopId: string; accountId: string }>(sql`
    select shop_id as "shopId", account_id as "accountId" from duty_intents
    where leased_until <= ${now} order by leased_until limit ${limit}`)

export type Untold = { shopId: string; status: string; version: number }

/** Shops whose selling began or stopped without orders having confirmed it. */
export const untoldShops = (tx: Tx, limit: number) =>
  tx.many<Untold>(sql`
    select shop_id as "shopId", status, version from shops where told_version < selling_version order by shop_id limit ${limit}`)

export const untoldShop = (tx: Tx, shopId: string) =>
  tx.maybeOne<Untold>(sql`
    select shop_id as "shopId", status, version from shops where shop_id = ${shopId} and told_version < selling_version`)

export const markTold = (tx: Tx, shopId: string, version: number) =>
  tx.run(sql`update shops set told_version = greatest(told_version, ${version}::bigint) where shop_id = ${shopId}`)

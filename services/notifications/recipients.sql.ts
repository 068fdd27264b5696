import { sql, type Tx, uuidArray } from '@souk/postgres'
import type { Kind } from './kinds.ts'
import type { Channel } from './message.ts'

export type Chosen = Partial<Record<Kind, Channel[]>>

export type Recipient = {
  account_id: string
  email: string | null
  name: string
  language: string
  phone: string | null
  push_token: string | null
  channels: Chosen | null
  version: number
}

const columns = sql`account_id, email, name, language, phone, push_token, channels, version`

/** Names and addresses as identity announced them; what they chose here stays. Of closed accounts nothing is kept again. */
export const knowAccounts = (
  tx: Tx,
  accounts: readonly { accountId: string; email: string; name: string }[],
  now: Date,
) =>
  tx.run(sql`
    insert into recipients (account_id, email, name, changed_at)
    select distinct on (account_id) account_id, email, name, ${now}
    from unnest(${uuidArray(accounts.map((each) => each.accountId))}::uuid[], ${accounts.map((each) => each.email)}::text[],
      ${accounts.map((each) => each.name)}::text[]) with ordinality t(account_id, email, name, at)
    order by account_id, at desc
    on conflict (account_id) do update set email = excluded.email, name = excluded.name
    where recipients.closed_at is null`)

/**
 * Their accounts were closed: there is no address to write to any more. That they were is remembered, so that news which
 * come late or twice bring none back.
 */
export const forgetRecipients = (tx: Tx, accountIds: readonly string[], now: Date) =>
  tx.run(sql`
    insert into recipients (account_id, changed_at, closed_at)
    select account_id, ${now}, ${now} from unnest(${uuidArray([...new Set(accountIds)])}::uuid[]) t(account_id)
    on conflict (account_id) do update set email = null, name = '', language = 'en', phone = null, push_token = null,
      channels = null, version = recipients.version + 1, changed_at = excluded.changed_at, closed_at = excluded.closed_at
    where recipients.closed_at is null`)

/** Of closed accounts none. */
export const recipientsOf = (tx: Tx, accountIds: readonly string[]) =>
  tx.many<Recipient>(sql`
    select ${columns} from recipients
    where account_id = any(${uuidArray([...new Set(accountIds)])}::uuid[]) and closed_at is null`)

/** Without an index: only whoever develops here looks people up by their address. */
export const accountWithEmail = (tx: Tx, email: string) =>
  tx.maybeOne<{ account_id: string }>(sql`select account_id from recipients where lower(email) = ${email} limit 1`)

export type Preferences = Pick<Recipient, 'language' | 'phone' | 'push_token' | 'channels'>

/** @returns undefined of a closed account, for which nothing is kept. */
export const savePreferences = (tx: Tx, accountId: string, chosen: Preferences, now: Date) =>
  tx.maybeOne<Recipient>(sql`
    insert into recipients (account_id, language, phone, push_token, channels, version, changed_at)
    values (${accountId}, ${chosen.language}, ${chosen.phone}, ${chosen.push_token},
      ${chosen.channels === null ? null : JSON.stringify(chosen.channels)}::jsonb, 2, ${now})
    on conflict (account_id) do update set language = excluded.language, phone = excluded.phone,
      push_token = excluded.push_token, channels = excluded.channels, version = recipients.version + 1,
      changed_at = excluded.changed_at
    where recipients.closed_at is null
    returning ${columns}`)

export type KnownShop = { shopId: string; name: string; ownerAccountId: string; version: number }

export const knowShops = (tx: Tx, shops: readonly KnownShop[]) =>
  tx.run(sql`
    insert into shops (shop_id, name, owner_account_id, version)
    select distinct on (shop_id) shop_id, name, owner_account_id, version
    from unnest(${uuidArray(shops.map((each) => each.shopId))}::uuid[], ${shops.map((each) => each.name)}::text[],
      ${uuidArray(shops.map((each) => each.ownerAccountId))}::uuid[], ${shops.map((each) => each.version)}::bigint[])
      t(shop_id, name, owner_account_id, version)
    order by shop_id, version desc
    on conflict (shop_id) do update set name = excluded.name, owner_account_id = excluded.owner_account_id,
      version = excluded.version where shops.version < excluded.version`)

export const shopsWith = (tx: Tx, shopIds: readonly string[]) =>
  tx.many<{ shop_id: string; name: string; owner_account_id: string }>(
    sql`select shop_id, name, owner_account_id from shops where shop_id = any(${uuidArray([...new Set(shopIds)])}::uuid[])`,
  )

import { sql, type Tx } from '@souk/postgres'

export type ApiKeyRow = {
  id: string
  name: string
  permissions: string[]
  shopId: string | null
  duties: string[]
  createdAt: Date
  rotatedAt: Date | null
  expiresAt: Date
  lastUsedAt: Date | null
}

const shown = sql`id, name, permissions, shop_id as "shopId", duties, created_at as "createdAt",
  rotated_at as "rotatedAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"`

export type NewApiKey = {
  id: string
  accountId: string
  name: string
  permissions: readonly string[]
  shopId: string | null
  duties: readonly string[]
  secretHash: Buffer
  lifetimeDays: number
  createdAt: Date
  expiresAt: Date
}

export const insertApiKey = (tx: Tx, key: NewApiKey) =>
  tx.one<ApiKeyRow>(sql`
    insert into api_keys (id, account_id, name, permissions, shop_id, duties, secret_hash, lifetime_days, created_at, expires_at)
    values (${key.id}, ${key.accountId}, ${key.name}, ${key.permissions}::text[], ${key.shopId}, ${key.duties}::text[],
            ${key.secretHash}, ${key.lifetimeDays}, ${key.createdAt}, ${key.expiresAt})
    returning ${shown}`)

export const countLiveApiKeys = (tx: Tx, accountId: string, now: Date) =>
  tx.one<{ count: number }>(sql`
    select count(*) as count from api_keys
     where account_id = ${accountId} and revoked_at is null and expires_at > ${now}`)

/** Newest first, revoked ones left out. */
export const listApiKeys = (tx: Tx, accountId: string, page: { beforeId: string | undefined; limit: number }) =>
  tx.many<ApiKeyRow>(sql`
    select ${shown} from api_keys
     where account_id = ${accountId} and revoked_at is null
       ${page.beforeId === undefined ? sql`` : sql`and id < ${page.beforeId}`}
     order by id desc limit ${page.limit}`)

export const revokeApiKey = (tx: Tx, accountId: string, keyId: string, now: Date) =>
  tx.run(sql`
    update api_keys set revoked_at = ${now}
     where id = ${keyId} and account_id = ${accountId} and revoked_at is null`)

/** A new secret and a new term; the secret it replaces opens until `previousValidUntil`, one before that no more. */
export const rotateApiKey = (
  tx: Tx,
  key: { accountId: string; id: string; secretHash: Buffer; previousValidUntil: Date },
  now: Date,
) =>
  tx.maybeOne<ApiKeyRow>(sql`
    update api_keys
       set previous_hash = secret_hash, previous_valid_until = ${key.previousValidUntil}::timestamptz,
           secret_hash = ${key.secretHash}, rotated_at = ${now}::timestamptz,
           expires_at = ${now}::timestamptz + make_interval(days => lifetime_days)
     where id = ${key.id} and account_id = ${key.accountId} and revoked_at is null and expires_at > ${now}::timestamptz
    returning ${shown}`)

export type PresentedKeyRow = {
  accountId: string
  secretHash: Buffer
  previousHash: Buffer | null
  previousValidUntil: Date | null
  permissions: string[]
  shopId: string | null
  duties: string[]
  accountPermissions: string[]
  accountDuties: string[]
}

/** A live key of an active account, with what the account itself may do at this moment. */
export const presentedKey = (tx: Tx, keyId: string, now: Date) =>
  tx.maybeOne<PresentedKeyRow>(sql`
    select api_keys.account_id as "accountId", secret_hash as "secretHash", previous_hash as "previousHash",
           previous_valid_until as "previousValidUntil", permissions, api_keys.shop_id as "shopId", api_keys.duties,
           array(select distinct permission from account_roles join role_permissions using (role)
                  where account_roles.account_id = accounts.id) as "accountPermissions",
           coalesce(shop_members.duties, '{}') as "accountDuties"
      from api_keys
      join accounts on accounts.id = api_keys.account_id and accounts.status = 'active'
      left join shop_members on shop_members.account_id = accounts.id and shop_members.shop_id = api_keys.shop_id
     where api_keys.id = ${keyId} and revoked_at is null and expires_at > ${now}`)

export const recordKeyUse = (tx: Tx, keyIds: readonly string[], usedAt: readonly Date[]) =>
  tx.run(sql`
    update api_keys set last_used_at = used.at
      from unnest(${keyIds}::uuid[], ${usedAt}::timestamptz[]) as used (id, at)
     where api_keys.id = used.id and (last_used_at is null or last_used_at < used.at)`)

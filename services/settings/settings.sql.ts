import { sql, type Tx, uuidArray } from '@souk/postgres'
import type { Scope, Value } from './catalogue.ts'

/** Stands for the marketplace where an owner is named. */
export const nobody = '00000000-0000-0000-0000-000000000000'

export type SettingRow = { key: string; value: Value | null; version: number; changedAt: Date }

const columns = sql`key, value, version, changed_at as "changedAt"`

export const settingsBy = (tx: Tx, scope: Scope, ownerId: string) =>
  tx.many<SettingRow>(sql`select ${columns} from settings where scope = ${scope} and owner_id = ${ownerId}`)

export const findSetting = (tx: Tx, scope: Scope, ownerId: string, key: string) =>
  tx.maybeOne<SettingRow>(
    sql`select ${columns} from settings where scope = ${scope} and owner_id = ${ownerId} and key = ${key}`,
  )

export type Change = {
  scope: Scope
  ownerId: string
  key: string
  /** null: back to the default. */
  value: Value | null
  by: string
  at: Date
}

/** Undefined when it has another version by now. @param ifVersion 0: nobody has ever set it; null: whatever it is. */
export const writeSetting = (tx: Tx, { scope, ownerId, key, value, by, at }: Change, ifVersion: number | null) => {
  const json = value === null ? null : JSON.stringify(value)
  return tx.maybeOne<SettingRow>(sql`
    insert into settings as s (scope, owner_id, key, value, changed_by, changed_at)
    select ${scope}, ${ownerId}, ${key}, ${json}::jsonb, ${by}, ${at}
    where ${ifVersion}::bigint is null or ${ifVersion}::bigint = coalesce(
      (select version from settings where scope = ${scope} and owner_id = ${ownerId} and key = ${key}), 0)
    on conflict (scope, owner_id, key) do update
      set value = excluded.value, version = s.version + 1, changed_by = excluded.changed_by, changed_at = excluded.changed_at
      where ${ifVersion}::bigint is null or s.version = ${ifVersion}::bigint
    returning ${columns}`)
}

/** The longest chosen first. The key stands in the text: the index is of it alone. */
export const featuredShops = (tx: Tx, limit: number) =>
  tx.many<{ shopId: string }>(sql`
    select owner_id as "shopId" from settings
    where scope = 'shop' and key = 'shop.featured' and value = 'true'::jsonb
    order by changed_at, owner_id limit ${limit}`)

/** What people had set for themselves, whose accounts were closed. */
export const forgetOwners = (tx: Tx, accountIds: readonly string[]) =>
  tx.run(sql`delete from settings where scope = 'user' and owner_id = any(${uuidArray(accountIds)}::uuid[])`)

export type HistoryRow = {
  entryId: number
  key: string
  version: number
  value: Value | null
  changedBy: string
  changedAt: Date
}

export const insertSettingHistory = (tx: Tx, { scope, ownerId, key, value, by, at }: Change, version: number) =>
  tx.run(sql`
    insert into setting_history (scope, owner_id, key, version, value, changed_by, changed_at)
    values (${scope}, ${ownerId}, ${key}, ${version}, ${value === null ? null : JSON.stringify(value)}::jsonb, ${by}, ${at})`)

/** The newest first. */
export const settingHistory = (tx: Tx, scope: Scope, ownerId: string, before: number | undefined, limit: number) =>
  tx.many<HistoryRow>(sql`
    select entry_id as "entryId", key, version, value, changed_by as "changedBy", changed_at as "changedAt"
    from setting_history
    where scope = ${scope} and owner_id = ${ownerId} and entry_id < ${before ?? Number.MAX_SAFE_INTEGER}
    order by entry_id desc limit ${limit}`)

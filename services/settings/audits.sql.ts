import { sql, type Tx } from '@souk/postgres'
import type { Scope, Value } from './catalogue.ts'
import type { Flag } from './flag.ts'

/** Flags and settings that are not what their history ends with. */
export const offTheirHistory = (tx: Tx, limit: number) =>
  tx.many<{ subject: string }>(sql`
    select 'flag ' || coalesce(f.key, h.key) as subject
    from flags f full join (select distinct on (key) key, version, definition from flag_history order by key, version desc) h
      on h.key = f.key
    where f.definition is distinct from h.definition or (f.key is not null and f.version is distinct from h.version)
    union all
    select s.scope || ' ' || s.owner_id || ' ' || s.key
    from settings s left join lateral (
      select version, value from setting_history h
      where h.scope = s.scope and h.owner_id = s.owner_id and h.key = s.key order by entry_id desc limit 1) h on true
    where s.scope <> 'user' and (s.version is distinct from h.version or s.value is distinct from h.value)
    limit ${limit}`)

export const flagDefinitions = (tx: Tx) => tx.many<{ definition: Flag }>(sql`select definition from flags`)

/** Ten thousand of the latest changed: people's are as many as there are people. */
export const chosenSettings = (tx: Tx) =>
  tx.many<{ scope: Scope; ownerId: string; key: string; value: Value }>(sql`
    select scope, owner_id as "ownerId", key, value from settings where value is not null and scope <> 'user'
    limit 10000`)

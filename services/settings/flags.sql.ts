import { sql, type Tx } from '@souk/postgres'
import type { Flag } from './flag.ts'

export type FlagRow = { key: string; version: number; definition: Flag; changedBy: string; changedAt: Date }

const columns = sql`key, version, definition, changed_by as "changedBy", changed_at as "changedAt"`

export const allFlags = (tx: Tx) => tx.many<FlagRow>(sql`select ${columns} from flags order by key`)

export const listFlags = (tx: Tx, after: string | undefined, limit: number) =>
  tx.many<FlagRow>(sql`select ${columns} from flags where key > ${after ?? ''} order by key limit ${limit}`)

export const findFlag = (tx: Tx, key: string) =>
  tx.maybeOne<FlagRow>(sql`select ${columns} from flags where key = ${key}`)

export const lockFlag = (tx: Tx, key: string) =>
  tx.maybeOne<FlagRow>(sql`select ${columns} from flags where key = ${key} for update`)

export const revision = async (tx: Tx) =>
  (await tx.one<{ revision: number }>(sql`select revision from flags_revision`)).revision

/** One change of flags at a time, of whichever: they are some a day. */
export const raiseRevision = (tx: Tx) => tx.run(sql`update flags_revision set revision = revision + 1`)

export type FlagChange = { flag: Flag; version: number; note: string; by: string; at: Date }

/** Versions go on where those of a flag that was removed ended. */
export const nextVersion = async (tx: Tx, key: string) =>
  (
    await tx.one<{ version: number }>(
      sql`select coalesce(max(version), 0) + 1 as version from flag_history where key = ${key}`,
    )
  ).version

/** Resolves to false when there is one. */
export const insertFlag = async (tx: Tx, { flag, version, by, at }: FlagChange): Promise<boolean> => {
  const added = await tx.run(sql`
    insert into flags (key, version, definition, changed_by, changed_at)
    values (${flag.key}, ${version}, ${JSON.stringify(flag)}::jsonb, ${by}, ${at}) on conflict do nothing`)
  return added === 1
}

export const updateFlag = (tx: Tx, { flag, version, by, at }: FlagChange) =>
  tx.run(sql`
    update flags set version = ${version}, definition = ${JSON.stringify(flag)}::jsonb, changed_by = ${by}, changed_at = ${at}
    where key = ${flag.key}`)

export const deleteFlag = (tx: Tx, key: string) => tx.run(sql`delete from flags where key = ${key}`)

export const insertFlagHistory = (tx: Tx, { flag, version, note, by, at }: FlagChange, removed = false) =>
  tx.run(sql`
    insert into flag_history (key, version, definition, note, changed_by, changed_at)
    values (${flag.key}, ${version}, ${removed ? null : JSON.stringify(flag)}::jsonb, ${note}, ${by}, ${at})`)

export type FlagHistoryRow = {
  version: number
  definition: Flag | null
  note: string
  changedBy: string
  changedAt: Date
}

const past = sql`version, definition, note, changed_by as "changedBy", changed_at as "changedAt"`

export const flagHistory = (tx: Tx, key: string, before: number | undefined, limit: number) =>
  tx.many<FlagHistoryRow>(sql`
    select ${past} from flag_history where key = ${key} and version < ${before ?? Number.MAX_SAFE_INTEGER}
    order by version desc limit ${limit}`)

export const flagAsOf = (tx: Tx, key: string, version: number) =>
  tx.maybeOne<FlagHistoryRow>(sql`select ${past} from flag_history where key = ${key} and version = ${version}`)

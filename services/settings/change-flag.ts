import { flagChanged } from '@souk/contracts'
import { newEvent, type Outbox } from '@souk/events'
import { httpErrors } from '@souk/http'
import type { Database, Tx } from '@souk/postgres'
import { declaredFlag, declaredFlags, missingOfDeclared } from './declared.ts'
import { settingErrors } from './errors.ts'
import { faultsOf, type Flag } from './flag.ts'
import {
  deleteFlag,
  findFlag,
  flagAsOf,
  type FlagChange,
  type FlagRow,
  insertFlag,
  insertFlagHistory,
  lockFlag,
  nextVersion,
  raiseRevision,
  updateFlag,
} from './flags.sql.ts'
import { nobody } from './settings.sql.ts'

export type FlagDeps = { outbox: Outbox; clock: () => Date }
export type FlagBy = { accountId: string; correlationId: string }

export const flagNotFound = (key: string) =>
  settingErrors.error('flag-not-found', `There is no feature flag ${key.slice(0, 80)}.`)

/** @throws flag-refused, flag-declared */
function assertSound(flag: Flag): void {
  const faults = faultsOf(flag)
  if (faults.length > 0)
    throw settingErrors.error('flag-refused', `The flag does not add up: ${faults[0]}.`, { faults })
  const missing = missingOfDeclared(flag)
  if (missing !== undefined) throw settingErrors.error('flag-declared', `This cannot be changed: ${missing}.`)
}

async function record(deps: FlagDeps, tx: Tx, change: FlagChange, correlationId: string, removed = false) {
  await insertFlagHistory(tx, change, removed)
  await raiseRevision(tx)
  const payload = {
    flagKey: change.flag.key,
    version: BigInt(change.version),
    definitionJson: removed ? '' : JSON.stringify(change.flag),
    changedAtMs: BigInt(change.at.getTime()),
  }
  await deps.outbox.append(tx, [newEvent(flagChanged, payload, { occurredAtMs: change.at.getTime(), correlationId })])
}

/** @throws flag-exists, flag-refused */
export async function createFlag(deps: FlagDeps, tx: Tx, flag: Flag, note: string, by: FlagBy): Promise<FlagRow> {
  assertSound(flag)
  const version = await nextVersion(tx, flag.key)
  const change = { flag, version, note, by: by.accountId, at: deps.clock() }
  if (!(await insertFlag(tx, change)))
    throw settingErrors.error('flag-exists', `There is a feature flag ${flag.key} already.`)
  await record(deps, tx, change, by.correlationId)
  return rowOf(change)
}

const rowOf = ({ flag, version, by, at }: FlagChange): FlagRow => ({
  key: flag.key,
  version,
  definition: flag,
  changedBy: by,
  changedAt: at,
})

async function lockVersion(tx: Tx, key: string, ifVersion: number): Promise<FlagRow> {
  const row = await lockFlag(tx, key)
  if (row === undefined) throw flagNotFound(key)
  if (row.version !== ifVersion)
    throw httpErrors.error('version-mismatch', `The flag has version ${row.version} by now.`, { version: row.version })
  return row
}

/** Replace a flag, whole. @throws flag-not-found, version-mismatch, flag-refused, flag-declared */
export async function changeFlag(
  deps: FlagDeps,
  tx: Tx,
  flag: Flag,
  ifVersion: number,
  note: string,
  by: FlagBy,
): Promise<FlagRow> {
  const before = await lockVersion(tx, flag.key, ifVersion)
  assertSound(flag)
  if (before.definition.type !== flag.type)
    throw settingErrors.error('flag-refused', `The flag is a ${before.definition.type}, and stays one.`, {
      faults: ['the type of a flag does not change: whoever asks for it expects it'],
    })
  const change = { flag, version: before.version + 1, note, by: by.accountId, at: deps.clock() }
  await updateFlag(tx, change)
  await record(deps, tx, change, by.correlationId)
  return rowOf(change)
}

/** Back to what it was in an earlier version: a new version like that one. */
export async function restoreFlag(
  deps: FlagDeps,
  tx: Tx,
  key: string,
  version: number,
  ifVersion: number,
  by: FlagBy,
): Promise<FlagRow> {
  const past = await flagAsOf(tx, key, version)
  if (past === undefined || past.definition === null) throw flagNotFound(`${key}, version ${version}`)
  return changeFlag(deps, tx, past.definition, ifVersion, `as in version ${version}`, by)
}

/** @throws flag-not-found, version-mismatch, flag-declared */
export async function removeFlag(deps: FlagDeps, tx: Tx, key: string, ifVersion: number, by: FlagBy): Promise<void> {
  if (declaredFlag(key) !== undefined)
    throw settingErrors.error('flag-declared', 'The program asks about this flag: switch it off instead.')
  const before = await lockVersion(tx, key, ifVersion)
  await deleteFlag(tx, key)
  const change = { flag: before.definition, version: before.version + 1, note: '', by: by.accountId, at: deps.clock() }
  await record(deps, tx, change, by.correlationId, true)
}

/** Flags the program asks about are there before anybody does. */
export async function ensureDeclared(deps: FlagDeps & { db: Database }): Promise<void> {
  const missing: Flag[] = []
  for (const flag of declaredFlags) if ((await findFlag(deps.db.autocommit, flag.key)) === undefined) missing.push(flag)
  for (const flag of missing)
    await deps.db
      .transaction((tx) => createFlag(deps, tx, flag, 'declared', { accountId: nobody, correlationId: '' }))
      .catch((error: unknown) => {
        // Another process starts as well.
        if (!settingErrors.is(error, 'flag-exists')) throw error
      })
}

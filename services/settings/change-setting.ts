import { settingChanged } from '@souk/contracts'
import { newEvent, type Outbox } from '@souk/events'
import { httpErrors } from '@souk/http'
import type { Tx } from '@souk/postgres'
import { effective, faultOfValue, type Scope, type Setting, settingIn, settingsOf, type Value } from './catalogue.ts'
import { settingErrors } from './errors.ts'
import { findSetting, insertSettingHistory, nobody, type SettingRow, settingsBy, writeSetting } from './settings.sql.ts'

export type SettingDeps = { outbox: Outbox; clock: () => Date }
export type By = { accountId: string; operator: boolean; correlationId: string }

/** A setting as it holds for somebody. `version` is 0 while nobody has set it there. */
export type Shown = ReturnType<typeof effective> & { version: number; changedAt: Date | null }

/** All settings of a scope as they hold for its owner: two statements for a shop, one otherwise. */
export async function settingsInForce(tx: Tx, scope: Scope, ownerId: string): Promise<Shown[]> {
  const own = new Map((await settingsBy(tx, scope, ownerId)).map((row) => [row.key, row]))
  const shared = new Map(
    scope === 'shop' ? (await settingsBy(tx, 'marketplace', nobody)).map((row) => [row.key, row.value]) : [],
  )
  return settingsOf(scope).map((setting) =>
    shown(setting, own.get(setting.key), shared.get(setting.key) ?? null, scope),
  )
}

const shown = (setting: Setting, row: SettingRow | undefined, marketplace: Value | null, scope: Scope): Shown => ({
  ...effective(setting, row?.value ?? null, marketplace, scope),
  version: row?.version ?? 0,
  changedAt: row?.changedAt ?? null,
})

export type SetSetting = { scope: Scope; ownerId: string; key: string; value: Value | null }

/**
 * Set a setting, or (null) let its default hold again.
 * @param ifVersion the version the change was made on; null: whatever it is by now
 * @throws setting-not-found, setting-refused, version-mismatch
 */
export async function changeSetting(
  deps: SettingDeps,
  tx: Tx,
  command: SetSetting,
  ifVersion: number | null,
  by: By,
): Promise<Shown> {
  const { scope, ownerId, key, value } = command
  const setting = settingIn(scope, key)
  if (setting === undefined || (setting.operatorsOnly && !by.operator))
    throw settingErrors.error('setting-not-found', `There is no setting ${key} for you to change here.`)
  const fault = value === null ? undefined : faultOfValue(setting, value)
  if (fault !== undefined) throw settingErrors.error('setting-refused', `${key} ${fault}.`, { key })
  const now = deps.clock()
  const change = { ...command, by: by.accountId, at: now }
  const row = await writeSetting(tx, change, ifVersion)
  if (row === undefined) {
    const version = (await findSetting(tx, scope, ownerId, key))?.version ?? 0
    throw httpErrors.error('version-mismatch', `The setting has version ${version} by now.`, { version })
  }
  if (scope !== 'user') {
    await insertSettingHistory(tx, change, row.version)
    const payload = {
      scope,
      ownerId: scope === 'shop' ? ownerId : '',
      key,
      version: BigInt(row.version),
      valueJson: value === null ? '' : JSON.stringify(value),
      changedAtMs: BigInt(now.getTime()),
    }
    const about = { occurredAtMs: now.getTime(), correlationId: by.correlationId }
    await deps.outbox.append(tx, [newEvent(settingChanged, payload, about)])
  }
  const marketplace = scope === 'shop' ? await findSetting(tx, 'marketplace', nobody, key) : undefined
  return shown(setting, row, marketplace?.value ?? null, scope)
}

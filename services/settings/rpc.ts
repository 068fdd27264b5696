import { SettingsService } from '@souk/contracts/settings'
import { type Database, isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { settingsInForce } from './change-setting.ts'
import { allFlags } from './flags.sql.ts'
import { nobody } from './settings.sql.ts'

export const settingRpc =
  ({ db }: { db: Database }): RpcHandlers =>
  (router) =>
    router.service(SettingsService, {
      async getSettings({ shopId, keys }) {
        if (shopId !== '' && !isUuid(shopId)) return { settings: [] }
        const wanted = new Set(keys)
        const all = await settingsInForce(db.autocommit, shopId === '' ? 'marketplace' : 'shop', shopId || nobody)
        return {
          settings: all
            .filter(({ setting: { key } }) => wanted.size === 0 || wanted.has(key))
            .map(({ setting: { key }, value, origin }) => ({ key, valueJson: JSON.stringify(value), origin })),
        }
      },
      async listFlags() {
        return {
          flags: (await allFlags(db.autocommit)).map(({ key, version, definition, changedAt }) => ({
            flagKey: key,
            version: BigInt(version),
            definitionJson: JSON.stringify(definition),
            changedAtMs: BigInt(changedAt.getTime()),
          })),
        }
      },
    })

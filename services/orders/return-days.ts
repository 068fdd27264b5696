import type { SettingsService } from '@souk/contracts/settings'
import type { Client } from '@souk/rpc'
import type { Logger } from '@souk/telemetry'

const key = 'returns.window-days'

/** Within how many days after delivery goods of this shop may come back. */
export type ReturnDays = (shopId: string) => Promise<number>

/**
 * What the shop or the marketplace has set, or else `otherwise`. When settings cannot be asked, what they said last: a
 * customer's right to return does not depend on a service being up.
 */
export function askReturnDays(settings: Client<typeof SettingsService>, log: Logger, otherwise: number): ReturnDays {
  const last = new Map<string, number>()
  return async (shopId) => {
    try {
      const answer = await settings.getSettings({ shopId, keys: [key] }, { timeoutMs: 1_000 })
      const [set] = answer.settings.filter(({ origin }) => origin !== 'default')
      const days = set === undefined ? otherwise : Number(JSON.parse(set.valueJson))
      last.set(shopId, days)
      return days
    } catch (error) {
      const days = last.get(shopId) ?? otherwise
      log.warn({ err: error, shopId, days }, 'settings cannot be asked for the days of returns')
      return days
    }
  }
}

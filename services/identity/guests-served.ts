import type { SettingsService } from '@souk/contracts/settings'
import type { Client } from '@souk/rpc'
import type { Clock } from '@souk/service'
import type { Logger } from '@souk/telemetry'

const key = 'checkout.guest'
const freshMs = 5_000

/**
 * Whether the marketplace takes orders from guests, asked every 5 s at most: in a sale thousands begin as one. What was
 * said last holds while settings cannot be asked, and without any answer they are served.
 */
export function askGuestsServed(settings: Client<typeof SettingsService>, clock: Clock, log: Logger) {
  let served = true
  let askedAtMs = Number.NEGATIVE_INFINITY
  return async (): Promise<boolean> => {
    const nowMs = clock().getTime()
    if (nowMs - askedAtMs < freshMs) return served
    askedAtMs = nowMs
    try {
      const answer = await settings.getSettings({ keys: [key] }, { timeoutMs: 1_000 })
      served = answer.settings[0]?.valueJson !== 'false'
    } catch (error) {
      log.warn({ err: error, served }, 'settings cannot be asked whether guests are served')
    }
    return served
  }
}

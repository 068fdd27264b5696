import type { Api } from '../api.ts'
import { signInBuyers } from '../flash-sale/buyers.ts'
import type { ReplayOrder } from './replay-plan.ts'

/** Tokens are good for 15 minutes; two are left for an order that has to be sent again. */
const goodForMs = 13 * 60_000
/** Signed in together: those who order within the next so many orders. */
const ahead = 1_000

/**
 * Signed-in customers for a replay, made shortly before their first order: one for each customer of the file, and one for
 * each order whose customer is not known. Whoever orders again much later is signed in anew.
 */
export function replayCustomers(api: Api, orders: readonly ReplayOrder[]) {
  const known = new Map<string, { token: string; untilMs: number }>()
  let underWay: Promise<void> = Promise.resolve()
  const keyOf = (index: number) => {
    const { customer, number } = orders[index] as ReplayOrder
    return customer === '' ? `guest ${number}` : customer
  }
  const isGood = (key: string) => (known.get(key)?.untilMs ?? 0) > Date.now()

  async function signInFrom(index: number): Promise<void> {
    if (isGood(keyOf(index))) return
    const keys = new Set<string>()
    for (let at = index; at < Math.min(orders.length, index + ahead); at += 1) {
      const key = keyOf(at)
      if (!isGood(key)) keys.add(key)
    }
    // Of those long gone nothing is kept: guests come once.
    for (const [key, { untilMs }] of known) if (untilMs < Date.now()) known.delete(key)
    const { tokens } = await signInBuyers(api, keys.size, () => {})
    const untilMs = Date.now() + goodForMs
    for (const [at, key] of [...keys].entries()) {
      const token = tokens[at]
      if (token !== undefined) known.set(key, { token, untilMs })
    }
  }

  return {
    async tokenOf(index: number): Promise<string> {
      const key = keyOf(index)
      if (!isGood(key)) {
        underWay = underWay.catch(() => {}).then(() => signInFrom(index))
        await underWay
      }
      return (known.get(key) as { token: string }).token
    },
  }
}

import { AnalyticsService, type CountedDay } from '@souk/contracts/analytics'
import { SoldService } from '@souk/contracts/orders'
import type { AuditResult } from '@souk/service'
import type { House } from '../house.ts'

const dayMs = 86_400_000
/** Of those that are closed: the one that ended last, and the one that was counted a second time last. */
const latestDays = 9
const allDays = 400

type Sum = { orders: number; amountMinor: number; cancelledOrders: number; units: number }
const nothing = (): Sum => ({ orders: 0, amountMinor: 0, cancelledOrders: 0, units: 0 })

/**
 * What analytics counted of days that are over is what orders says of them. Only what does not change any more is compared:
 * orders, units, amounts; of cancelled ones there may be more by now, never fewer. Some 10 µs an order of these days.
 */
export async function soldAgrees(
  { directory }: Pick<House, 'directory'>,
  { full, maxFindings }: { full: boolean; maxFindings: number },
): Promise<AuditResult> {
  const { days } = await directory.client(AnalyticsService).listDays({ limit: full ? allDays : latestDays })
  const result: AuditResult = { checked: 0, findings: [] }
  for (const day of full ? days : days.filter((_, index) => index === 0 || index === latestDays - 1)) {
    const { shops } = await directory
      .client(SoldService)
      .sumSold({ fromMs: day.dayMs, untilMs: day.dayMs + BigInt(dayMs) }, { timeoutMs: 120_000 })
    const sold = new Map<string, Sum>()
    for (const { shopId, products, outcomes } of shops) {
      for (const { currencyCode, units } of products) sumIn(sold, shopId, currencyCode).units += Number(units)
      for (const { currencyCode, status, orders, amountMinor } of outcomes) {
        const sum = sumIn(sold, shopId, currencyCode)
        sum.orders += Number(orders)
        sum.amountMinor += Number(amountMinor)
        if (status === 'cancelled') sum.cancelledOrders += Number(orders)
      }
    }
    result.checked += 1
    for (const finding of differences(day, sold))
      if (result.findings.length < maxFindings) result.findings.push(finding)
  }
  return result
}

function sumIn(sums: Map<string, Sum>, shopId: string, currency: string): Sum {
  const key = `${shopId} in ${currency}`
  const sum = sums.get(key) ?? nothing()
  sums.set(key, sum)
  return sum
}

function* differences({ dayMs, sums }: CountedDay, sold: ReadonlyMap<string, Sum>) {
  const day = new Date(Number(dayMs)).toISOString().slice(0, 10)
  const counted = new Map<string, Sum>()
  for (const { shopId, currencyCode, orders, amountMinor, cancelledOrders, units } of sums)
    Object.assign(sumIn(counted, shopId, currencyCode), {
      orders: Number(orders),
      amountMinor: Number(amountMinor),
      cancelledOrders: Number(cancelledOrders),
      units: Number(units),
    })
  for (const key of new Set([...counted.keys(), ...sold.keys()])) {
    const [here, there] = [counted.get(key) ?? nothing(), sold.get(key) ?? nothing()]
    const isSame = here.orders === there.orders && here.amountMinor === there.amountMinor && here.units === there.units
    if (isSame && here.cancelledOrders <= there.cancelledOrders) continue
    yield { subject: `${day}, shop ${key}`, message: `counted were ${inWords(here)}; orders has ${inWords(there)}` }
  }
}

const inWords = ({ orders, units, amountMinor, cancelledOrders }: Sum) =>
  `${orders} orders of ${units} units for ${amountMinor}, ${cancelledOrders} of them cancelled`

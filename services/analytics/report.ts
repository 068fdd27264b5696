import type { Tx } from '@souk/postgres'
import { analyticsErrors } from './errors.ts'
import {
  type Asked,
  firstOpenDay,
  type SeriesRow,
  seriesByDay,
  seriesByHour,
  type TopProduct,
  topProducts,
} from './reports.sql.ts'
import { readProgress } from './counting.sql.ts'
import { dayMs, dayName, dayOf } from './slots.ts'

export const grains = ['hour', 'day'] as const
export type Grain = (typeof grains)[number]
export type Range = { fromMs: number; untilMs: number; grain: Grain }

const hourMs = 3_600_000
const usualDays = 30
const maxDays = 400
const maxDaysByHour = 7
const productsShown = 50

/**
 * Days as they were asked for: the first, and the one after the last. Left out: until tomorrow, and the 30 before.
 * @throws analytics-range for what makes no report.
 */
export function rangeOf(
  asked: { from?: string | undefined; until?: string | undefined; grain: Grain },
  nowMs: number,
  kept: { days: number; sumsDays: number },
): Range {
  const today = dayOf(nowMs)
  const untilMs = asked.until === undefined ? today + dayMs : Date.parse(asked.until)
  const fromMs = asked.from === undefined ? untilMs - usualDays * dayMs : Date.parse(asked.from)
  const refuse = (detail: string) => analyticsErrors.error('analytics-range', detail)
  const days = (untilMs - fromMs) / dayMs
  if (!(days > 0)) throw refuse('`from` is to be a day before `until`, which is the day after the last one.')
  if (days > maxDays) throw refuse(`These are ${days} days; ask for ${maxDays} at most.`)
  if (asked.grain === 'hour' && days > maxDaysByHour)
    throw refuse(`These are ${days} days; by hours ask for ${maxDaysByHour} at most, or for grain=day.`)
  const keptDays = asked.grain === 'hour' ? kept.days : kept.sumsDays
  if (untilMs <= today - keptDays * dayMs)
    throw refuse(`What was sold is kept for ${keptDays} days by ${asked.grain}s; these are longer ago.`)
  return { fromMs, untilMs, grain: asked.grain }
}

type Amount = { currency: string; amountMinor: number; cancelledMinor: number }
type Sum = { orders: number; cancelledOrders: number; amounts: Map<string, Amount> }

/** What was sold in a range, of one shop or of all: in steps, in all, by what became of the orders, and what sold most. */
export async function readReport(tx: Tx, range: Range, shopId: string | undefined) {
  const { fromMs, untilMs, grain } = range
  const asked: Asked = { shopId, from: dayName(fromMs), until: dayName(untilMs) }
  const open = (await firstOpenDay(tx)) ?? asked.until
  const rows = await (grain === 'hour' ? seriesByHour(tx, asked) : seriesByDay(tx, asked, open))
  const products = await topProducts(tx, asked, open, productsShown)
  const countedUntil = await readProgress(tx)
  return { ...shape(range, rows), products: products.map(productOf), countedUntil: countedUntil?.toISOString() ?? null }
}

function shape({ fromMs, untilMs, grain }: Range, rows: readonly SeriesRow[]) {
  const stepMs = grain === 'hour' ? hourMs : dayMs
  const steps = Array.from({ length: (untilMs - fromMs) / stepMs }, nothing)
  const all = nothing()
  const outcomes = new Map<string, number>()
  for (const row of rows) {
    const step = steps[Math.floor((row.atMs - fromMs) / stepMs)]
    if (step === undefined) continue
    add(step, row)
    add(all, row)
    outcomes.set(row.status, (outcomes.get(row.status) ?? 0) + row.orders)
  }
  return {
    from: dayName(fromMs),
    until: dayName(untilMs),
    grain,
    ...sumView(all),
    outcomes: [...outcomes].map(([status, orders]) => ({ status, orders })).sort((a, b) => b.orders - a.orders),
    series: steps.map((step, index) => ({ at: new Date(fromMs + index * stepMs).toISOString(), ...sumView(step) })),
  }
}

const nothing = (): Sum => ({ orders: 0, cancelledOrders: 0, amounts: new Map() })

function add(sum: Sum, { currency, status, orders, minor }: SeriesRow): void {
  const amount = sum.amounts.get(currency) ?? { currency, amountMinor: 0, cancelledMinor: 0 }
  sum.amounts.set(currency, amount)
  sum.orders += orders
  amount.amountMinor += minor
  if (status !== 'cancelled') return
  sum.cancelledOrders += orders
  amount.cancelledMinor += minor
}

const sumView = ({ orders, cancelledOrders, amounts }: Sum) => ({
  orders,
  cancelledOrders,
  amounts: [...amounts.values()].sort((a, b) => b.amountMinor - a.amountMinor),
})

const productOf = ({ minor, ...product }: TopProduct) => ({ ...product, amountMinor: minor })

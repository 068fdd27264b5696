import { type Database, firstIdAt, type Tx } from '@souk/postgres'
import {
  cartsSince,
  countStuck,
  type StatusCount,
  statusesSince,
  type TopProduct,
  topProductsSince,
  type Turnover,
  turnoverBetween,
} from './dashboard.sql.ts'

/** Seconds of the live chart, slices of the day. */
export const liveSeconds = 120
export const sliceSeconds = 900
const daySeconds = 86_400

/** An order is written within so long after its id was made; later than this, a second is closed. */
const settledAfterMs = 8_000
const turnoverForMs = 1_000
const slowForMs = 20_000

export type Figures = {
  at: string
  /** Orders of each of the last 120 seconds, oldest first; the last one has just ended. */
  perSecond: { at: string; orders: number }[]
  /** The last day in quarters of an hour. */
  slices: { at: string; orders: number; amounts: Amount[] }[]
  orders: number
  amounts: Amount[]
  statuses: { status: string; orders: number }[]
  topProducts: {
    productId: string
    shopId: string
    title: string
    units: number
    amountMinor: number
    currency: string
  }[]
}
type Amount = { currency: string; amountMinor: number }

/** Of one shop or (undefined) of all. */
export type FiguresOf = (shopId: string | undefined) => Promise<Figures>

/**
 * What was sold in the last day, for however many look: closed slices are read once and kept, only the last seconds are
 * read again, and that at most once a second; rankings and states every 20 s. Of all databases orders lie in.
 */
export function createFigures(databases: readonly Database[], clock: () => Date): FiguresOf {
  /** Sums per shop and currency: of closed slices of the day, and of seconds that are still looked at. */
  let closed: Turnover[] = []
  let recent: Turnover[] = []
  let closedUntilMs = 0
  const all = async <Row>(read: (tx: Tx) => Promise<readonly Row[]>): Promise<Row[]> =>
    (await Promise.all(databases.map((db) => db.transaction(read)))).flat()
  const top = keptFor(slowForMs, clock, async () =>
    (await all((tx) => topProductsSince(tx, dayAgo(clock()), 8))).sort((a, b) => b.units - a.units),
  )
  const states = keptFor(slowForMs, clock, () => all((tx) => statusesSince(tx, dayAgo(clock()))))

  const advance = keptFor(turnoverForMs, clock, async () => {
    const nowMs = clock().getTime()
    // Seconds stay seconds as long as the live chart shows them; then they are laid to their slice.
    const untilMs = floorTo(nowMs - settledAfterMs - liveSeconds * 1_000, sliceSeconds * 1_000)
    const fromMs = floorTo(nowMs - daySeconds * 1_000, sliceSeconds * 1_000)
    if (untilMs > closedUntilMs) {
      const begin = Math.max(closedUntilMs, fromMs)
      const more = await all((tx) => turnoverBetween(tx, firstIdAt(begin), firstIdAt(untilMs), sliceSeconds))
      closed = [...closed, ...more].filter(({ at }) => at * 1_000 >= fromMs)
      recent = recent.filter(({ at }) => at * 1_000 >= untilMs)
      closedUntilMs = untilMs
    }
    const lastMs = recent.reduce((last, { at }) => Math.max(last, at * 1_000), closedUntilMs)
    const againMs = floorTo(Math.max(closedUntilMs, Math.min(lastMs, nowMs) - settledAfterMs), 1_000)
    const fresh = await all((tx) => turnoverBetween(tx, firstIdAt(againMs), firstIdAt(nowMs + 60_000), 1))
    recent = [...recent.filter(({ at }) => at * 1_000 < againMs), ...fresh]
  })

  return async (shopId) => {
    const [, ranking, byState] = await Promise.all([advance(), top(), states()])
    const mine = <Of extends { shopId: string }>(rows: readonly Of[]) =>
      shopId === undefined ? rows : rows.filter((row) => row.shopId === shopId)
    return shape(clock(), mine([...closed, ...recent]), mine(ranking), mine(byState))
  }
}

/** How many orders wait for a person; asked at most every 20 s. */
export const createStuckCount = (databases: readonly Database[], clock: () => Date) =>
  keptFor(slowForMs, clock, async () => {
    const counts = await Promise.all(databases.map((db) => db.transaction(countStuck)))
    return counts.reduce((sum, stuck) => sum + stuck, 0)
  })

/** Of those who put something into a cart in the last day, how many ordered it; asked at most every 20 s. */
export const createCartCount = (db: Database, clock: () => Date) =>
  keptFor(slowForMs, clock, () =>
    db.transaction((tx) => cartsSince(tx, new Date(clock().getTime() - daySeconds * 1_000))),
  )

function shape(
  now: Date,
  turnover: readonly Turnover[],
  ranking: readonly TopProduct[],
  byState: readonly StatusCount[],
): Figures {
  const nowSecond = Math.floor(now.getTime() / 1_000)
  const firstSlice = floorTo(nowSecond - daySeconds, sliceSeconds) + sliceSeconds
  const live = new Map<number, number>()
  const slices = new Map<number, { orders: number; amounts: Map<string, number> }>()
  const sum = { orders: 0, amounts: new Map<string, number>() }
  const add = (to: typeof sum, { orders, currency, minor }: Turnover) => {
    to.orders += orders
    to.amounts.set(currency, (to.amounts.get(currency) ?? 0) + minor)
  }
  for (const row of turnover) {
    // Slices of the day are not seconds of the live chart, even where they lie in it.
    if (row.at > nowSecond - liveSeconds) live.set(row.at, (live.get(row.at) ?? 0) + row.orders)
    const slice = floorTo(row.at, sliceSeconds)
    if (slice < firstSlice) continue
    const into = slices.get(slice) ?? { orders: 0, amounts: new Map<string, number>() }
    slices.set(slice, into)
    add(into, row)
    add(sum, row)
  }
  const states = new Map<string, number>()
  for (const { status, orders } of byState) states.set(status, (states.get(status) ?? 0) + orders)
  return {
    at: now.toISOString(),
    perSecond: Array.from({ length: liveSeconds }, (_, index) => {
      const second = nowSecond - liveSeconds + index
      return { at: iso(second), orders: live.get(second) ?? 0 }
    }),
    slices: Array.from({ length: daySeconds / sliceSeconds }, (_, index) => {
      const slice = firstSlice + index * sliceSeconds
      const found = slices.get(slice)
      return { at: iso(slice), orders: found?.orders ?? 0, amounts: amountsOf(found?.amounts) }
    }),
    orders: sum.orders,
    amounts: amountsOf(sum.amounts),
    statuses: [...states].map(([status, orders]) => ({ status, orders })),
    topProducts: ranking.slice(0, 8).map(({ minor, ...product }) => ({ ...product, amountMinor: minor })),
  }
}

const amountsOf = (amounts: ReadonlyMap<string, number> | undefined): Amount[] =>
  [...(amounts ?? [])]
    .map(([currency, amountMinor]) => ({ currency, amountMinor }))
    .sort((a, b) => b.amountMinor - a.amountMinor)

const floorTo = (value: number, step: number): number => Math.floor(value / step) * step
const iso = (second: number): string => new Date(second * 1_000).toISOString()
const dayAgo = (now: Date): string => firstIdAt(now.getTime() - daySeconds * 1_000)

/** The same answer to whoever asks within so long; who asks while it is being found waits for it. A failure is not kept. */
function keptFor<Answer>(ms: number, clock: () => Date, find: () => Promise<Answer>): () => Promise<Answer> {
  let last: { atMs: number; answer: Promise<Answer> } | undefined
  return () => {
    const nowMs = clock().getTime()
    if (last === undefined || nowMs - last.atMs >= ms) {
      const answer = find()
      last = { atMs: nowMs, answer }
      answer.catch(() => (last = undefined))
    }
    return last.answer
  }
}

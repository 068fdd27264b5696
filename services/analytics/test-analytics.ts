import { randomUUID } from 'node:crypto'
import type { SoldService } from '@souk/contracts/orders'
import type { Client } from '@souk/rpc'
import { manualClock, type TestDatabase, testDatabase } from '@souk/testing'
import { closeDays, type CountDeps, countSlots } from './count-sold.ts'
import { analytics } from './index.ts'
import { analyticsAudits } from './audits.ts'
import { tendDays } from './jobs.ts'
import { analyticsRoutes } from './routes.ts'

export const minutes = 60_000
export const hours = 60 * minutes
export const days = 24 * hours

export type TestOrder = {
  atMs: number
  shopId: string
  productId: string
  units: number
  minor: number
  status: string
  currency: string
}

/** Analytics on a database of its own, asking an orders that answers from a list and is counted on being asked. */
export async function analyticsWorld(startsAt: string) {
  const database: TestDatabase = await testDatabase([analytics])
  const db = database.open('analytics')
  const time = manualClock(new Date(startsAt))
  const orders: TestOrder[] = []
  const asked: string[] = []
  const deps: CountDeps & { sumsKeptDays: number } = {
    db,
    clock: time.clock,
    keptDays: 90,
    sumsKeptDays: 400,
    sold: {
      async sumSold({ fromMs, untilMs }: { fromMs: bigint; untilMs: bigint }) {
        asked.push(new Date(Number(fromMs)).toISOString().slice(0, 16))
        return sumOf(orders, Number(fromMs), Number(untilMs)) as never
      },
    } as Pick<Client<typeof SoldService>, 'sumSold'>,
  }
  await tendDays(deps)
  const shopId = randomUUID()
  return {
    database,
    db,
    time,
    deps,
    orders,
    shopId,
    /** An order came in: of one unit at 10.00 EUR, if nothing else is said. */
    order(at: string, more: Partial<TestOrder> = {}): TestOrder {
      const order = { shopId, productId: lamp, units: 1, minor: 1_000, status: 'confirmed', currency: 'EUR', ...more }
      orders.push({ atMs: Date.parse(at), ...order })
      return orders.at(-1) as TestOrder
    },
    /** As the job does each minute. */
    async run(): Promise<void> {
      await countSlots(deps)
      await closeDays(deps)
    },
    /** Which quarters orders was asked about since the last time. */
    asked: () => asked.splice(0),
    routes: analyticsRoutes({ db, clock: time.clock, kept: { days: 90, sumsDays: 400 } }),
    partitions: async (of: string) =>
      (
        await database.query<{ name: string }>(
          `select right(c.relname, 10) as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = $1::regclass order by 1`,
          [`analytics.${of}`],
        )
      ).map(({ name }) => name),
    async findings(): Promise<string[]> {
      const found: string[] = []
      for (const check of analyticsAudits(deps))
        await db.transaction(async (tx) => {
          const scope = { since: undefined, sinceMs: undefined, maxFindings: 10 }
          found.push(...(await check.run(tx, scope)).findings.map(({ subject, message }) => `${subject}: ${message}`))
        })
      return found
    },
  }
}

export const lamp = '0199a000-0000-7000-8000-00000000000a'
export const chair = '0199a000-0000-7000-8000-00000000000b'

/** As orders sums up what it has. */
function sumOf(orders: readonly TestOrder[], fromMs: number, untilMs: number) {
  const found = orders.filter(({ atMs }) => fromMs <= atMs && atMs < untilMs)
  const next = Math.min(...orders.map(({ atMs }) => atMs).filter((atMs) => atMs >= untilMs))
  return {
    nextMs: found.length > 0 || next === Number.POSITIVE_INFINITY ? 0n : BigInt(next),
    shops: [...Map.groupBy(found, ({ shopId }) => shopId)].map(([shopId, ofShop]) => ({
      shopId,
      products: [...Map.groupBy(ofShop, ({ productId, currency }) => `${productId} ${currency}`).values()].map((of) => {
        const cancelled = of.filter(({ status }) => status === 'cancelled')
        return {
          productId: of[0]?.productId,
          title: of[0]?.productId === lamp ? 'Lamp' : 'Chair',
          currencyCode: of[0]?.currency,
          orders: BigInt(of.length),
          units: sum(of, 'units'),
          amountMinor: sum(of, 'minor'),
          cancelledOrders: BigInt(cancelled.length),
          cancelledUnits: sum(cancelled, 'units'),
          cancelledMinor: sum(cancelled, 'minor'),
        }
      }),
      outcomes: [...Map.groupBy(ofShop, ({ status, currency }) => `${status} ${currency}`).values()].map((of) => ({
        status: of[0]?.status,
        currencyCode: of[0]?.currency,
        orders: BigInt(of.length),
        amountMinor: sum(of, 'minor'),
      })),
    })),
  }
}

const sum = (orders: readonly TestOrder[], what: 'units' | 'minor') =>
  BigInt(orders.reduce((total, order) => total + order[what], 0))

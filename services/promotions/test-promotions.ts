import { randomUUID } from 'node:crypto'
import type { Principal } from '@souk/http'
import { createShards } from '@souk/postgres'
import { callRoute, manualClock, memoryLog, type RouteCall, staff, testDatabase } from '@souk/testing'
import { discountRoutes } from './discount-routes.ts'
import type { RouteDeps } from './edge.ts'
import { createLibrary } from './learn-products.ts'
import { loyaltyRoutes } from './loyalty-routes.ts'
import { quoteRoutes } from './quote-routes.ts'
import { shippingRoutes } from './shipping-routes.ts'
import { taxRoutes } from './tax-routes.ts'
import { voucherRoutes } from './voucher-routes.ts'

/** Orders as far as promotions goes: what it was told, and whether it answers. */
export function fakeOrders() {
  const told = { uses: new Map<string, { version: bigint; uses: bigint }>(), rules: new Map<string, boolean>() }
  const state = { away: false, remaining: 3n, takenByCustomer: 0n }
  const alive = () => {
    if (state.away) throw new Error('orders is away')
  }
  return {
    told,
    state,
    setUses: async ({ voucherId = '', version = 0n, uses = 0n }) => {
      alive()
      if ((told.uses.get(voucherId)?.version ?? 0n) < version) told.uses.set(voucherId, { version, uses })
      return { granted: uses, remaining: uses } as never
    },
    listUses: async ({ voucherIds = [] as string[] }) => {
      alive()
      return {
        uses: voucherIds.map((voucherId) => ({
          voucherId,
          granted: 5n,
          remaining: state.remaining,
          takenByCustomer: state.takenByCustomer,
        })),
      } as never
    },
    setRules: async ({ shopId = '', ask = false }) => {
      alive()
      told.rules.set(shopId, ask)
      return {} as never
    },
  }
}

export type Sold = { variantId: string; productId: string; shopId: string; unitPriceMinor: number }

/** A promotions service with a database of its own, and doubles of those it asks. */
export async function promotionsWorld() {
  const database = await testDatabase([{ name: 'promotions', migrations: new URL('./migrations/', import.meta.url) }])
  const db = database.open('promotions')
  const time = manualClock()
  const orders = fakeOrders()
  const sold: Sold[] = []
  const products: object[] = []
  const categories: { categoryId: string; ancestorIds: string[] }[] = []
  const asked = { products: 0 }
  const catalog = {
    getProducts: async () => {
      asked.products += 1
      return { products } as never
    },
    listCategories: async () => ({ categories }) as never,
  }
  const deps: RouteDeps = {
    db,
    shards: createShards([{ name: 'only', db }]),
    clock: time.clock,
    log: memoryLog(),
    library: createLibrary({ db, clock: time.clock, catalog }),
    terms: orders,
    checkout: {
      priceLines: async ({ lines = [] }) =>
        ({
          lines: lines.flatMap(({ variantId = '', quantity = 0 }) =>
            sold
              .filter((one) => one.variantId === variantId)
              .map((one) => ({
                ...one,
                quantity,
                unitPriceMinor: BigInt(one.unitPriceMinor),
                title: 'A thing',
                currencyCode: 'EUR',
                saleWindowId: '',
                shopSelling: true,
              })),
          ),
          shopsOrderedFrom: [],
        }) as never,
    },
    quotesPerMinute: 1_000,
  }
  const routes = [
    ...voucherRoutes(deps),
    ...discountRoutes(deps),
    ...shippingRoutes(deps),
    ...taxRoutes(deps),
    ...quoteRoutes(deps),
    ...loyaltyRoutes(deps),
  ]
  const shopId = randomUUID()
  return {
    database,
    db,
    deps,
    time,
    orders,
    asked,
    categories,
    shopId,
    keeper: staff(shopId, 'catalog', 'settings'),
    /** Something on sale in a shop, as catalog and orders know it. */
    sell(given: Partial<Sold> & { categoryIds?: string[]; weightGrams?: number; taxClass?: string } = {}): Sold {
      const { categoryIds = [], weightGrams = 0, taxClass = '', ...rest } = given
      const one = { variantId: randomUUID(), productId: randomUUID(), shopId, unitPriceMinor: 1_000, ...rest }
      sold.push(one)
      const variants = [{ variantId: one.variantId, weightGrams }]
      products.push({ productId: one.productId, version: 1n, categoryIds, taxClass, variants })
      return one
    },
    async call(operationId: string, principal: Principal | undefined, call: RouteCall = {}) {
      const answer = await callRoute(routes, operationId, {
        params: { shopId },
        ...call,
        ...(principal && { principal }),
      })
      return { status: answer.status, headers: answer.headers, body: answer.body as Answered }
    },
  }
}

/** What tests look at, of whatever answer. */
export type Answered = {
  id: string
  code: string
  version: number
  usesTaken: number | null
  items: { id: string; code: string; points: number }[]
  nextCursor: string | null
  shops: {
    shopId: string
    totalMinor: number
    adjustments: { kind: string; label: string; amountMinor: number }[]
    taxes: { label: string }[]
    voucherCodes: string[]
    deliveryMethods: { method: string; name: string; priceMinor: number }[]
    refusals: { reason: string; code?: string }[]
  }[]
  notForSale: string[]
  balances: { shopId: string; points: number }[]
}

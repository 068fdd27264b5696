import { randomUUID } from 'node:crypto'
import { createProcessCache } from '@souk/cache'
import { shopChanged } from '@souk/contracts'
import { type ShopChanged, ShopChangedSchema } from '@souk/contracts/shops'
import { create } from '@bufbuild/protobuf'
import type { Event } from '@souk/events'
import type { Principal, Route } from '@souk/http'
import { createShards, type Database } from '@souk/postgres'
import {
  callRoute,
  collectingOutbox,
  fakeMetrics,
  manualClock,
  memoryLog,
  staff,
  testDatabase,
  type TestDatabase,
} from '@souk/testing'
import type { RouteDeps } from './edge.ts'
import { catalog } from './index.ts'
import { categoryRoutes } from './category-routes.ts'
import { listRoutes } from './list-routes.ts'
import { createPages } from './pages.ts'
import { productRoutes } from './product-routes.ts'
import { saleRoutes } from './sale-routes.ts'
import { shopConsumer } from './shop-news.ts'

/** Orders as far as sales go: units per variant, windows by id. */
export function fakeOrders() {
  const windows = new Map<string, { variantId: string; units: number }>()
  const left = new Map<string, number>()
  const state = { away: false, answerLost: false, calls: 0 }
  const alive = () => {
    state.calls += 1
    if (state.away) throw new Error('orders is away')
  }
  return {
    state,
    windows,
    left,
    setAside: async ({ saleWindowId = '', variantId = '', units = 0n }) => {
      alive()
      const remaining = left.get(variantId) ?? 0
      const known = windows.has(saleWindowId)
      if (!known && remaining < Number(units)) return { setAside: false, remaining: BigInt(remaining) } as never
      if (!known) {
        windows.set(saleWindowId, { variantId, units: Number(units) })
        left.set(variantId, remaining - Number(units))
      }
      if (state.answerLost) throw new Error('the answer was lost')
      return { setAside: true, remaining: BigInt(left.get(variantId) ?? 0) } as never
    },
    endSale: async ({ saleWindowId = '' }) => {
      alive()
      const window = windows.get(saleWindowId)
      windows.delete(saleWindowId)
      if (window !== undefined) left.set(window.variantId, (left.get(window.variantId) ?? 0) + window.units)
      return { returned: BigInt(window?.units ?? 0) } as never
    },
  }
}

export type Setting = {
  database: TestDatabase
  db: Database
  deps: RouteDeps
  routes: Route[]
  outbox: ReturnType<typeof collectingOutbox>
  time: ReturnType<typeof manualClock>
  orders: ReturnType<typeof fakeOrders>
  /** Shops the service beside us knows but has not announced. */
  unannounced: Map<string, ShopChanged>
  /** A shop as announced; open unless said otherwise. */
  announce(shop?: Partial<ShopChanged>): Promise<{ shopId: string; clerk: Principal; slug: string }>
  call(
    operation: string,
    principal: Principal | undefined,
    given?: object,
  ): Promise<{ status: number; body: Body; headers?: Record<string, string> }>
}

// What tests look at, of whatever answer.
export type Body = {
  id: string
  version: number
  status: string
  slug: string
  title: string
  code: string
  remaining: number
  items: (Body & {
    product: Body
    sale: Body & { phase: string }
    phase: string
    priceMinor: number
    children: Body[]
  })[]
  variants: { id: string; sku: string; title: string; priceMinor: number; priceVersion: number; active: boolean }[]
  nextCursor: string | null
}

export const shopNews = (shop: Partial<ShopChanged>): ShopChanged =>
  Object.assign(
    create(ShopChangedSchema, {
      version: 1n,
      name: 'A shop',
      status: 'open',
      verification: 'verified',
      currencyCode: 'EUR',
    }),
    shop,
  )

export async function setting(): Promise<Setting> {
  const database = await testDatabase([catalog])
  const db = database.open('catalog')
  const outbox = collectingOutbox()
  const time = manualClock()
  const orders = fakeOrders()
  const unannounced = new Map<string, ShopChanged>()
  const deps: RouteDeps = {
    db,
    shards: createShards([{ name: 'only', db }]),
    outbox,
    clock: time.clock,
    log: memoryLog(),
    cache: createProcessCache({ metrics: fakeMetrics() }),
    sales: orders,
    shops: { getShop: async ({ shopId = '' }) => ({ shop: unannounced.get(shopId) }) as never },
  }
  const pages = createPages(deps)
  const routes = [
    ...productRoutes(deps, pages),
    ...listRoutes(deps, pages),
    ...categoryRoutes(deps, pages),
    ...saleRoutes(deps),
  ]
  return {
    database,
    db,
    deps,
    routes,
    outbox,
    time,
    orders,
    unannounced,
    async announce(shop = {}) {
      const shopId = shop.shopId ?? randomUUID()
      const slug = shop.slug ?? `shop-${shopId.slice(0, 8)}`
      await db.transaction((tx) => shopConsumer(deps).handle(tx, [eventOf(shopNews({ ...shop, shopId, slug }))]))
      return { shopId, slug, clerk: staff(shopId, 'catalog') }
    },
    async call(operation, principal, given = {}) {
      const answer = await callRoute(routes, operation, { ...given, ...(principal && { principal }) })
      return { ...answer, body: answer.body as Body }
    },
  }
}

export const eventOf = (payload: ShopChanged): Event => ({
  id: randomUUID(),
  type: shopChanged.type,
  topic: shopChanged.topic,
  schemaVersion: 1,
  key: payload.shopId,
  occurredAtMs: 0,
  correlationId: '',
  payload,
})

export const aProduct = (shopId: string, given: object = {}) => ({
  shopId,
  title: 'Lamp',
  status: 'active',
  variants: [{ sku: `S-${randomUUID().slice(0, 12)}`, priceMinor: 1_000 }],
  ...given,
})

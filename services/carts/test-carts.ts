import type { ProductChanged, SaleWindowChanged } from '@souk/contracts/catalog'
import type { ShopChanged } from '@souk/contracts/shops'
import type { Principal } from '@souk/http'
import { uuidv7 } from '@souk/postgres'
import { callRoute, collectingOutbox, manualClock, memoryLog, type RouteCall, testDatabase } from '@souk/testing'
import { cartAudits } from './audits.ts'
import { carts } from './index.ts'
import { cartJobs } from './jobs.ts'
import { keepProducts, keepShops, keepWindows } from './keep-offers.ts'
import { type RouteDeps, routes } from './routes.ts'

export type Item = {
  variantId: string
  quantity: number
  unitPriceMinor: number
  buyable: boolean
  changes: { kind: string; message: string; code?: string }[]
}
export type CartBody = {
  id: string
  version: number
  vouchers: string[]
  itemCount: number
  checkoutId: string | null
  shops: { shopId: string; subtotalMinor: number; items: Item[] }[]
}
export type CheckoutBody = {
  id: string
  state: string
  result: string | null
  orders: { shopId: string; outcome: string; orderId: string | null; refusal: { code: string } | null }[]
}
type Body = CartBody &
  CheckoutBody & { cart: CartBody; cartToken: string; code?: string; items: { productId: string }[] }

type Placed = {
  orderId: string
  shopId: string
  key: string
  customerId: string
  cancelled: boolean
  voucherCodes: string[]
}

const shopOf = (given: Partial<ShopChanged>) => ({ slug: 'shop', name: 'Shop', ...given }) as ShopChanged

/** Stands for orders: keeps keys, sells what there is, fails when told to. */
export function fakeOrders(nowMs: () => number) {
  const placed: Placed[] = []
  const left = new Map<string, number>()
  const shopOf = new Map<string, string>()
  const self = {
    placed,
    left,
    shopOf,
    calls: 0,
    /** What happens to a call: answered, lost on the way there, or on the way back. */
    next: [] as ('answer' | 'lost' | 'answer-lost')[],
    /** Shops that answer 503. */
    busy: new Set<string>(),
    uncancellable: new Set<string>(),
    before: async () => {},
    get standing() {
      return placed.filter(({ cancelled }) => !cancelled)
    },
    client: {
      async placeOrders(request: { customerId?: string; orders?: unknown[] }) {
        self.calls += 1
        const fate = self.next.shift() ?? 'answer'
        if (fate === 'lost') throw new Error('the call never arrived')
        await self.before()
        const orders = (request.orders ?? []) as {
          idempotencyKey: string
          lines: { variantId: string; quantity: number }[]
          voucherCodes: string[]
        }[]
        const outcomes = orders.map(({ idempotencyKey: key, lines, voucherCodes }) => {
          const shopId = shopOf.get(lines[0]?.variantId ?? '') ?? ''
          const refusal = (code: string, status: number, detail: string) => ({
            outcome: { case: 'refusal' as const, value: { code, status, detail, title: code } },
          })
          const known = placed.find((order) => order.key === key && order.customerId === request.customerId)
          if (known === undefined) {
            if (self.busy.has(shopId)) return refusal('orders-overloaded', 503, 'Too many orders are waiting.')
            const short = lines.find(({ variantId, quantity }) => (left.get(variantId) ?? 0) < quantity)
            if (short !== undefined)
              return refusal('out-of-stock', 409, `There were ${left.get(short.variantId) ?? 0}.`)
            for (const { variantId, quantity } of lines) left.set(variantId, (left.get(variantId) ?? 0) - quantity)
            const customerId = request.customerId ?? ''
            placed.push({ orderId: uuidv7(nowMs()), shopId, key, customerId, cancelled: false, voucherCodes })
          }
          const { orderId } = known ?? (placed.at(-1) as Placed)
          const value = { orderId, shopId, totalMinor: 1_000n, currencyCode: 'EUR', repeated: known !== undefined }
          return { outcome: { case: 'order' as const, value } }
        })
        if (fate === 'answer-lost') throw new Error('the answer never arrived')
        return { outcomes }
      },
      async cancelOrders({ orderIds = [] }: { orderIds?: string[] }) {
        self.calls += 1
        const fate = self.next.shift() ?? 'answer'
        if (fate === 'lost') throw new Error('the call never arrived')
        const outcomes = orderIds.map((orderId) => {
          if (self.uncancellable.has(orderId))
            return { orderId, cancelled: false, code: 'illegal-transition', detail: 'Shipped.' }
          const order = placed.find((each) => each.orderId === orderId)
          if (order !== undefined) order.cancelled = true
          return { orderId, cancelled: order !== undefined, code: '', detail: '' }
        })
        if (fate === 'answer-lost') throw new Error('the answer never arrived')
        return { outcomes }
      },
    },
  }
  return self
}

/** For tests: carts on a database of its own, with the others stood in for. */
export async function startCarts() {
  const database = await testDatabase([carts])
  const time = manualClock()
  const outbox = collectingOutbox()
  const log = memoryLog()
  const db = database.open('carts', { maxConnections: 10 })
  const orders = fakeOrders(() => time.clock().getTime())
  const vouchers = new Map<string, string>()
  const addresses = new Map<string, { customerId: string }>()
  const asked: string[] = []
  let unheard: ProductChanged[] = []
  const deps = {
    db,
    outbox,
    clock: time.clock,
    log,
    guestDays: 30,
    customerDays: 90,
    orders: orders.client,
    allotments: {
      listAllotments: async ({ variantIds = [] }: { variantIds?: string[] }) => ({
        allotments: variantIds.map((variantId) => ({
          variantId,
          remaining: BigInt(orders.left.get(variantId) ?? 0),
          setAside: BigInt(orders.left.get(variantId) ?? 0),
        })),
      }),
    },
    catalog: {
      getProducts: async ({ variantIds = [] }: { variantIds?: string[] }) => {
        asked.push(...variantIds)
        return {
          products: unheard.filter(({ variants }) => variants.some((each) => variantIds.includes(each.variantId))),
        }
      },
    },
    shops: {
      getShop: async ({ shopId = '' }) => ({
        shop: shopOf({ shopId, status: 'open', name: 'New', version: 1n }),
      }),
    },
    promotions: {
      findVouchers: async ({ shopIds = [], codes = [] }: { shopIds?: string[]; codes?: string[] }) => ({
        vouchers: codes.flatMap((code) => {
          const shopId = vouchers.get(code)
          return shopId !== undefined && shopIds.includes(shopId) ? [{ shopId, code }] : []
        }),
      }),
    },
    customers: {
      getAddress: async ({ customerId = '', addressId = '' }) =>
        addresses.get(addressId)?.customerId === customerId
          ? {
              address: {
                name: 'Ada',
                company: '',
                line1: 'Street 1',
                line2: '',
                postalCode: '10115',
                city: 'Berlin',
                region: '',
                countryCode: 'DE',
                phone: '',
              },
            }
          : {},
    },
  } as unknown as RouteDeps
  const all = routes(deps)
  let versions = 0n

  const productOf = (given: {
    shopId?: string
    productId?: string
    variantId?: string
    priceMinor?: number
    status?: string
  }) => {
    versions += 1n
    return {
      productId: given.productId ?? uuidv7(time.clock().getTime()),
      shopId: given.shopId ?? uuidv7(time.clock().getTime()),
      version: versions,
      title: 'Cup',
      slug: 'cup',
      status: given.status ?? 'active',
      variants: [
        {
          variantId: given.variantId ?? uuidv7(time.clock().getTime()),
          sku: 'CUP',
          title: '',
          priceMinor: BigInt(given.priceMinor ?? 1_000),
          currencyCode: 'EUR',
          active: true,
        },
      ],
    } as unknown as ProductChanged
  }
  const world = {
    database,
    db,
    deps,
    time,
    outbox,
    log,
    orders,
    vouchers,
    addresses,
    asked,
    call: async (operation: string, given: RouteCall & { token?: string } = {}) => {
      const { token, ...rest } = given
      const headers = { ...rest.headers, ...(token !== undefined && { 'x-cart-token': token }) }
      return (await callRoute(all, operation, { ...rest, headers })) as unknown as {
        status: number
        body: Body
        headers?: Record<string, string>
      }
    },
    /** Something sold by a shop of its own, with units left. */
    async sell(given: { shopId?: string; priceMinor?: number; left?: number } = {}) {
      const product = productOf(given)
      const variantId = product.variants[0]?.variantId ?? ''
      const { productId, shopId } = product
      await db.transaction(async (tx) => {
        await keepShops(tx, [shopOf({ shopId, name: 'Shop', slug: 'shop', status: 'open', version: 1n })])
        await keepProducts(tx, [product])
      })
      orders.left.set(variantId, given.left ?? 100)
      orders.shopOf.set(variantId, shopId)
      return { productId, shopId, variantId }
    },
    change: (given: { productId: string; shopId: string; variantId: string; priceMinor?: number; status?: string }) =>
      db.transaction((tx) => keepProducts(tx, [productOf(given)])),
    plan: (given: Partial<SaleWindowChanged>) =>
      db.transaction((tx) =>
        keepWindows(tx, [{ status: 'planned', capPerCustomer: 0, ...given } as SaleWindowChanged]),
      ),
    /** Catalog has it, and its news has not come. */
    async publish() {
      const product = productOf({})
      unheard = [product]
      const variantId = product.variants[0]?.variantId ?? ''
      orders.left.set(variantId, 5)
      return { variantId }
    },
    job: (name: string) =>
      cartJobs(deps)
        .find((job) => job.name === name)
        ?.run(),
    findings: () =>
      db.transaction(async (tx) => {
        const found: string[] = []
        for (const check of cartAudits)
          for (const { message } of (await check.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 9 }))
            .findings)
            found.push(message)
        return found
      }),
    /** A cart with these in it, two of each. */
    async filled(me: Principal, ...things: { variantId: string }[]) {
      const { body } = await world.call('openCart', { principal: me })
      for (const { variantId } of things) {
        time.advance(1)
        await world.call('setCartItem', {
          principal: me,
          params: { cartId: body.cart.id, variantId },
          body: { quantity: 2 },
        })
      }
      return body.cart.id
    },
    close: () => database.close(),
  }
  return world
}

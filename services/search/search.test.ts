import { randomUUID } from 'node:crypto'
import {
  productChanged,
  ratingChanged,
  saleWindowChanged,
  shopChanged,
  stockChanged,
  orderPlaced,
} from '@souk/contracts'
import type { Event, EventType } from '@souk/events'
import { uuidv7 } from '@souk/postgres'
import { callRoute, manualClock, type RouteCall, testDatabase, type TestDatabase } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { searchAudits } from './audits.ts'
import { searchConsumers } from './consumers.ts'
import { search } from './index.ts'
import { catchUp } from './jobs.ts'
import { postgresEngine } from './postgres/engine.ts'
import { wantRebuild } from './rebuild.ts'
import { searchRoutes } from './routes.ts'
import type { IndexDeps } from './write-due.ts'

let database: TestDatabase
let deps: IndexDeps
let consumers: ReturnType<typeof searchConsumers>
const time = manualClock(new Date())
const [shopId, otherShop] = [randomUUID(), randomUUID()]
const [home, lamps] = [randomUUID(), randomUUID()]

type Described = {
  product: { shopId: string; title: string; status: string } & Record<string, unknown>
} & Record<string, unknown>
type Named = { slug: string; name: string }
type Body = {
  code: string
  items: ({ productId: string; title: string; kind: string; text: string; available: boolean } & Record<
    string,
    unknown
  >)[]
  facets: { categories: Named[]; shops: Named[]; prices: object[] }
  nextCursor: string
  correctedQuery: string | null
}

/** Catalog and orders as far as search asks them. */
const world = {
  products: new Map<string, Described>(),
  remaining: new Map<string, bigint>(),
  ordersAway: false,
}
const productOf = (productId: string) => (world.products.get(productId) as Described).product
let productTimeMs = Date.parse('2026-01-01T00:00:00Z')
function aProduct(title: string, given: Record<string, unknown> = {}) {
  productTimeMs += 1_000
  const productId = uuidv7(productTimeMs)
  const variantId = randomUUID()
  const {
    priceMinor = 1_000n,
    status = 'active',
    shop = shopId,
    ...more
  } = given as Record<string, unknown> & {
    status?: string
    shop?: string
  }
  world.products.set(productId, {
    product: {
      productId,
      shopId: shop,
      title,
      slug: title.toLowerCase().replaceAll(' ', '-'),
      status,
      version: 1n,
      variants: [{ variantId, sku: 'A', priceMinor, currencyCode: 'EUR', active: true }],
    },
    description: '',
    tags: [],
    categoryIds: [lamps],
    pictureUrl: '',
    pictureAlt: '',
    currencyCode: 'EUR',
    createdAtMs: 0n,
    ...more,
  })
  return { productId, variantId }
}

let sent = 0
async function hear(type: EventType, ...payloads: object[]): Promise<void> {
  const events = payloads.map(
    (payload): Event => ({
      id: String((sent += 1)),
      type: type.type,
      topic: type.topic,
      schemaVersion: 1,
      key: '',
      occurredAtMs: 0,
      correlationId: '',
      payload: payload as never,
    }),
  )
  const consumer = consumers.find(({ events: kinds }) => kinds.some((kind) => kind.type === type.type))
  await deps.db.transaction((tx) => consumer!.handle(tx, events))
  await catchUp(deps)
}
const changed = (...ids: string[]) => hear(productChanged, ...ids.map((productId) => ({ productId })))
const shopNews = (id: string, version: number, status: string, name = 'Lamp shop') =>
  hear(shopChanged, {
    shopId: id,
    version: BigInt(version),
    name,
    slug: `shop-${id.slice(0, 8)}`,
    status,
    countryCode: 'DE',
    currencyCode: 'EUR',
  })

const ask = async (query: Record<string, unknown>, operation = 'searchProducts') => {
  const routes = searchRoutes({ db: deps.db, engine: deps.engine })
  const answer = await callRoute(routes, operation, { query } as RouteCall)
  return { ...answer, body: answer.body as Body }
}
const titles = async (query: Record<string, unknown>): Promise<string[]> =>
  (await ask(query)).body.items.map((item) => item.title)

beforeAll(async () => {
  database = await testDatabase([search])
  const db = database.open('search')
  deps = {
    db,
    engine: postgresEngine(db),
    clock: time.clock,
    catalog: {
      describeProducts: async ({ productIds = [] }: { productIds?: string[] }) => ({
        products: productIds.flatMap((id) => world.products.get(id) ?? []),
      }),
      listProductIds: async ({ afterProductId = '', limit = 10, shopId: of = '' }) => ({
        productIds: [...world.products.keys()]
          .filter((id) => id > afterProductId && (of === '' || world.products.get(id)?.product.shopId === of))
          .sort()
          .slice(0, Math.min(limit, 3)),
      }),
      listCategories: async () => ({
        categories: [
          { categoryId: home, parentId: '', slug: 'home', title: 'Home', path: 'home', ancestorIds: [home] },
          {
            categoryId: lamps,
            parentId: home,
            slug: 'lamps',
            title: 'Lamps',
            path: 'home/lamps',
            ancestorIds: [home, lamps],
          },
        ],
      }),
    } as never,
    allotments: {
      async listAllotments({ variantIds = [] }: { variantIds?: string[] }) {
        if (world.ordersAway) throw new Error('orders is away')
        return {
          allotments: variantIds.map((variantId) => ({
            variantId,
            remaining: world.remaining.get(variantId) ?? 0n,
            setAside: 0n,
          })),
        }
      },
    } as never,
  }
  consumers = searchConsumers({ clock: time.clock, wake: () => {} })
  await shopNews(shopId, 1, 'open')
  await shopNews(otherShop, 1, 'open', 'Other shop')
})
afterAll(() => database.close())

describe('the index follows', () => {
  test('products: put on show, changed, taken off', async () => {
    const { productId } = aProduct('Copper lantern')
    await changed(productId, productId)
    expect(await titles({ q: 'lantern' })).toEqual(['Copper lantern'])
    expect((await ask({ q: 'lantern' })).body.items[0]).toMatchObject({
      productId,
      shop: { id: shopId, name: 'Lamp shop' },
      priceMinor: 1_000,
      regularPriceMinor: 1_000,
      ratingTenths: null,
      available: false,
      picture: null,
    })
    productOf(productId).title = 'Silver lantern'
    await changed(productId)
    expect(await titles({ q: 'copper' })).toEqual([])
    expect(await titles({ q: 'silver' })).toEqual(['Silver lantern'])
    productOf(productId).status = 'archived'
    await changed(productId)
    expect(await titles({ q: 'lantern' })).toEqual([])
  })
  test('stock and orders: what is sold out is said to be, also while orders was away', async () => {
    const { productId, variantId } = aProduct('Rare vase')
    await changed(productId)
    world.remaining.set(variantId, 5n)
    await hear(stockChanged, { variantId, productId, shopId })
    expect((await ask({ q: 'vase', available: true })).body.items).toHaveLength(1)
    world.remaining.set(variantId, 0n)
    world.ordersAway = true
    const order = { orderId: randomUUID(), shopId, lines: [{ variantId, productId, quantity: 5 }] }
    await hear(orderPlaced, order, order)
    expect((await ask({ q: 'vase' })).body.items[0]?.available).toBe(true)
    world.ordersAway = false
    await catchUp(deps)
    expect((await ask({ q: 'vase' })).body.items[0]?.available).toBe(false)
    expect((await ask({ q: 'vase', available: true })).body.items).toHaveLength(0)
  })
  test('sales: the price is that of the sale from its first second to its last', async () => {
    const { productId, variantId } = aProduct('Clock on sale', { priceMinor: 5_000n })
    await changed(productId)
    const nowMs = time.clock().getTime()
    const sale = {
      saleWindowId: randomUUID(),
      productId,
      variantId,
      shopId,
      status: 'planned',
      priceMinor: 3_000n,
      startsAtMs: BigInt(nowMs + 60_000),
      endsAtMs: BigInt(nowMs + 120_000),
      changedAtMs: 1n,
    }
    await hear(saleWindowChanged, sale)
    const price = async () => (await ask({ q: 'clock' })).body.items[0]
    expect(await price()).toMatchObject({ priceMinor: 5_000, saleEndsAt: null })
    time.advance(60_000)
    await catchUp(deps)
    expect(await price()).toMatchObject({
      priceMinor: 3_000,
      regularPriceMinor: 5_000,
      saleEndsAt: new Date(nowMs + 120_000).toISOString(),
    })
    expect(await titles({ q: 'clock', maxPriceMinor: 4_000 })).toHaveLength(1)
    time.advance(60_000)
    await catchUp(deps)
    expect(await price()).toMatchObject({ priceMinor: 5_000, saleEndsAt: null })
    await hear(saleWindowChanged, { ...sale, saleWindowId: randomUUID(), status: 'cancelled' })
    expect(await price()).toMatchObject({ priceMinor: 5_000 })
  })
  test('ratings: the newest one counts, in whatever order they come', async () => {
    const { productId } = aProduct('Rated rug')
    await changed(productId)
    await hear(
      ratingChanged,
      { productId, version: 2n, ratingTenths: 45, count: 12 },
      { productId, version: 1n, ratingTenths: 10, count: 1 },
    )
    expect((await ask({ q: 'rug', rating: 4 })).body.items[0]).toMatchObject({ ratingTenths: 45, ratingCount: 12 })
    // News of the week before, in a batch of their own.
    await hear(ratingChanged, { productId, version: 1n, ratingTenths: 10, count: 1 })
    expect((await ask({ q: 'rug', rating: 4 })).body.items[0]).toMatchObject({ ratingTenths: 45, ratingCount: 12 })
  })
  test('shops: what a closed one had is hidden at once and gone soon, and comes back with it', async () => {
    const ids = Array.from({ length: 7 }, (_, at) => aProduct(`Umbrella ${at}`, { shop: otherShop }).productId)
    await changed(...ids)
    expect(await titles({ q: 'umbrella' })).toHaveLength(7)
    await deps.db.transaction((tx) =>
      consumers
        .find(({ name }) => name === 'search.shops')!
        .handle(tx, [
          {
            ...({} as Event),
            type: shopChanged.type,
            payload: {
              shopId: otherShop,
              version: 2n,
              name: 'Other shop',
              slug: 'other',
              status: 'suspended',
              countryCode: 'DE',
            } as never,
          },
        ]),
    )
    expect(await titles({ q: 'umbrella' })).toEqual([])
    expect((await ask({ shop: otherShop })).body.code).toBe('search-shop-not-found')
    await catchUp(deps)
    const listed = await deps.engine.listed('00000000-0000-0000-0000-000000000000', 1_000)
    expect(listed.map(({ productId }) => productId)).not.toContain(ids[0])
    await shopNews(otherShop, 3, 'open', 'Other shop')
    expect(await titles({ q: 'umbrella' })).toHaveLength(7)
  })
  test('a rebuild: the same is found by it, and by whoever asks meanwhile', async () => {
    const before = await titles({ sort: 'newest', limit: 100 })
    await database.query('delete from search.documents where title like $1', ['Umbrella%'])
    await wantRebuild(deps)
    await catchUp(deps)
    expect(await titles({ sort: 'newest', limit: 100 })).toEqual(before)
    const findings = await Promise.all(
      searchAudits.map((audit) =>
        deps.db.transaction((tx) => audit.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 10 })),
      ),
    )
    expect(findings.flatMap((result) => result.findings)).toEqual([])
  })
})

describe('whoever searches', () => {
  test('gets facets with names, and pages that go on where they ended', async () => {
    const { body } = await ask({ category: 'home', limit: 4 })
    expect(body.facets.categories.map((one) => one.slug).toSorted()).toEqual(['home', 'lamps'])
    expect(body.facets.shops.map((one) => one.name).toSorted()).toEqual(['Lamp shop', 'Other shop'])
    expect(body.facets.prices[0]).toMatchObject({ currency: 'EUR' })
    expect(body.items).toHaveLength(4)
    const next = await ask({ category: 'home', limit: 4, cursor: body.nextCursor })
    expect(next.body.facets).toBeNull()
    expect(next.body.items[0]?.productId).not.toBe(body.items[0]?.productId)
    expect((await ask({ category: 'lamps', limit: 4, cursor: body.nextCursor })).body.code).toBe('validation-failed')
    expect((await ask({ category: 'nowhere' })).body.code).toBe('search-category-not-found')
  })
  test('is forgiven typing errors, and told', async () => {
    const { body } = await ask({ q: 'umbrela' })
    expect(body.correctedQuery).toBe('umbrella')
    expect(body.items).toHaveLength(7)
    expect((await ask({ q: 'umbrella' })).body.correctedQuery).toBeNull()
    expect((await ask({ q: 'qqqqqq' })).body).toMatchObject({
      items: [],
      correctedQuery: null,
      total: { count: 0, exact: true },
    })
  })
  test('is shown words, categories, shops and products while typing', async () => {
    const kinds = async (q: string) =>
      (await ask({ q }, 'suggestSearches')).body.items.map((item) => `${item.kind}: ${item.text}`)
    expect(await kinds('umb')).toEqual(expect.arrayContaining(['query: umbrella', 'product: Umbrella 0']))
    expect(await kinds('Lamp')).toEqual(expect.arrayContaining(['category: Lamps', 'shop: Lamp shop']))
    expect(await kinds('umbrela')).toEqual(['query: umbrella'])
    expect(await kinds('u')).toEqual([])
  })
  test('with hostile words and cursors gets an answer or a refusal, never a failure', async () => {
    for (const q of [
      "'; drop table documents; --",
      '\\',
      ':*',
      '<->',
      '!!!',
      '% _',
      'a & | ! ( )',
      '💥',
      'ﷺ'.repeat(60),
      'x'.repeat(200),
      '" \' `',
    ])
      expect((await ask({ q })).status, q).toBe(200)
    for (const place of [
      ['1e400', randomUUID(), 1],
      ['1.5', randomUUID(), 1],
      ['x', randomUUID(), 0],
      ['99999999999999999999', randomUUID(), 1],
    ]) {
      const first = (await ask({ limit: 1 })).body.nextCursor
      const [list] = JSON.parse(Buffer.from(first, 'base64url').toString())
      const cursor = Buffer.from(JSON.stringify([list, ...place])).toString('base64url')
      expect((await ask({ limit: 1, cursor })).status, String(place)).toBe(400)
    }
  })
})

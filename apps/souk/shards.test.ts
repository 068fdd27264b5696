import { randomUUID } from 'node:crypto'
import { SoldService } from '@souk/contracts/orders'
import { bucketInId, bucketOf } from '@souk/postgres'
import { MoverKilled, moveSteps } from '@souk/service'
import { eventually, type TestDatabase, testDatabase, testSecret } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, createApi } from './api.ts'
import { runAudit } from './audit/run.ts'
import { type Marketplace, openMarketplace } from './marketplace.ts'
import { stockDemo } from './seed/demo.ts'
import { allServices } from './services.ts'
import { moveShards, repairShards } from './shards.ts'
import { rowsOfBuckets, startBuyers, unsound, whereBucketsLie } from './test-moving.ts'

const divided = allServices.filter((service) => service.divided)
let databases: Record<'home' | 'east' | 'south' | 'west', TestDatabase>
let marketplace: Marketplace
let shopper: Api
let token: string
let products: { id: string; shopId: string; variants: { id: string }[] }[]

beforeAll(async () => {
  databases = {
    home: await testDatabase(allServices),
    east: await testDatabase(divided),
    south: await testDatabase(divided),
    west: await testDatabase(divided),
  }
  const { home, ...others } = databases
  const urls = Object.fromEntries(Object.entries(others).map(([name, { url }]) => [name, url]))
  let signIn: { email: string; password: string } | undefined
  marketplace = await openMarketplace({
    services: allServices,
    env: {
      DATABASE_URL: home.url,
      SOUK_SHARDS: JSON.stringify(urls),
      SOUK_SECRET: testSecret,
      SOUK_ADDRESS_PER_MINUTE: '1000000',
      SOUK_ACCOUNT_PER_MINUTE: '1000000',
      SOUK_ORDERS_PER_MINUTE: '1000000',
      SOUK_LOG_LEVEL: 'error',
    },
    port: 0,
    onProgress: () => {},
    onFatal: () => {},
    async beforeOpening(house) {
      const demo = await stockDemo(house, { onProgress: () => {}, onlyIfEmpty: true })
      signIn = demo?.signIns.shoppers[0]
    },
  })
  shopper = createApi(marketplace.url)
  await shopper.signIn(signIn as NonNullable<typeof signIn>)
  const signedIn = await fetch(`${marketplace.url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(signIn),
  })
  token = ((await signedIn.json()) as { accessToken: string }).accessToken
  products = []
  for (let cursor = ''; products.length < 600; ) {
    const page: { items: typeof products; nextCursor: string | null } = await shopper.get(
      `/v1/products?limit=100${cursor && `&cursor=${cursor}`}`,
    )
    products.push(...page.items)
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
})
afterAll(async () => {
  await marketplace?.stop()
  for (const database of Object.values(databases ?? {})) await database.close()
})

const rows = async (table: string) =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(databases).map(async ([name, database]) => {
        const [found] = await database.query<{ count: number }>(`select count(*)::int as count from ${table}`)
        return [name, found?.count ?? 0] as const
      }),
    ),
  )

/** An order for the first thing of a shop that is not sold out, at once or for later. */
async function placeOneOf(ofShop: typeof products, later: boolean): Promise<{ id: string }> {
  for (const { variants } of ofShop) {
    const variantId = variants[0]?.id ?? ''
    const answer = await fetch(`${marketplace.url}/v1/orders`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'idempotency-key': randomUUID(),
        ...(later && { prefer: 'respond-async' }),
      },
      body: JSON.stringify({ lines: [{ variantId, quantity: 1 }] }),
    })
    const placed = (await answer.json()) as { id: string; code?: string }
    if (placed.code === 'out-of-stock') continue
    // The machine has other tests to run, too.
    if (answer.status === 503) return await placeOneOf(ofShop, later)
    expect(answer.status, JSON.stringify(placed)).toBe(later ? 202 : 201)
    expect(bucketInId(placed.id)).toBe(bucketInId(variantId))
    return placed
  }
  throw new Error('everything in this shop is sold out')
}

describe('a marketplace divided among four databases', () => {
  test('spreads its buckets evenly, and a shop’s products and goods lie with it', async () => {
    expect(marketplace.shardMap?.counts()).toEqual(
      new Map([
        ['home', 256],
        ['east', 256],
        ['south', 256],
        ['west', 256],
      ]),
    )
    for (const table of ['catalog.products', 'inventory.items']) {
      const counts = await rows(table)
      expect(Object.values(counts).filter((count) => count > 0).length, table).toBeGreaterThan(1)
      expect(
        Object.values(counts).reduce((sum, count) => sum + count, 0),
        table,
      ).toBeGreaterThanOrEqual(products.length)
    }
  })

  test('shows one list over all of them, page by page, and finds each thing by its id', async () => {
    expect(new Set(products.map(({ id }) => id)).size).toBe(products.length)
    expect(products.length).toBeGreaterThan(500)
    const shops = new Set(products.map(({ shopId }) => shopId))
    expect(shops.size).toBeGreaterThan(6)
    for (const shopId of shops) {
      const product = products.find((each) => each.shopId === shopId) as (typeof products)[number]
      expect(await shopper.get(`/v1/products/${product.id}`)).toMatchObject({ id: product.id })
    }
  })

  test('takes an order in every shop, at once and for later, confirms each, and shows them all to who placed them', async () => {
    const firsts = [...Map.groupBy(products, ({ shopId }) => shopId).values()]
    const ids: string[] = []
    for (const [index, ofShop] of firsts.entries()) {
      const placed = await placeOneOf(ofShop, index % 3 === 0)
      ids.push(placed.id)
    }
    await eventually(async () => {
      for (const id of ids) expect(await shopper.get(`/v1/orders/${id}`)).toMatchObject({ status: 'confirmed' })
    })
    const mine = await shopper.get<{ items: { id: string }[] }>('/v1/orders?limit=100')
    expect(mine.items.map(({ id }) => id)).toEqual(expect.arrayContaining(ids))
    const placed = await rows('orders.orders')
    expect(Object.values(placed).filter((count) => count > 0).length).toBeGreaterThan(1)
    // What followed lies at home, from every shard: paid, and told.
    const [paid] = await databases.home.query<{ count: number }>('select count(*)::int as count from payments.payments')
    expect(paid?.count).toBeGreaterThanOrEqual(ids.length)
  })

  test('says what was sold on all of them together', async () => {
    const nowMs = BigInt(Date.now())
    const { shops } = await marketplace.directory
      .client(SoldService)
      .sumSold({ fromMs: nowMs - 3_600_000n, untilMs: nowMs + 60_000n })
    const sold = shops.flatMap(({ outcomes }) => outcomes).reduce((sum, { orders }) => sum + Number(orders), 0)
    expect(sold).toBe(Object.values(await rows('orders.orders')).reduce((sum, count) => sum + count, 0))
  })

  test('is found sound by the audit, on every shard and across them', async () => {
    await eventually(async () => {
      const report = await runAudit(marketplace, { full: true })
      const unsound = report.checks.filter(({ findings, failure }) => findings.length > 0 || failure !== undefined)
      expect(unsound).toEqual([])
      const i1 = report.checks.filter(({ service, invariant }) => service === 'orders' && invariant === 'I1')
      expect(i1.length).toBeGreaterThanOrEqual(4)
    })
  })
})

const bucketsOfShops = () => [...new Set(products.map(({ shopId }) => bucketOf(shopId)))]
const variants = () => products.flatMap((product) => product.variants.map(({ id }) => id))
/** Other tests share the machine. */
const patient = { closedAtMostMs: 60_000, catchUpMs: 60_000 }

describe('moving buckets while everything goes on', () => {
  test('leaves nothing of a shop where it was, and all of it where it is', async () => {
    const bucket = bucketsOfShops()[0] as number
    const from = (await whereBucketsLie(marketplace))[bucket] as string
    const to = from === 'west' ? 'east' : 'west'
    const before = await rowsOfBuckets(databases, [bucket])
    expect(Object.keys(before)).toEqual(
      expect.arrayContaining(['catalog.products', 'inventory.items', 'orders.offers', 'orders.orders']),
    )
    const moved = await moveShards(marketplace, { buckets: [bucket], from, to }, patient)
    expect(moved.rows).toBeGreaterThan(100)
    expect((await whereBucketsLie(marketplace))[bucket]).toBe(to)
    const tables = Object.entries(before).map(([table, counts]) => [table, { [to]: counts[from] }])
    expect(await rowsOfBuckets(databases, [bucket])).toEqual(Object.fromEntries(tables))
    expect(await unsound(marketplace)).toEqual([])
  })

  test('loses no order and doubles none, and a key is answered alike before and after', async () => {
    const buyers = startBuyers({ url: marketplace.url, token, count: 3, variants: variants() })
    try {
      for (const [from, to] of [
        ['home', 'east'],
        ['east', 'home'],
      ] as const) {
        const lie = await whereBucketsLie(marketplace)
        const some = bucketsOfShops().filter(
          (bucket, index) => lie[bucket] === from && (from === 'home' || index % 2 === 0),
        )
        const buckets = some.length > 0 ? some : [lie.indexOf(from)]
        await moveShards(marketplace, { buckets, from, to }, patient)
      }
    } finally {
      await buyers.stop()
    }
    expect(buyers.strange).toEqual([])
    expect(buyers.seen.placed).toBeGreaterThan(10)
    expect(buyers.seen.repeated).toBeGreaterThan(0)
    await eventually(async () => expect(await unsound(marketplace)).toEqual([]), { timeoutMs: 30_000, everyMs: 500 })
  }, 240_000)

  test('leaves a shop that the audit looks after where it lies now, as before', async () => {
    const bucket = bucketsOfShops().at(-1) as number
    const from = (await whereBucketsLie(marketplace))[bucket] as string
    const to = from === 'west' ? 'east' : 'west'
    const ofShop = products.filter(({ shopId }) => bucketOf(shopId) === bucket)
    const { id: before } = await placeOneOf(ofShop, false)
    await eventually(async () =>
      expect(await shopper.get(`/v1/orders/${before}`)).toMatchObject({ status: 'confirmed' }),
    )
    await moveShards(marketplace, { buckets: [bucket], from, to }, patient)
    const { id: after } = await placeOneOf(ofShop, false)
    await eventually(async () =>
      expect(await shopper.get(`/v1/orders/${after}`)).toMatchObject({ status: 'confirmed' }),
    )
    await eventually(async () => expect(await unsound(marketplace)).toEqual([]), { timeoutMs: 30_000, everyMs: 500 })
    const there = databases[to]
    const kept = (table: string, where: string) => ({
      broken: `create table public.kept as select * from ${table} where ${where}; delete from ${table} where ${where}`,
      mended: `insert into ${table} overriding system value select * from public.kept; drop table public.kept`,
    })
    const item = `variant_id = (select variant_id from orders.order_lines where order_id = '${before}' limit 1)`
    const breakages = {
      'a line of an order is lost': {
        broken: `create table public.kept as select lines from orders.orders where order_id = '${before}';
          update orders.orders set lines = '[]' where order_id = '${before}'`,
        mended: `update orders.orders set lines = kept.lines from public.kept where order_id = '${before}'; drop table public.kept`,
      },
      'a counter is off': {
        broken: `update inventory.items set on_hand = on_hand + 1 where ${item}`,
        mended: `update inventory.items set on_hand = on_hand - 1 where ${item}`,
      },
      'what was announced of an order is lost': kept(
        'orders.outbox',
        `written_at >= (select placed_at from orders.orders where order_id = '${after}')`,
      ),
    }
    for (const [what, { broken, mended }] of Object.entries(breakages)) {
      // Past every guard of the tables, as a fault of ours or a hand in the database would be.
      const quietly = (statements: string) =>
        there.query(`begin; set local session_replication_role = replica; ${statements}; commit`)
      await quietly(broken)
      const found = await unsound(marketplace)
      expect(found.flatMap(({ findings }) => findings).length, what).toBeGreaterThan(0)
      await quietly(mended)
    }
    expect(await unsound(marketplace)).toEqual([])
  }, 120_000)

  test('is undone or finished by the next, wherever the mover was killed', async () => {
    const bucket = bucketsOfShops()[1] as number
    const before = await rowsOfBuckets(databases, [bucket])
    for (const step of moveSteps) {
      const from = (await whereBucketsLie(marketplace))[bucket] as string
      const to = from === 'west' ? 'south' : 'west'
      const at = (reached: string) => {
        if (reached === step) throw new MoverKilled(step)
      }
      const killed = moveShards(marketplace, { buckets: [bucket], from, to }, { ...patient, at })
      await expect(killed).rejects.toThrow(MoverKilled)
      await databases.home.query(`update shards.shard_moves set seen_at = now() - interval '1 minute'`)
      const wanted = ['given', 'deleted', 'opened'].includes(step) ? 'done' : 'undone'
      // The marketplace itself may be quicker.
      await repairShards(marketplace, patient)
      await eventually(async () => {
        const [last] = await databases.home.query<{ phase: string }>(
          'select phase from shards.shard_moves order by began_at desc limit 1',
        )
        expect(last?.phase, step).toBe(wanted)
      })
      expect((await whereBucketsLie(marketplace))[bucket], step).toBe(wanted === 'done' ? to : from)
      const after = await rowsOfBuckets(databases, [bucket])
      const sums = (counts: typeof after) =>
        Object.fromEntries(Object.entries(counts).map(([table, on]) => [table, Object.values(on)]))
      expect(sums(after), step).toEqual(sums(before))
    }
    await eventually(async () => expect(await unsound(marketplace)).toEqual([]), { timeoutMs: 30_000, everyMs: 500 })
  }, 240_000)
})

import { randomUUID } from 'node:crypto'
import { saleWindowChanged } from '@souk/contracts'
import { operator, shopper, staff } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aProduct, type Body, type Setting, setting } from './fixtures.ts'
import { settleSales } from './jobs.ts'
import { endWindows } from './sales.sql.ts'

let s: Setting
let shop: Awaited<ReturnType<Setting['announce']>>
let product: Body
let variantId: string
beforeAll(async () => {
  s = await setting()
})
afterAll(() => s.database.close())
beforeEach(async () => {
  s.orders.state.away = false
  s.orders.state.answerLost = false
  shop = await s.announce()
  product = (await s.call('createProduct', shop.clerk, { body: aProduct(shop.shopId) })).body
  variantId = product.variants[0]?.id ?? ''
  s.orders.left.set(variantId, 100)
  s.outbox.clear()
})

const minutes = (count: number) => new Date(s.time.clock().getTime() + count * 60_000).toISOString()
const plan = (given: object = {}, idempotencyKey: string = randomUUID(), principal = shop.clerk) =>
  s.call('planSale', principal, {
    idempotencyKey,
    body: {
      productId: product.id,
      priceMinor: 700,
      startsAt: minutes(10),
      endsAt: minutes(70),
      units: 40,
      capPerCustomer: 2,
      ...given,
    },
  })
const windows = () =>
  s.database.query<{ status: string }>('select status from catalog.sale_windows where variant_id = $1', [variantId])

describe('planning a sale', () => {
  test('sets the units aside before the answer, and announces the window', async () => {
    const { status, body } = await plan()
    expect([status, body.status]).toEqual([201, 'planned'])
    expect(s.orders.left.get(variantId)).toBe(60)
    expect(s.outbox.of(saleWindowChanged)).toMatchObject([
      {
        saleWindowId: body.id,
        variantId,
        status: 'planned',
        units: 40n,
        priceMinor: 700n,
        capPerCustomer: 2,
        currencyCode: 'EUR',
      },
    ])
  })
  test('is refused with what is left when there are too few units, and leaves nothing behind', async () => {
    const { status, body } = await plan({ units: 101 })
    expect([status, body.code, body.remaining]).toEqual([409, 'sale-units-missing', 100])
    expect(await windows()).toEqual([])
    expect(s.outbox.events).toEqual([])
  })
  test('twice with one key is one sale; with another body it is refused', async () => {
    const [one, two] = [await plan({}, 'key-1'), await plan({}, 'key-1')]
    expect(two.body.id).toBe(one.body.id)
    expect(s.orders.left.get(variantId)).toBe(60)
    expect((await plan({ units: 41 }, 'key-1')).body.code).toBe('sale-key-mismatch')
    expect((await s.call('planSale', shop.clerk, { body: {} })).status).toBe(400)
  })
  test('of one variant at one time only, however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => plan({ units: 10 })))
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409])
    expect(
      (await plan({ startsAt: minutes(70), endsAt: minutes(80), units: 1 })).status,
      'one begins where the other ends',
    ).toBe(201)
  })
  test.each([
    [{ priceMinor: 1_000 }, 'sale-price-not-lower'],
    [{ startsAt: '2020-01-01T00:00:00Z', endsAt: '2020-01-02T00:00:00Z' }, 'sale-times-impossible'],
    [{ variantId: randomUUID() }, 'product-not-found'],
    [{ productId: randomUUID() }, 'product-not-found'],
  ])('with %j is refused: %s', async (given, code) => expect((await plan(given)).body.code).toBe(code))
  test.each([
    { units: 0 },
    { units: -1 },
    { units: 1.5 },
    { capPerCustomer: -1 },
    { priceMinor: '7' },
    { status: 'planned' },
  ])('with %j is refused', async (given) => expect((await plan(given)).status).toBe(400))
  test('is for those who manage the catalog of the shop', async () => {
    expect((await plan({}, 'k', staff(randomUUID(), 'catalog'))).status).toBe(404)
    expect((await plan({}, 'k', shopper())).status).toBe(403)
  })
})

describe('when orders cannot be reached', () => {
  test('the caller is told to come back, and the job settles it', async () => {
    s.orders.state.away = true
    const { status, body } = await plan()
    expect([status, body.code]).toEqual([503, 'sale-unsettled'])
    expect(await windows()).toMatchObject([{ status: 'pending' }])
    s.orders.state.away = false
    await settleSales(s.deps)
    expect(await windows()).toMatchObject([{ status: 'planned' }])
    expect(s.outbox.of(saleWindowChanged)).toHaveLength(1)
  })
  test('an answer that was lost is asked for again with the same key, and the units are taken once', async () => {
    s.orders.state.answerLost = true
    expect((await plan({}, 'lost')).status).toBe(503)
    s.orders.state.answerLost = false
    expect((await plan({}, 'lost')).status).toBe(201)
    expect(s.orders.left.get(variantId)).toBe(60)
  })
  test('a window whose asker died is settled when its turn has passed, not before', async () => {
    s.orders.state.away = true
    await plan()
    s.orders.state.away = false
    await s.database.query('update catalog.sale_windows set tried_at = $1 where variant_id = $2', [
      s.time.clock(),
      variantId,
    ])
    await settleSales(s.deps)
    expect(await windows()).toMatchObject([{ status: 'pending' }])
    s.time.advance(16_000)
    await settleSales(s.deps)
    expect(await windows()).toMatchObject([{ status: 'planned' }])
  })
  test('one that is refused later is removed by the job', async () => {
    s.orders.state.away = true
    await plan()
    s.orders.state.away = false
    s.orders.left.set(variantId, 1)
    await settleSales(s.deps)
    expect(await windows()).toEqual([])
  })
})

describe('calling a sale off', () => {
  const cancel = (id: string, principal = shop.clerk) =>
    s.call('cancelSale', principal, { params: { saleWindowId: id } })
  test('gives the units back before the answer, once', async () => {
    const { body } = await plan()
    expect((await cancel(body.id)).body.status).toBe('cancelled')
    expect((await cancel(body.id)).body.status).toBe('cancelled')
    expect(s.orders.left.get(variantId)).toBe(100)
    expect(s.outbox.of(saleWindowChanged).map((event) => event.status)).toEqual(['planned', 'cancelled'])
    expect((await plan()).status, 'the time is free again').toBe(201)
  })
  test('is finished by the job when orders was away', async () => {
    const { body } = await plan()
    s.orders.state.away = true
    expect((await cancel(body.id)).status).toBe(503)
    s.orders.state.away = false
    await settleSales(s.deps)
    expect(await windows()).toMatchObject([{ status: 'cancelled' }])
    expect(s.orders.left.get(variantId)).toBe(100)
  })
  test('is for its shop and operators', async () => {
    const { body } = await plan()
    expect((await cancel(body.id, staff(randomUUID(), 'catalog'))).status).toBe(404)
    expect((await cancel(body.id, shopper())).status).toBe(403)
    expect((await cancel(body.id, operator())).status).toBe(200)
  })
})

test('an ordinary price cannot fall to that of a planned sale', async () => {
  await plan()
  const set = (priceMinor: number) =>
    s.call('setPrice', shop.clerk, { params: { productId: product.id, variantId }, body: { priceMinor } })
  expect((await set(700)).body.code).toBe('sale-price-not-lower')
  expect((await set(701)).status).toBe(200)
})

test('sales are listed as upcoming, running and past, and the flash sale shows what is on or near', async () => {
  const { body: sale } = await plan({ startsAt: minutes(90), endsAt: minutes(150) })
  const listed = async (when: string) =>
    (await s.call('listSales', undefined, { query: { when, shopId: shop.shopId } })).body.items.map((item) => item.id)
  const flash = async () =>
    (await s.call('listFlashSales', undefined, { query: { limit: 100 } })).body.items.filter(
      (item) => item.product.id === product.id,
    )
  expect([await listed('upcoming'), await listed('running'), await listed('past'), await flash()]).toEqual([
    [sale.id],
    [],
    [],
    [],
  ])
  s.time.advance(40 * 60_000)
  expect((await flash()).map((item) => [item.sale.id, item.sale.phase])).toEqual([[sale.id, 'upcoming']])
  s.time.advance(50 * 60_000)
  expect(await listed('running')).toEqual([sale.id])
  expect((await flash())[0]?.sale).toMatchObject({ phase: 'running', priceMinor: 700, capPerCustomer: 2, units: 40 })
  await s.announce({ shopId: shop.shopId, slug: shop.slug, version: 2n, status: 'suspended' })
  expect(await flash()).toEqual([])
  await s.announce({ shopId: shop.shopId, slug: shop.slug, version: 3n })
  s.time.advance(60 * 60_000)
  expect(await flash()).toEqual([])
  await endWindows(s.db.autocommit, s.time.clock())
  expect([await listed('running'), await listed('past')]).toEqual([[], [sale.id]])
  const all = await s.call('listSales', shop.clerk, { query: { when: 'all', shopId: shop.shopId } })
  expect(all.body.items).toMatchObject([{ id: sale.id, status: 'ended' }])
  expect((await s.call('listSales', undefined, { query: { when: 'all', shopId: shop.shopId } })).status).toBe(404)
})

test('pages of sales hold each once', async () => {
  for (let index = 0; index < 5; index += 1)
    await plan({ startsAt: minutes(10 + index), endsAt: minutes(11 + index), units: 1 })
  for (const [when, principal] of [
    ['upcoming', undefined],
    ['all', shop.clerk],
  ] as const) {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body } = await s.call('listSales', principal, {
        query: { when, shopId: shop.shopId, limit: 2, ...(cursor !== null && { cursor }) },
      })
      seen.push(...body.items.map((item) => item.id))
      cursor = body.nextCursor
    } while (cursor !== null)
    expect(new Set(seen).size).toBe(5)
    expect(seen).toHaveLength(5)
  }
})

import { sql } from '@souk/postgres'
import { callRoute, operator, shopper, staff } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { countSlots } from './count-sold.ts'
import { tendDays } from './jobs.ts'
import { analyticsWorld, chair, days, lamp, minutes } from './test-analytics.ts'

let world: Awaited<ReturnType<typeof analyticsWorld>>
beforeAll(async () => {
  world = await analyticsWorld('2026-11-20T00:00:00Z')
})
afterAll(() => world.database.close())
beforeEach(async () => {
  const tables = ['progress', 'days', 'sold_slots', 'outcome_slots', 'sold_days', 'outcome_days', 'products']
  await world.database.query(tables.map((table) => `delete from analytics.${table}`).join(';'))
  world.orders.splice(0)
  world.asked()
  world.time.set(new Date('2026-11-20T00:00:00Z'))
})

const at = (iso: string) => world.time.set(new Date(iso))
type Amount = { currency: string; amountMinor: number; cancelledMinor: number }
type Sums = { at: string; orders: number; cancelledOrders: number; amounts: Amount[] }
type Report = Sums & {
  code?: string
  countedUntil: string | null
  series: Sums[]
  outcomes: { status: string; orders: number }[]
  products: { productId: string; title: string; units: number; cancelledUnits: number }[]
}
async function report(query: object = {}, principal = operator(), shopId?: string): Promise<Report> {
  const call = { query: { grain: 'day', ...query }, principal, ...(shopId !== undefined && { params: { shopId } }) }
  const { body } = await callRoute(world.routes, shopId === undefined ? 'getAnalytics' : 'getShopAnalytics', call)
  return body as Report
}
const total = async () => (await report({ from: '2026-10-01', until: '2026-12-31' })).orders

describe('counting', () => {
  test('a quarter of an hour is counted a minute after its end, and not before', async () => {
    world.order('2026-11-20T10:05:00Z')
    at('2026-11-20T10:15:59Z')
    await world.run()
    expect(await total()).toBe(0)
    at('2026-11-20T10:16:00Z')
    await world.run()
    expect(await total()).toBe(1)
    expect((await report()).countedUntil).toBe('2026-11-20T10:15:00.000Z')
  })

  test('counting the same again changes nothing', async () => {
    world.order('2026-11-20T10:05:00Z')
    world.order('2026-11-20T10:06:00Z', { productId: chair, units: 3 })
    at('2026-11-20T10:16:00Z')
    await world.run()
    const before = await report()
    await world.database.query(`update analytics.progress set counted_until = '2026-11-20T10:00:00Z'`)
    await world.run()
    expect(await report()).toEqual(before)
  })

  test('what was missed is counted later, oldest first, and no more than a day of it at a time', async () => {
    for (let quarter = 0; quarter < 200; quarter += 1)
      world.order(new Date(Date.parse('2026-11-17T00:00:00Z') + quarter * 15 * minutes).toISOString())
    await world.db.transaction((tx) => tx.run(sql`insert into progress values (true, '2026-11-17T00:00:00Z')`))
    at('2026-11-20T12:00:00Z')
    const until = async () => (await countSlots(world.deps)).toISOString()
    expect(await until()).toBe('2026-11-18T00:00:00.000Z')
    expect(world.asked().toSorted()).toEqual(world.orders.slice(0, 96).map(({ atMs }) => iso(atMs)))
    expect(await until()).toBe('2026-11-19T00:00:00.000Z')
    expect(await until()).toBe('2026-11-20T11:45:00.000Z')
    expect(await total()).toBe(200)
  })

  test('where nobody ordered nothing is asked, and the first time goes back no further than is kept', async () => {
    world.order('2026-07-01T10:00:00Z')
    world.order('2026-11-19T10:05:00Z')
    at('2026-11-20T12:00:00Z')
    await countSlots(world.deps)
    expect(world.asked()).toEqual(['2026-08-23T00:00', '2026-11-19T10:00', '2026-11-19T10:15'])
    expect(await total()).toBe(1)
  })

  test('if writing fails nothing of it is there, and it is counted the next time', async () => {
    world.order('2026-11-20T10:05:00Z', { units: -1 })
    at('2026-11-20T10:16:00Z')
    await expect(world.run()).rejects.toThrow(/check/)
    expect(await total()).toBe(0)
    for (const order of world.orders) order.units = 1
    await world.run()
    expect(await total()).toBe(1)
  })
})

const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16)

describe('a day that has ended', () => {
  test('is counted anew an hour after its end, and once more after a week: orders are cancelled later', async () => {
    world.order('2026-11-20T10:05:00Z')
    const second = world.order('2026-11-20T10:06:00Z')
    const third = world.order('2026-11-20T22:00:00Z')
    const cancelled = async () => (await report({ from: '2026-11-01', until: '2026-12-31' })).cancelledOrders
    at('2026-11-20T22:16:00Z')
    await world.run()
    second.status = 'cancelled'
    at('2026-11-21T00:59:00Z')
    await world.run()
    expect(await cancelled()).toBe(0)
    at('2026-11-21T01:01:00Z')
    await world.run()
    expect(await cancelled()).toBe(1)
    third.status = 'cancelled'
    world.asked()
    at('2026-11-21T01:02:00Z')
    await world.run()
    expect([await cancelled(), world.asked()]).toEqual([1, []])
    at('2026-11-28T01:01:00Z')
    await world.run()
    expect(await cancelled()).toBe(2)
    expect(await world.findings()).toEqual([])
  })

  test('holds an order that was placed after its quarter of an hour had been counted', async () => {
    at('2026-11-20T10:16:00Z')
    await world.run()
    world.order('2026-11-20T10:05:00Z')
    at('2026-11-21T01:01:00Z')
    await world.run()
    await world.run()
    expect(await total()).toBe(1)
  })

  test('is not asked about again when it was counted long after', async () => {
    world.order('2026-11-18T10:05:00Z')
    at('2026-11-20T12:00:00Z')
    await world.run()
    expect(world.asked()).toEqual(['2026-08-23T00:00', '2026-11-18T10:00', '2026-11-18T10:15'])
    await world.run()
    expect(world.asked()).toEqual([])
  })

  test('adds up to its quarters, and the audit says where it does not', async () => {
    world.order('2026-11-19T10:05:00Z')
    at('2026-11-20T12:00:00Z')
    await world.run()
    await world.run()
    expect(await world.findings()).toEqual([])
    await world.database.query('update analytics.outcome_days set orders = 2')
    expect(await world.findings()).toEqual([
      `2026-11-19 of shop ${world.shopId}: its sums are 2 orders, 1 units, 1000; its quarters are 1 orders, 1 units, 1000`,
    ])
  })
})

describe('what is kept', () => {
  test('partitions are made three days ahead, and dropped when their days are over', async () => {
    at('2026-11-20T12:00:00Z')
    await tendDays(world.deps)
    const had = await world.partitions('sold_slots')
    expect(had.slice(-5)).toEqual(['2026_11_19', '2026_11_20', '2026_11_21', '2026_11_22', '2026_11_23'])
    at('2027-02-17T23:59:00Z')
    await tendDays(world.deps)
    expect((await world.partitions('outcome_slots'))[0]).toBe('2026_11_19')
    at('2027-02-18T00:00:00Z')
    await tendDays(world.deps)
    expect((await world.partitions('sold_slots'))[0]).toBe('2026_11_20')
    expect(await world.partitions('outcome_slots')).toEqual(await world.partitions('sold_slots'))
  })

  test('a day that is gone by quarters is there by days, and one day no more', async () => {
    world.order('2026-11-20T10:05:00Z')
    at('2026-11-29T12:00:00Z')
    await world.run()
    world.time.advance(90 * days)
    await tendDays(world.deps)
    expect((await report({ from: '2026-11-20', until: '2026-11-21' })).orders).toBe(1)
    world.time.advance(310 * days)
    await tendDays(world.deps)
    expect(await world.database.query('select from analytics.sold_days')).toEqual([])
    expect(await world.database.query('select from analytics.products')).toEqual([])
  })

  // Whoever adds a column here answers for what it says of a person.
  test('nothing is kept of persons, accounts or orders', async () => {
    const columns = await world.database.query<{ name: string }>(
      `select distinct column_name as name from information_schema.columns
        where table_schema = 'analytics' and table_name ~ '^(progress|days|products|sold|outcome)' order by 1`,
    )
    expect(columns.map(({ name }) => name)).toEqual(
      'amount_minor cancelled_minor cancelled_orders cancelled_units closed_at counted_at counted_until currency day first_at orders product_id settled_at shop_id singleton slot_at sold_on status title units'.split(
        ' ',
      ),
    )
  })
})

describe('reports', () => {
  test('show every day of the range, what was cancelled, and what sold most', async () => {
    world.order('2026-11-18T10:05:00Z', { productId: chair, units: 5, minor: 9_000 })
    world.order('2026-11-20T09:05:00Z')
    world.order('2026-11-20T09:06:00Z', { status: 'cancelled', units: 7, minor: 500 })
    at('2026-11-20T12:00:00Z')
    await world.run()
    await world.run()
    const { series, products, outcomes, ...rest } = await report({ from: '2026-11-18', until: '2026-11-21' })
    expect(series.map(({ at, orders, cancelledOrders }) => [at.slice(0, 10), orders, cancelledOrders])).toEqual([
      ['2026-11-18', 1, 0],
      ['2026-11-19', 0, 0],
      ['2026-11-20', 2, 1],
    ])
    expect(rest).toMatchObject({
      orders: 3,
      cancelledOrders: 1,
      amounts: [{ currency: 'EUR', amountMinor: 10_500, cancelledMinor: 500 }],
    })
    expect(outcomes).toEqual([
      { status: 'confirmed', orders: 2 },
      { status: 'cancelled', orders: 1 },
    ])
    expect(
      products.map(({ productId, title, units, cancelledUnits }) => [productId, title, units - cancelledUnits]),
    ).toEqual([
      [chair, 'Chair', 5],
      [lamp, 'Lamp', 1],
    ])
  })

  test('by hours add up to the same as by days', async () => {
    for (let quarter = 0; quarter < 30; quarter += 1)
      world.order(new Date(Date.parse('2026-11-18T20:00:00Z') + quarter * 64 * minutes).toISOString())
    at('2026-11-20T12:00:00Z')
    for (let minute = 0; minute < 2; minute += 1) await world.run()
    const range = { from: '2026-11-18', until: '2026-11-21' }
    const [byDay, byHour] = [await report(range), await report({ ...range, grain: 'hour' })]
    expect([byDay.orders, byHour.orders]).toEqual([30, 30])
    const perDay = byDay.series.map((_, day) =>
      byHour.series.slice(day * 24, day * 24 + 24).reduce((sum, { orders }) => sum + orders, 0),
    )
    expect(perDay).toEqual(byDay.series.map(({ orders }) => orders))
  })

  test('a shop sees its own sales, only with the duty, and nobody else sees them', async () => {
    const other = '0199a000-0000-4000-8000-0000000000ff'
    world.order('2026-11-20T09:05:00Z')
    world.order('2026-11-20T09:06:00Z', { shopId: other })
    at('2026-11-20T12:00:00Z')
    await world.run()
    const of = (...duties: string[]) => staff(world.shopId, ...duties)
    expect((await report({}, of('orders'), world.shopId)).orders).toBe(1)
    expect((await report({}, of('catalog'), world.shopId)).code).toBe('forbidden')
    expect((await report({}, of('orders'), other)).code).toBe('analytics-not-found')
    expect((await report({}, shopper(), world.shopId)).code).toBe('forbidden')
    expect((await report({}, of('orders'))).code).toBe('forbidden')
    expect((await report({}, operator(), other)).orders).toBe(1)
  })

  test.each([
    ['from after until', { from: '2026-11-20', until: '2026-11-19' }],
    ['of no day', { from: '2026-11-20', until: '2026-11-20' }],
    ['of more than 400 days', { from: '2025-10-15', until: '2026-11-20' }],
    ['of more than 7 days by hours', { from: '2026-11-12', until: '2026-11-20', grain: 'hour' }],
    ['by hours of days whose hours are gone', { from: '2026-08-01', until: '2026-08-03', grain: 'hour' }],
    ['of days that are gone', { from: '2025-01-01', until: '2025-01-03' }],
  ])('a range %s is refused in words', async (_, range) => {
    expect((await report(range)).code).toBe('analytics-range')
  })

  test('seven days by hours and four hundred by days are not too many', async () => {
    expect((await report({ from: '2026-11-14', until: '2026-11-21', grain: 'hour' })).series).toHaveLength(168)
    expect((await report({ from: '2025-10-17', until: '2026-11-21' })).series).toHaveLength(400)
    expect((await report()).series).toHaveLength(30)
  })

  test('before anything was counted a report is empty and says so', async () => {
    expect(await report()).toMatchObject({ countedUntil: null, orders: 0, amounts: [], products: [] })
  })
})

import { randomUUID } from 'node:crypto'
import { orderCancelled, orderConfirmed, orderReturned } from '@souk/contracts'
import type { Event, EventType } from '@souk/events'
import { bucketOf, uuidv7 } from '@souk/postgres'
import { operator, shopper, staff } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { promotionAudits } from './audits.ts'
import { pointsConsumer, pointsDue } from './earn-points.ts'
import { createLibrary } from './learn-products.ts'
import { answerFor, askedOf, quote, quoteAll } from './price-order.ts'
import { anyNumber, tellTheRest } from './tell-orders.ts'
import { promotionsWorld } from './test-promotions.ts'

let world: Awaited<ReturnType<typeof promotionsWorld>>
beforeAll(async () => {
  world = await promotionsWorld()
})
afterAll(() => world.database.close())

const ten = (given: object = {}) => ({
  code: `T-${randomUUID().slice(0, 8)}`,
  title: 'Ten off',
  kind: 'percent',
  percent: 10,
  ...given,
})
const create = async (given: object = {}) => {
  const answer = await world.call('createVoucher', world.keeper, { body: ten(given) })
  expect(answer.status).toBe(201)
  return answer.body
}
const found = async () => {
  const findings: string[] = []
  for (const check of promotionAudits) {
    const result = await world.db.transaction((tx) =>
      check.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 9 }),
    )
    findings.push(...result.findings.map(({ message }) => message))
  }
  return findings
}

describe('a voucher', () => {
  test('is known to orders when it is answered, with its uses, or any number of them', async () => {
    const [limited, open] = [await create({ uses: 7 }), await create()]
    expect(world.orders.told.uses.get(limited.id)).toEqual({ version: 1n, uses: 7n })
    expect(world.orders.told.uses.get(open.id)).toEqual({ version: 1n, uses: BigInt(anyNumber) })
  })
  test('is told later, once, when orders is away', async () => {
    world.orders.state.away = true
    const { id } = await create({ uses: 3 })
    world.orders.state.away = false
    expect(world.orders.told.uses.has(id)).toBe(false)
    await tellTheRest(world.deps)
    expect(world.orders.told.uses.get(id)).toEqual({ version: 1n, uses: 3n })
    world.orders.told.uses.clear()
    await tellTheRest(world.deps)
    expect(world.orders.told.uses.size).toBe(0)
  })
  test('switched off or removed has no uses any more; its code is free again', async () => {
    const { id, code } = await create({ uses: 7 })
    const params = { shopId: world.shopId, voucherId: id }
    const headers = { 'if-match': '"1"' }
    const edited = await world.call('editVoucher', world.keeper, { params, headers, body: { active: false } })
    expect([edited.status, edited.body.version]).toEqual([200, 2])
    expect(world.orders.told.uses.get(id)).toEqual({ version: 2n, uses: 0n })
    const stale = await world.call('editVoucher', world.keeper, { params, headers, body: { active: true } })
    expect([stale.status, stale.body.code]).toEqual([412, 'version-mismatch'])
    const taken = await world.call('createVoucher', world.keeper, { body: ten({ code: code.toLowerCase() }) })
    expect([taken.status, taken.body.code]).toEqual([409, 'voucher-code-taken'])
    expect((await world.call('removeVoucher', world.keeper, { params })).status).toBe(204)
    expect((await world.call('getVoucher', world.keeper, { params })).status).toBe(404)
    expect((await world.call('createVoucher', world.keeper, { body: ten({ code }) })).status).toBe(201)
  })
  test('shows how many uses orders has given out, and nothing when orders is away', async () => {
    const { id } = await create()
    const params = { shopId: world.shopId, voucherId: id }
    expect((await world.call('getVoucher', world.keeper, { params })).body.usesTaken).toBe(2)
    world.orders.state.away = true
    expect((await world.call('getVoucher', world.keeper, { params })).body.usesTaken).toBe(null)
    world.orders.state.away = false
  })
  test('whose values do not go together is refused', async () => {
    const wrong = [
      { percent: undefined },
      { kind: 'amount', percent: undefined },
      { kind: 'amount', percent: undefined, amountMinor: 5 },
      { kind: 'free-shipping' },
      { minimumMinor: 100 },
      { startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' },
    ]
    for (const given of wrong) {
      const { status, body } = await world.call('createVoucher', world.keeper, {
        body: JSON.parse(JSON.stringify(ten(given))),
      })
      expect([status, body.code], JSON.stringify(given)).toEqual([422, 'promotion-does-not-fit'])
    }
  })
  test('of another shop is as if there were none', async () => {
    const { id } = await create()
    const stranger = staff(randomUUID(), 'catalog')
    const params = { shopId: world.shopId, voucherId: id }
    expect((await world.call('getVoucher', stranger, { params })).status).toBe(404)
    expect((await world.call('createVoucher', stranger, { body: ten() })).status).toBe(404)
  })
  test('are listed newest first, a page at a time', async () => {
    world.time.advance(1_000)
    const made = [await create(), await create(), await create()]
      .map(({ id }) => id)
      .toSorted()
      .toReversed()
    const first = await world.call('listVouchers', world.keeper, { query: { limit: 2 } })
    const second = await world.call('listVouchers', world.keeper, {
      query: { limit: 1, cursor: first.body.nextCursor },
    })
    expect([...first.body.items, ...second.body.items].map(({ id }) => id)).toEqual(made)
  })
})

describe('whether orders must ask', () => {
  test('follows discounts and settings, and is told at once', async () => {
    const asks = () => world.orders.told.rules.get(world.shopId)
    const body = { title: 'Summer', kind: 'percent', percent: 5 }
    const { id } = (await world.call('createDiscount', world.keeper, { body })).body
    expect(asks()).toBe(true)
    const params = { shopId: world.shopId, discountId: id }
    const headers = { 'if-match': '"1"' }
    await world.call('replaceDiscount', world.keeper, { params, headers, body: { ...body, active: false } })
    expect(asks()).toBe(false)
    await world.call('removeDiscount', world.keeper, { params })
    const rate = { name: 'Parcel', priceMinor: 490, currency: 'EUR' }
    await world.call('createShippingRate', world.keeper, { body: rate })
    expect(asks()).toBe(false)
    const settings = {
      collectsTax: true,
      pricesIncludeTax: true,
      country: 'DE',
      requiresDelivery: false,
      minorPerPoint: 100,
    }
    await world.call('setPricingSettings', world.keeper, { headers: { 'if-match': '"0"' }, body: settings })
    expect(asks()).toBe(true)
  })
})

describe('a quote', () => {
  test('prices each shop by its own rules; a code one of them has is not unknown', async () => {
    const { code } = await create()
    const [mine, theirs] = [world.sell(), world.sell({ shopId: randomUUID() })]
    const unknown = randomUUID()
    const { body } = await world.call('quote', undefined, {
      params: {},
      body: {
        lines: [mine, theirs, { variantId: unknown }].map(({ variantId }) => ({ variantId, quantity: 1 })),
        voucherCodes: [code, 'NOBODYS'],
        delivery: { country: 'DE' },
      },
    })
    expect(body.notForSale).toEqual([unknown])
    const [here, there] = [world.shopId, theirs.shopId].map((id) => body.shops.find(({ shopId }) => shopId === id))
    expect(here).toMatchObject({ totalMinor: 900 + 490, voucherCodes: [code] })
    expect(here?.deliveryMethods).toMatchObject([{ method: 'standard', priceMinor: 490 }])
    expect(there).toMatchObject({ totalMinor: 1_000, voucherCodes: [], deliveryMethods: [] })
    for (const shop of [here, there]) expect(shop?.refusals.map((refusal) => refusal.code)).toEqual(['NOBODYS'])
  })
  test('says in the reader’s language what delivery and tax are called, where that was said', async () => {
    await world.call('setTaxRates', operator(), {
      params: { country: 'DE' },
      body: { rates: [{ taxClass: 'standard', label: 'VAT', labels: { de: 'MwSt.' }, basisPoints: 1_900 }] },
    })
    const rate = { name: 'Swift', names: { de: 'Flink' }, method: 'swift', priceMinor: 990, currency: 'EUR' }
    await world.call('createShippingRate', world.keeper, { body: rate })
    const { variantId } = world.sell()
    const body = { lines: [{ variantId, quantity: 1 }], delivery: { country: 'DE', method: 'swift' } }
    const labels = async (language?: string) => {
      const { shops } = (await world.call('quote', undefined, { params: {}, body: { ...body, language } })).body
      return shops.flatMap((shop) => [shop.adjustments[0]?.label, shop.taxes[0]?.label, shop.deliveryMethods[1]?.name])
    }
    expect(await labels()).toEqual(['Swift', 'VAT', 'Swift'])
    expect(await labels('de')).toEqual(['Flink', 'MwSt.', 'Flink'])
    expect(await labels('fr')).toEqual(['Swift', 'VAT', 'Swift'])
  })
  test('knows subcategories, and asks the catalogue about what it has not heard of only once', async () => {
    const [media, books] = [randomUUID(), randomUUID()]
    world.categories.push({ categoryId: books, ancestorIds: [media] })
    world.time.advance(120_000)
    const { code } = await create({ categoryIds: [media] })
    const book = world.sell({ categoryIds: [books] })
    const body = { lines: [{ variantId: book.variantId, quantity: 1 }], voucherCodes: [code] }
    const before = world.asked.products
    for (const _ of [1, 2]) {
      const quote = await world.call('quote', undefined, { params: {}, body })
      expect(quote.body.shops[0]).toMatchObject({ totalMinor: 900, refusals: [] })
    }
    expect(world.asked.products - before).toBe(1)
  })
  test('leaves out a voucher that is used up, or that the customer has used', async () => {
    const { code } = await create({ usesPerCustomer: 1 })
    const thing = world.sell()
    const body = { lines: [{ variantId: thing.variantId, quantity: 1 }], voucherCodes: [code] }
    const quoted = async () => (await world.call('quote', shopper(), { params: {}, body })).body.shops[0]
    expect(await quoted()).toMatchObject({ totalMinor: 900, voucherCodes: [code] })
    world.orders.state.takenByCustomer = 1n
    expect(await quoted()).toMatchObject({ totalMinor: 1_000, voucherCodes: [], refusals: [{ reason: 'used', code }] })
    world.orders.state.takenByCustomer = 0n
    world.orders.state.remaining = 0n
    expect(await quoted()).toMatchObject({ totalMinor: 1_000, refusals: [{ reason: 'used-up', code }] })
    world.orders.state.away = true
    expect(await quoted()).toMatchObject({ totalMinor: 900, refusals: [] })
    world.orders.state.away = false
    world.orders.state.remaining = 3n
  })
  test('is what an order is charged, and an order is refused for what a quote leaves out', async () => {
    const { id, code } = await create({ usesPerCustomer: 1, firstOrderOnly: true, minimumMinor: 500, currency: 'EUR' })
    const thing = world.sell()
    const order = async (given: object) =>
      answerFor(
        await quote(
          world.deps,
          askedOf({
            shopId: world.shopId,
            currencyCode: 'EUR',
            lines: [{ ...thing, quantity: 1, unitPriceMinor: 1_000n }],
            voucherCodes: [code],
            orderedBefore: false,
            ...given,
          } as never),
        ),
      )
    expect(await order({})).toMatchObject({
      case: 'priced',
      value: { totalMinor: 900n, uses: [{ voucherId: id, code, usesPerCustomer: 1, firstOrderOnly: true }] },
    })
    expect(await order({ orderedBefore: true })).toMatchObject({
      case: 'refusal',
      value: { reason: 'not-first' },
    })
    const destination = { method: 'drone', countryCode: 'DE' }
    expect(await order({ destination })).toMatchObject({
      case: 'refusal',
      value: { kind: 'delivery', reason: 'method' },
    })
  })
})

describe('prices of orders that wait together', () => {
  const line = (thing: { variantId: string; productId: string }) => ({ ...thing, quantity: 1, unitPriceMinor: 1_000 })
  const asked = (thing: { variantId: string; productId: string; shopId: string }, codes: string[] = []) => ({
    shopId: thing.shopId,
    currency: 'EUR',
    lines: [line(thing)],
    codes,
    orderedBefore: false,
  })

  test('are each what it would cost alone, by the rules of its own shop and with its own codes', async () => {
    const { code } = await create({})
    const [mine, theirs] = [world.sell(), world.sell({ shopId: randomUUID() })]
    const wanted = [asked(mine, [code]), asked(theirs), asked(mine), asked(theirs, [code]), asked(mine, [code])]
    const together = await quoteAll(world.deps, wanted)
    const alone = await Promise.all(wanted.map((one) => quote(world.deps, one)))
    expect(together.map((made) => made?.priced)).toEqual(alone.map(({ priced }) => priced))
    expect(together.map((made) => made?.priced.totalMinor)).toEqual([900, 1_000, 1_000, 1_000, 900])
    expect(together.map((made) => made?.priced.refusals.length)).toEqual([0, 0, 0, 1, 0])
  })

  test('are had for the others when the catalogue is away and one names what it would have to be asked about', async () => {
    const known = world.sell()
    await quote(world.deps, asked(known))
    const library = createLibrary({
      db: world.db,
      clock: world.time.clock,
      catalog: { getProducts: () => Promise.reject(new Error('away')), listCategories: () => Promise.reject() },
    })
    const made = await quoteAll({ ...world.deps, library }, [asked(world.sell()), asked(known)])
    expect(made.map((one) => one?.priced.totalMinor)).toEqual([undefined, 1_000])
  })
})

describe('points', () => {
  beforeAll(async () => {
    const { body } = await world.call('getPricingSettings', world.keeper)
    const headers = { 'if-match': `"${body.version}"` }
    const settings = { collectsTax: false, pricesIncludeTax: true, country: '', requiresDelivery: false }
    await world.call('setPricingSettings', world.keeper, { headers, body: { ...settings, minorPerPoint: 100 } })
  })
  const customer = shopper()
  const due = new Map<string, { status: string; totalMinor: bigint; returnedMinor: bigint }>()
  const consumer = () =>
    pointsConsumer({
      db: world.db,
      clock: world.time.clock,
      orders: {
        listDues: async ({ orderIds = [] }) =>
          ({ dues: orderIds.map((orderId) => ({ orderId, ...due.get(orderId) })) }) as never,
      },
    })
  const happened = async (type: EventType, orderId: string, shopId = world.shopId) => {
    const payload = { orderId, shopId, customerId: customer.accountId }
    const event = { type: type.type, payload } as unknown as Event
    const prepared = await consumer().prepare?.([event, event])
    await world.db.transaction((tx) => consumer().handle(tx, [event, event], prepared))
  }
  const balance = async () => (await world.call('getLoyalty', customer, { params: {} })).body.balances[0]?.points ?? 0
  const order = () => uuidv7(world.time.clock().getTime(), bucketOf(world.shopId))

  test('are whole ones, of what is paid and was not given back', () => {
    const of = (totalMinor: bigint, returnedMinor = 0n, status = 'confirmed') =>
      pointsDue({ status, totalMinor, returnedMinor }, 100)
    expect([of(199n), of(200n), of(1_000n, 801n), of(1_000n, 0n, 'cancelled'), of(1_000n, 0n, 'placed')]).toEqual([
      1, 2, 1, 0, 0,
    ])
  })
  test('are earned once, taken back with goods, and all of them with a cancellation; events may come twice', async () => {
    const [kept, cancelled] = [order(), order()]
    due.set(kept, { status: 'confirmed', totalMinor: 1_000n, returnedMinor: 0n })
    due.set(cancelled, { status: 'confirmed', totalMinor: 500n, returnedMinor: 0n })
    for (const id of [kept, cancelled, kept]) await happened(orderConfirmed, id)
    expect(await balance()).toBe(15)
    due.set(kept, { status: 'delivered', totalMinor: 1_000n, returnedMinor: 301n })
    await happened(orderReturned, kept)
    await happened(orderReturned, kept)
    due.set(cancelled, { status: 'cancelled', totalMinor: 500n, returnedMinor: 0n })
    await happened(orderCancelled, cancelled)
    expect(await balance()).toBe(6)
    const { items } = (await world.call('getLoyalty', customer, { params: {} })).body
    expect(items.map(({ points }) => points).toSorted((x, y) => x - y)).toEqual([-5, -4, 5, 10])
    expect(await found()).toEqual([])
  })
  test('are not earned with a shop that gives none, nor by a return of an order that earned none', async () => {
    const before = await balance()
    const [elsewhere, old] = [order(), order()]
    for (const id of [elsewhere, old]) due.set(id, { status: 'delivered', totalMinor: 9_000n, returnedMinor: 100n })
    await happened(orderConfirmed, elsewhere, randomUUID())
    await happened(orderReturned, old)
    expect(await balance()).toBe(before)
  })
  test('that do not add up are found', async () => {
    await world.database.query('update promotions.point_balances set points = points + 1')
    expect(await found()).toMatchObject([expect.stringContaining('but the entries sum to')])
    await world.database.query('update promotions.point_balances set points = points - 1')
    await world.database.query(`update promotions.point_entries set points = -20 where points = 10`)
    await world.database.query('update promotions.point_balances set points = 0')
    expect((await found()).some((message) => message.includes('its entries sum to -'))).toBe(true)
  })
})

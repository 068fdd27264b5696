import { randomUUID } from 'node:crypto'
import { type Database, openDatabase, type Sql, sql } from '@souk/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pricingAudits } from './audits-pricing.ts'
import { createPricer } from './ask-promotions.ts'
import { orderErrors } from './errors.ts'
import { extrasOf, type Pricing, type Use } from './order-extras.ts'
import { placeOrders } from './place-orders.ts'
import { createPlacer } from './placer.ts'
import { hashBody, type OrderRequest } from './price-order.ts'
import { everything, type Mark, markNow, redIn } from './test-audits.ts'
import { answers, ask, ordersWorld } from './test-orders.ts'
import { createTermsMemory } from './terms.ts'
import { setRules, setUses } from './uses.sql.ts'

let world: Awaited<ReturnType<typeof ordersWorld>>
beforeAll(async () => {
  world = await ordersWorld()
})
afterAll(() => world.database.close())

const use = (given: Partial<Use> = {}): Use => ({
  voucherId: randomUUID(),
  code: 'TEN',
  usesPerCustomer: 0,
  firstOrderOnly: false,
  ...given,
})

const pricingOf = (
  lines: readonly { variantId: string }[],
  uses: readonly Use[],
  given: Partial<Pricing> = {},
): Pricing => ({
  quoteId: randomUUID(),
  rulesVersion: 1,
  validUntilMs: Number.MAX_SAFE_INTEGER,
  totalMinor: lines.length * 1_899,
  adjustments: [{ kind: 'voucher', label: 'A euro off', amountMinor: lines.length * -100, code: 'TEN' }],
  lines: lines.map(({ variantId }) => ({
    variantId,
    unitPriceMinor: 1_999,
    discountMinor: 100,
    taxMinor: 0,
    shippingMinor: 0,
    paidMinor: 1_899,
  })),
  taxes: [],
  uses,
  ...given,
})

/** An order of one unit with these vouchers, priced as promotions would. */
const withUses = (variantId: string, uses: readonly Use[], more: Partial<OrderRequest> = {}): OrderRequest => {
  const extras = extrasOf({ voucherCodes: uses.map(({ code }) => code), checkoutId: 'checkout' })
  const request = ask(variantId, { extras, ...more })
  return {
    ...request,
    bodyHash: hashBody(request.lines, 'cash-on-delivery', false, undefined, extras),
    pricing: pricingOf(request.lines, uses),
  }
}

/** As promotions answers. */
const oneEuroOff = (lines: readonly { variantId: string; quantity: number; unitPriceMinor: bigint }[]) => {
  const paid = lines.map((line) => BigInt(line.quantity) * line.unitPriceMinor - 100n)
  return {
    case: 'priced',
    value: {
      quoteId: randomUUID(),
      rulesVersion: 1n,
      validUntilMs: BigInt(Number.MAX_SAFE_INTEGER),
      totalMinor: paid.reduce((sum, minor) => sum + minor, 0n),
      adjustments: [{ kind: 'discount', label: 'A euro off', amountMinor: -100n * BigInt(lines.length), code: '' }],
      lines: lines.map(({ variantId }, index) => ({
        variantId,
        discountMinor: 100n,
        taxMinor: 0n,
        shippingMinor: 0n,
        paidMinor: paid[index],
      })),
      taxes: [],
      uses: [],
    },
  }
}

const grant = (voucherId: string, uses: number, version = 1) =>
  world.db.transaction((tx) => setUses(tx, { voucherId, shopId: world.shopId, version, uses }))
const usesLeft = async (voucherId: string) =>
  (
    await world.db.autocommit.one<{ granted: number; remaining: number }>(
      sql`select granted, remaining from allotments where kind = 4 and allotment_id = ${voucherId}`,
    )
  ).remaining
const placeAll = (requests: readonly OrderRequest[]) => placeOrders(world.deps(), requests)

describe('uses of a voucher', () => {
  test('400 orders at once with a code of 100 uses: exactly 100 are placed', async () => {
    const { variantId } = await world.variant({ units: 1_000 })
    const ten = use()
    await grant(ten.voucherId, 100)
    // Three processes, each with a memory of its own, and batches that overlap.
    const placers = [1, 2, 3].map(() => {
      const memory = createTermsMemory()
      return createPlacer(
        world.database.shards('orders'),
        () => world.deps({ memory }),
        { maxItems: 16, maxInFlight: 3, maxQueued: 1_000, maxWaitMs: 60_000 },
        () => {},
        () => {},
        async (request) => ({ ...request, pricing: pricingOf(request.lines, [ten]) }),
      )
    })
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, (_, index) => placers[index % 3]?.place(withUses(variantId, [ten]))),
    )
    const counts = Map.groupBy(answers(outcomes as never), (answer) => answer)
    expect([counts.get('placed')?.length, counts.get('voucher-used-up')?.length]).toEqual([100, 300])
    expect(await usesLeft(ten.voucherId)).toBe(0)
    expect(await world.audit()).toEqual([])
    // Nothing else was taken by those who were refused.
    expect(await world.remaining(variantId)).toBe(900)
  })

  test('one customer uses it as often as each may, also at once', async () => {
    const { variantId } = await world.variant()
    const ten = use({ usesPerCustomer: 2 })
    await grant(ten.voucherId, 100)
    const customerId = randomUUID()
    const results = await Promise.all(
      Array.from({ length: 5 }, () => placeAll([withUses(variantId, [ten], { customerId })])),
    )
    expect(answers(results.flat()).toSorted()).toEqual([
      'placed',
      'placed',
      'voucher-cap-reached',
      'voucher-cap-reached',
      'voucher-cap-reached',
    ])
    expect(await usesLeft(ten.voucherId)).toBe(98)
    expect(await world.audit()).toEqual([])
  })

  test('two first orders at once cannot both be the first', async () => {
    const { variantId } = await world.variant()
    const vouchers = [use({ firstOrderOnly: true }), use({ firstOrderOnly: true, code: 'OTHER' })]
    for (const { voucherId } of vouchers) await grant(voucherId, 10)
    const customerId = randomUUID()
    const results = await Promise.all(vouchers.map((one) => placeAll([withUses(variantId, [one], { customerId })])))
    expect(answers(results.flat()).toSorted()).toEqual(['placed', 'voucher-refused'])
  })

  test('are given back when the order is cancelled, and can be used again', async () => {
    const { variantId } = await world.variant()
    const ten = use({ usesPerCustomer: 1, firstOrderOnly: true })
    await grant(ten.voucherId, 1)
    const customerId = randomUUID()
    const order = await world.placed(variantId, withUses(variantId, [ten], { customerId }))
    expect(await usesLeft(ten.voucherId)).toBe(0)
    await world.cancel(order.orderId)
    expect(await usesLeft(ten.voucherId)).toBe(1)
    expect(await world.audit()).toEqual([])
    expect(answers(await placeAll([withUses(variantId, [ten], { customerId })]))).toEqual(['placed'])
    expect(await world.audit()).toEqual([])
  })

  test('that were ended meanwhile do not come back with a cancelled order', async () => {
    const { variantId } = await world.variant()
    const ten = use()
    await grant(ten.voucherId, 5)
    const order = await world.placed(variantId, withUses(variantId, [ten]))
    expect(await grant(ten.voucherId, 0, 2)).toEqual({ granted: 1, remaining: 0 })
    expect(answers(await placeAll([withUses(variantId, [ten])]))).toEqual(['voucher-used-up'])
    await world.cancel(order.orderId)
    expect(await usesLeft(ten.voucherId)).toBe(0)
    expect(await world.audit()).toEqual([])
  })

  test('can be raised and lowered; what is taken stays taken, and older news changes nothing', async () => {
    const { variantId } = await world.variant()
    const ten = use()
    await grant(ten.voucherId, 3)
    await placeAll([withUses(variantId, [ten]), withUses(variantId, [ten])])
    expect(await grant(ten.voucherId, 1, 2)).toEqual({ granted: 2, remaining: 0 })
    expect(await grant(ten.voucherId, 4, 3)).toEqual({ granted: 4, remaining: 2 })
    expect(await grant(ten.voucherId, 100, 2)).toEqual({ granted: 4, remaining: 2 })
    expect(await world.audit()).toEqual([])
  })

  test('the same key again gets the first order, though the voucher is used up by it', async () => {
    const { variantId } = await world.variant()
    const ten = use({ usesPerCustomer: 1 })
    await grant(ten.voucherId, 1)
    const request = withUses(variantId, [ten])
    const [first] = await placeAll([request])
    const [again] = await placeAll([request])
    // Promotions may refuse by now: it is a first order no longer.
    const refusal = orderErrors.error('voucher-refused', 'not first', { reason: 'not-first' })
    const [refused] = await placeAll([{ ...request, pricing: undefined, refusal }])
    expect(answers([first, again, refused] as never)).toEqual(['placed', 'repeated', 'repeated'])
  })

  test('neighbours in a batch that carry none are placed beside one that is refused', async () => {
    const { variantId } = await world.variant()
    const ten = use()
    await grant(ten.voucherId, 0)
    const outcomes = await placeAll([ask(variantId), withUses(variantId, [ten]), ask(variantId)])
    expect(answers(outcomes)).toEqual(['placed', 'voucher-used-up', 'placed'])
  })
})

describe('the price of an order beyond its lines', () => {
  test('is kept with it, and read as it was placed', async () => {
    const { variantId } = await world.variant()
    const address = { name: 'A', line1: 'B', city: 'C', country: 'DE' }
    const extras = extrasOf({ delivery: { address }, contact: { email: 'a@example.org' } })
    const request = ask(variantId, { extras })
    const pricing = pricingOf(request.lines, [], {
      totalMinor: 2_489,
      adjustments: [{ kind: 'shipping', label: 'Parcel', amountMinor: 490 }],
      lines: [
        { variantId, unitPriceMinor: 1_999, discountMinor: 0, taxMinor: 0, shippingMinor: 490, paidMinor: 2_489 },
      ],
    })
    const order = await world.placed(variantId, { ...request, pricing })
    expect(order.totalMinor).toBe(2_489)
    expect((await world.order(order.orderId))?.extras).toEqual({
      delivery: { method: 'standard', address },
      contact: { email: 'a@example.org' },
      pricing,
    })
    expect(await world.audit()).toEqual([])
  })

  test('is asked for again when a price changed or a rule ended meanwhile', async () => {
    const { variantId } = await world.variant()
    const request = ask(variantId, { extras: extrasOf({ checkoutId: 'x' }) })
    const stale = [
      pricingOf(request.lines, [], { validUntilMs: world.clock.now.getTime() }),
      {
        ...pricingOf(request.lines, []),
        lines: [{ ...pricingOf(request.lines, []).lines[0], unitPriceMinor: 5 } as never],
      },
      undefined,
    ]
    for (const pricing of stale) expect(answers(await placeAll([{ ...request, pricing }]))).toEqual(['price-changed'])
  })

  test('a shop that makes rules is asked for at once, also by orders decided from memory before', async () => {
    const shopId = randomUUID()
    await world.db.autocommit.run(sql`insert into shops (shop_id, selling, version) values (${shopId}, true, 1)`)
    const { variantId } = await world.variant({ shopId })
    const deps = world.deps()
    expect(answers(await placeOrders(deps, [ask(variantId)]))).toEqual(['placed'])
    await setRules(world.db.autocommit, { shopId, version: 1, ask: true })
    expect(answers(await placeOrders(deps, [ask(variantId)]))).toEqual(['price-changed'])
    await setRules(world.db.autocommit, { shopId, version: 0, ask: false })
    expect(answers(await placeOrders(deps, [ask(variantId)]))).toEqual(['price-changed'])
    await setRules(world.db.autocommit, { shopId, version: 2, ask: false })
    expect(answers(await placeOrders(deps, [ask(variantId)]))).toEqual(['placed'])
  })

  type Asked = { orderedBefore?: boolean; lines: { variantId: string; quantity: number; unitPriceMinor: bigint }[] }
  const placerAsking = (priceOrders: (request: { orders: Asked[] }) => Promise<unknown>) =>
    createPlacer(
      world.database.shards('orders'),
      () => world.deps(),
      { maxItems: 16, maxInFlight: 1, maxQueued: 100, maxWaitMs: 10_000 },
      () => {},
      () => {},
      createPricer(
        { shards: world.database.shards('orders'), clock: () => world.clock.now, pricing: { priceOrders } as never },
        { maxQueued: 100, maxWaitMs: 10_000 },
      ),
    )

  test('promotions that does not answer refuses nobody for good: 503', async () => {
    const { variantId } = await world.variant()
    const placer = placerAsking(() => Promise.reject(new Error('away')))
    const request = ask(variantId, { extras: extrasOf({ voucherCodes: ['TEN'] }) })
    await expect(placer.place(request)).rejects.toMatchObject({ code: 'pricing-unavailable' })
    expect((await placer.place(ask(variantId))).kind).toBe('placed')
  })

  test('promotions is told whether it is a first order, and its refusal is the answer', async () => {
    const { variantId } = await world.variant()
    const customerId = randomUUID()
    const asked: unknown[] = []
    const refusal = {
      case: 'refusal',
      value: { kind: 'voucher', reason: 'unknown', detail: 'none', code: 'TEN', minimumMinor: 0n },
    }
    const placer = placerAsking(async ({ orders }) => {
      asked.push(...orders.map(({ orderedBefore }) => orderedBefore))
      return { answers: orders.map(() => ({ answer: refusal })) }
    })
    const order = () => ask(variantId, { customerId, extras: extrasOf({ voucherCodes: ['ten'] }) })
    expect(answers([await placer.place(order())])).toEqual(['voucher-refused'])
    await placer.place(ask(variantId, { customerId }))
    await placer.place(order())
    expect(asked).toEqual([false, true])
  })

  test('orders that arrive together are priced in one call, each with its own answer', async () => {
    const { variantId } = await world.variant({ units: 100 })
    const unknown = randomUUID()
    const calls: number[] = []
    const placer = placerAsking(async ({ orders }) => {
      calls.push(orders.length)
      return {
        answers: orders.map(({ lines }) => ({
          answer: lines[0]?.quantity === 13 ? { case: 'unavailable', value: { detail: 'away' } } : oneEuroOff(lines),
        })),
      }
    })
    const order = (quantity: number, wanted = variantId) =>
      placer.place(
        ask(wanted, { lines: [{ variantId: wanted, quantity }], extras: extrasOf({ contact: { name: 'Ada' } }) }),
      )
    const outcomes = await Promise.all([order(1), order(2), order(13), order(1, unknown), order(3)])
    expect(calls).toEqual([4])
    expect(answers(outcomes)).toEqual(['placed', 'placed', 'pricing-unavailable', 'unknown-variant', 'placed'])
    const totals = outcomes.flatMap((one) => (one.kind === 'placed' ? [one.order.totalMinor] : []))
    expect(totals).toEqual([1_899, 3_898, 5_897])
  })
})

describe('the audits of vouchers and sums', () => {
  const ten = use()
  const broken: [string, Sql][] = [
    ['I14', sql`update allotments set remaining = remaining - 1 where kind = 4 and allotment_id = ${ten.voucherId}`],
    ['I14', sql`delete from order_uses where voucher_id = ${ten.voucherId}`],
    [
      'I14',
      sql`update order_uses set cap = 1, customer_id = '00000000-0000-7000-8000-000000000001' where voucher_id = ${ten.voucherId}`,
    ],
    [
      'I13',
      sql`update order_details set details = jsonb_set(details, '{pricing,adjustments,0,amountMinor}', '-99')
      where order_id in (select order_id from order_uses where voucher_id = ${ten.voucherId})`,
    ],
    [
      'I13',
      sql`update order_details set details = jsonb_set(details, '{pricing,lines,0,paidMinor}', '1')
      where order_id in (select order_id from order_uses where voucher_id = ${ten.voucherId})`,
    ],
  ]
  let fresh: Awaited<ReturnType<typeof ordersWorld>>
  let admin: Database
  let mark: Mark
  beforeAll(async () => {
    fresh = await ordersWorld()
    admin = openDatabase({ url: fresh.database.adminUrl, schema: 'orders' })
    const { variantId } = await fresh.variant()
    const uses = { voucherId: ten.voucherId, shopId: fresh.shopId, version: 1, uses: 5 }
    await fresh.db.transaction((tx) => setUses(tx, uses))
    mark = await markNow(fresh.db)
    await placeOrders(fresh.deps(), [withUses(variantId, [ten])])
  })
  afterAll(async () => {
    await admin.close()
    await fresh.database.close()
  })
  test('find nothing in books that are in order, over everything and over what was done since', async () => {
    expect(await redIn(fresh.db.autocommit, everything)).toEqual([])
    expect(await redIn(fresh.db.autocommit, mark)).toEqual([])
  })
  for (const [invariant, breaking] of broken)
    test(`${invariant} turns red after ${breaking.text.slice(0, 90).replaceAll(/\s+/g, ' ')}`, async () => {
      const rolledBack = new Error('mended')
      const broken = admin.transaction(async (tx) => {
        expect(await tx.run(breaking)).toBeGreaterThan(0)
        expect(await redIn(tx, everything)).toContain(invariant)
        expect(await redIn(tx, mark)).toContain(invariant)
        throw rolledBack
      })
      await expect(broken).rejects.toBe(rolledBack)
    })
  test('count uses on from the last audit: cancelled, it is used no more', async () => {
    const { variantId } = await fresh.variant()
    const [outcome] = await placeOrders(fresh.deps(), [withUses(variantId, [ten])])
    if (outcome?.kind !== 'placed') throw new Error('not placed')
    const between = await markNow(fresh.db, mark)
    await fresh.cancel(outcome.order.orderId)
    expect(await redIn(fresh.db.autocommit, between)).toEqual([])
    await admin.autocommit.run(sql`update allotments set remaining = remaining + 1 where kind = 4`)
    expect(await redIn(fresh.db.autocommit, between)).toEqual(['I14'])
  })
  test('each is broken above', () => {
    expect(pricingAudits.map((check) => check.invariant)).toEqual(['I13', 'I14', 'I14'])
  })
})

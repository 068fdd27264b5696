import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Basket, type BasketLine, priceBasket, type Rules } from './price-basket.ts'
import { type Discount, plainSettings, type ShippingRate, type TaxRate, type Voucher } from './rules.ts'
import { shareOf, split } from './split.ts'

const nowMs = Date.UTC(2026, 5, 1)
const line = (given: Partial<BasketLine> = {}): BasketLine => ({
  variantId: `v${Math.random()}`,
  productId: 'p',
  quantity: 1,
  unitPriceMinor: 1_000,
  categoryIds: [],
  weightGrams: 100,
  taxClass: 'standard',
  ...given,
})
const basket = (lines: BasketLine[], given: Partial<Basket> = {}): Basket => ({
  currency: 'EUR',
  lines,
  codes: [],
  orderedBefore: false,
  ...given,
})
const rules = (given: Partial<Rules> = {}): Rules => ({
  settings: plainSettings,
  discounts: [],
  vouchers: [],
  rates: [],
  taxRates: [],
  ...given,
})
const open = { productIds: [], categoryIds: [], startsAtMs: null, endsAtMs: null, active: true, currency: 'EUR' }
const voucher = (given: Partial<Voucher> = {}): Voucher => ({
  ...open,
  voucherId: 'voucher',
  code: 'TEN',
  title: 'Ten off',
  kind: 'percent',
  percent: 10,
  amountMinor: 0,
  minimumMinor: 0,
  firstOrderOnly: false,
  usesPerCustomer: 0,
  ...given,
})
const discount = (given: Partial<Discount> = {}): Discount => ({
  ...open,
  discountId: 'd',
  title: 'Summer',
  kind: 'percent',
  percent: 20,
  amountMinor: 0,
  minimumQuantity: 1,
  ...given,
})
const rate = (given: Partial<ShippingRate> = {}): ShippingRate => ({
  rateId: 'r',
  name: 'Parcel',
  names: {},
  method: 'standard',
  countries: [],
  fromGrams: 0,
  toGrams: null,
  priceMinor: 490,
  currency: 'EUR',
  freeFromMinor: null,
  ...given,
})
const vat: TaxRate = { country: 'DE', taxClass: 'standard', label: 'VAT 19 %', labels: {}, basisPoints: 1_900 }
const reduced: TaxRate = { country: 'DE', taxClass: 'reduced', label: 'VAT 7 %', labels: {}, basisPoints: 700 }
const taxed = (pricesIncludeTax: boolean) => ({ ...plainSettings, collectsTax: true, pricesIncludeTax, country: 'DE' })
const germany = { destination: { method: 'standard', country: 'DE' } }

describe('a basket without rules', () => {
  test('costs its lines, and nothing is said beside them', () => {
    const priced = priceBasket(basket([line({ quantity: 3 }), line()]), rules(), nowMs)
    expect(priced).toMatchObject({ totalMinor: 4_000, adjustments: [], taxes: [], refusals: [], changesAtMs: null })
  })
})

describe('automatic discounts', () => {
  test('the best one of a line holds, not their sum', () => {
    const discounts = [
      discount({ percent: 10 }),
      discount({ percent: 20 }),
      discount({ kind: 'amount', amountMinor: 50 }),
    ]
    expect(priceBasket(basket([line()]), rules({ discounts }), nowMs).adjustments).toEqual([
      { kind: 'discount', label: 'Summer', amountMinor: -200 },
    ])
  })
  test('a quantity break holds from its quantity on', () => {
    const discounts = [discount({ minimumQuantity: 3 })]
    expect(priceBasket(basket([line({ quantity: 2 })]), rules({ discounts }), nowMs).totalMinor).toBe(2_000)
    expect(priceBasket(basket([line({ quantity: 3 })]), rules({ discounts }), nowMs).totalMinor).toBe(2_400)
  })
  test('holds from its first instant until before its last, and the price says when it changes', () => {
    const discounts = [discount({ startsAtMs: nowMs, endsAtMs: nowMs + 10 })]
    const at = (ms: number) => priceBasket(basket([line()]), rules({ discounts }), ms)
    expect([at(nowMs - 1), at(nowMs), at(nowMs + 9), at(nowMs + 10)].map(({ totalMinor }) => totalMinor)).toEqual([
      1_000, 800, 800, 1_000,
    ])
    expect(at(nowMs - 1).changesAtMs).toBe(nowMs)
    expect(at(nowMs).changesAtMs).toBe(nowMs + 10)
  })
  test('one for a category is for its products only', () => {
    const discounts = [discount({ categoryIds: ['books'] })]
    const lines = [line({ categoryIds: ['media', 'books'] }), line({ categoryIds: ['media'] })]
    expect(priceBasket(basket(lines), rules({ discounts }), nowMs).lines.map((one) => one.discountMinor)).toEqual([
      200, 0,
    ])
  })
})

describe('vouchers', () => {
  const priced = (
    given: Partial<Voucher>,
    more: Partial<Basket> = {},
    lines = [line({ unitPriceMinor: 999 }), line({ unitPriceMinor: 1 })],
  ) =>
    priceBasket(
      basket(lines, { codes: ['TEN'], ...more }),
      rules({ vouchers: [voucher(given)], rates: [rate()] }),
      nowMs,
    )
  test('an amount is shared out over the lines and never takes more than they cost', () => {
    const all = priced({ kind: 'amount', amountMinor: 5_000 })
    expect(all.totalMinor).toBe(0)
    expect(all.adjustments).toEqual([{ kind: 'voucher', label: 'Ten off', code: 'TEN', amountMinor: -1_000 }])
  })
  test('percents are taken of what discounts have left', () => {
    const both = priceBasket(
      basket([line()], { codes: ['TEN'] }),
      rules({ vouchers: [voucher()], discounts: [discount()] }),
      nowMs,
    )
    expect(both.totalMinor).toBe(720)
    expect(both.lines[0]?.steps.map(({ amountMinor }) => amountMinor)).toEqual([-200, -80])
  })
  test('free shipping shows the shipping and what pays for it', () => {
    expect(priced({ kind: 'free-shipping' }, germany).adjustments).toEqual([
      { kind: 'shipping', label: 'Parcel', amountMinor: 490 },
      { kind: 'shipping-discount', label: 'Ten off', code: 'TEN', amountMinor: -490 },
    ])
  })
  const refused: [string, Partial<Voucher>, Partial<Basket>][] = [
    ['unknown', { code: 'OTHER' }, {}],
    ['unknown', { active: false }, {}],
    ['not-begun', { startsAtMs: nowMs + 1 }, {}],
    ['ended', { endsAtMs: nowMs }, {}],
    ['minimum', { minimumMinor: 1_001 }, {}],
    ['not-first', { firstOrderOnly: true }, { orderedBefore: true }],
    ['not-for-these', { productIds: ['another'] }, {}],
    ['currency', { currency: 'USD' }, {}],
    ['not-for-these', { kind: 'free-shipping' }, {}],
  ]
  for (const [reason, given, more] of refused)
    test(`is refused (${reason}) with ${JSON.stringify({ ...given, ...more })}, and the price is without it`, () => {
      const result = priced(given, more)
      expect(result.refusals).toMatchObject([{ kind: 'voucher', reason, code: 'TEN' }])
      expect(result.totalMinor).toBe(1_000)
    })
})

describe('shipping', () => {
  const shipped = (rates: ShippingRate[], given: Partial<BasketLine> = {}) =>
    priceBasket(basket([line(given)], germany), rules({ rates }), nowMs)
  test('a rate that names the country comes before one for everywhere', () => {
    const rates = [rate({ priceMinor: 100 }), rate({ countries: ['DE', 'AT'], priceMinor: 700 })]
    expect(shipped(rates).totalMinor).toBe(1_700)
  })
  test('by weight; the last gram belongs to the lighter rate', () => {
    const rates = [rate({ toGrams: 1_000 }), rate({ fromGrams: 1_001, priceMinor: 990 })]
    expect(shipped(rates, { weightGrams: 1_000 }).totalMinor).toBe(1_490)
    expect(shipped(rates, { weightGrams: 1_001 }).totalMinor).toBe(1_990)
  })
  test('is free from a sum of goods on', () => {
    expect(shipped([rate({ freeFromMinor: 1_000 })]).totalMinor).toBe(1_000)
    expect(shipped([rate({ freeFromMinor: 1_001 })]).totalMinor).toBe(1_490)
  })
  test('where the shop does not send, it says why', () => {
    expect(shipped([rate({ countries: ['FR'] })]).refusals).toMatchObject([{ kind: 'delivery', reason: 'country' }])
    expect(shipped([rate({ method: 'express' })]).refusals).toMatchObject([{ kind: 'delivery', reason: 'method' }])
    expect(shipped([rate({ toGrams: 50 })]).refusals).toMatchObject([{ kind: 'delivery', reason: 'weight' }])
  })
})

describe('tax', () => {
  const lines = [line({ unitPriceMinor: 1_190 }), line({ unitPriceMinor: 1_070, taxClass: 'reduced' })]
  test('included is shown and changes no price', () => {
    const priced = priceBasket(basket(lines), rules({ settings: taxed(true), taxRates: [vat, reduced] }), nowMs)
    expect(priced).toMatchObject({
      totalMinor: 2_260,
      adjustments: [],
      taxes: [
        { label: 'VAT 19 %', netMinor: 1_000, taxMinor: 190, included: true },
        { label: 'VAT 7 %', netMinor: 1_000, taxMinor: 70, included: true },
      ],
    })
  })
  test('excluded is added, of the shipping too', () => {
    const priced = priceBasket(
      basket([line({ unitPriceMinor: 1_000 })], germany),
      rules({ settings: taxed(false), taxRates: [vat], rates: [rate({ priceMinor: 500 })] }),
      nowMs,
    )
    expect(priced).toMatchObject({ totalMinor: 1_785, taxes: [{ netMinor: 1_500, taxMinor: 285 }] })
    expect(priced.lines[0]).toMatchObject({ taxMinor: 190, shippingMinor: 595, paidMinor: 1_785 })
  })
  test('a country without rates is charged none', () => {
    const priced = priceBasket(
      basket([line()], { destination: { method: 'standard', country: 'CH' } }),
      rules({ settings: taxed(false), taxRates: [vat] }),
      nowMs,
    )
    expect(priced).toMatchObject({ totalMinor: 1_000, taxes: [] })
  })
})

// Yen have no decimals, euros two, dinars three: a price is a few units, thousands, or hundreds of thousands of them.
const worlds = [
  ['JPY', 0],
  ['EUR', 2],
  ['KWD', 3],
] as const

describe.each(worlds)('whatever the rules, in %s', (currency, decimals) => {
  const aLine = fc.record({
    quantity: fc.integer({ min: 1, max: 40 }),
    unitPriceMinor: fc.integer({ min: 0, max: 300 * 10 ** decimals }),
    taxClass: fc.constantFrom('standard', 'reduced'),
    productId: fc.constantFrom('p', 'q'),
    weightGrams: fc.integer({ min: 0, max: 5_000 }),
  })
  const aWorld = fc.record({
    lines: fc.array(aLine, { minLength: 1, maxLength: 12 }),
    included: fc.boolean(),
    collects: fc.boolean(),
    off: fc.integer({ min: 0, max: 100 }),
    percent: fc.integer({ min: 1, max: 100 }),
    amountMinor: fc.integer({ min: 1, max: 500 * 10 ** decimals }),
    shippingMinor: fc.integer({ min: 0, max: 20 * 10 ** decimals }),
    free: fc.boolean(),
    scoped: fc.boolean(),
  })
  const priceOf = (world: typeof aWorld extends fc.Arbitrary<infer World> ? World : never) =>
    priceBasket(
      basket(
        world.lines.map((one, index) => line({ ...one, variantId: `v${index}` })),
        { ...germany, currency, codes: ['A', 'B', ...(world.free ? ['C'] : [])] },
      ),
      rules({
        settings: { ...taxed(world.included), collectsTax: world.collects },
        taxRates: [vat, reduced],
        discounts: [discount({ percent: world.off, minimumQuantity: 3, currency })],
        vouchers: [
          voucher({ code: 'A', currency, percent: world.percent, ...(world.scoped && { productIds: ['q'] }) }),
          voucher({ code: 'B', currency, kind: 'amount', amountMinor: world.amountMinor }),
          voucher({ code: 'C', currency, kind: 'free-shipping' }),
        ],
        rates: [rate({ currency, priceMinor: world.shippingMinor })],
      }),
      nowMs,
    )
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)

  test('lines and adjustments add up to the total, and so do the paid parts of the lines', () =>
    fc.assert(
      fc.property(aWorld, (world) => {
        const { totalMinor, lines, adjustments, taxes } = priceOf(world)
        expect(sum(lines.map((one) => one.totalMinor)) + sum(adjustments.map((one) => one.amountMinor))).toBe(
          totalMinor,
        )
        expect(sum(lines.map((one) => one.paidMinor))).toBe(totalMinor)
        const off = sum(
          adjustments.filter(({ kind }) => kind === 'discount' || kind === 'voucher').map((one) => one.amountMinor),
        )
        expect(sum(lines.map((one) => one.discountMinor)) + off).toBe(0)
        for (const one of lines) {
          expect(one.discountMinor).toBeLessThanOrEqual(one.totalMinor)
          expect(Math.min(one.discountMinor, one.taxMinor, one.shippingMinor, one.paidMinor)).toBeGreaterThanOrEqual(0)
          expect(one.paidMinor).toBe(
            one.totalMinor - one.discountMinor + one.shippingMinor + (world.included ? 0 : one.taxMinor),
          )
          expect(sum(one.steps.map(({ amountMinor }) => amountMinor))).toBe(
            (world.included ? 0 : one.taxMinor) - one.discountMinor,
          )
        }
        if (world.collects) expect(sum(taxes.map((one) => one.netMinor + one.taxMinor))).toBe(totalMinor)
        for (const amount of [totalMinor, ...adjustments.map((one) => one.amountMinor)])
          expect(Number.isSafeInteger(amount)).toBe(true)
      }),
      { numRuns: 200 },
    ))

  test('units of a line given back in any portions add up to what was paid for it, and never go beyond', () =>
    fc.assert(
      fc.property(
        aWorld,
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 40, maxLength: 40 }),
        (world, portions) => {
          for (const { quantity, paidMinor } of priceOf(world).lines) {
            const paidFor = (units: number) =>
              Math.floor(paidMinor / quantity) * units + Math.min(units, paidMinor % quantity)
            let units = 0
            let back = 0
            for (const portion of portions) {
              const upTo = Math.min(quantity, units + portion)
              back += paidFor(upTo) - paidFor(units)
              units = upTo
              expect(back).toBeLessThanOrEqual(paidMinor)
            }
            expect(back).toBe(paidMinor)
          }
        },
      ),
      { numRuns: 50 },
    ))
})

describe('dividing', () => {
  test('loses nothing, invents nothing, and gives nobody more than his weight', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1_000_000_000_000 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 100 }),
        (weights, percent) => {
          const whole = weights.reduce((total, weight) => total + weight, 0)
          const amount = shareOf(whole, percent, 100)
          const shares = split(amount, weights)
          expect(shares.reduce((total, share) => total + share, 0)).toBe(amount)
          shares.forEach((share, index) => {
            expect(share).toBeGreaterThanOrEqual(0)
            expect(share).toBeLessThanOrEqual(weights[index] as number)
          })
        },
      ),
    ))
})

import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OrderLine } from './order.ts'
import {
  apportion,
  linesToReturn,
  nextOfReturn,
  paidBack,
  receive,
  type Return,
  type ReturnAction,
  type ReturnState,
  returnStates,
  shareOfUnits,
} from './return.ts'
import type { Shipment } from './shipment.ts'

const table = `
             approve    refuse    receive     store      settle
  requested  approved   refused   -           -          -
  approved   -          refused   receiving   -          -
  receiving  -          -         -           received   -
  received   -          -         -           -          settled
  settled    -          -         -           -          -
  refused    -          -         -           -          -`

const [header = [], ...rows] = table
  .trim()
  .split('\n')
  .map((row) => row.trim().split(/\s+/))

describe('a return', () => {
  for (const [from, ...cells] of rows)
    cells.forEach((to, index) => {
      const action = header[index] as ReturnAction
      if (to === '-')
        test(`that is ${from} refuses to ${action}`, () =>
          expect(() => nextOfReturn(from as ReturnState, action)).toThrow(
            expect.objectContaining({ code: 'illegal-return-transition', extra: { from, action } }),
          ))
      else
        test(`that is ${from} becomes ${to} on ${action}`, () =>
          expect(nextOfReturn(from as ReturnState, action)).toBe(to))
    })

  test('has no other states than those of the table', () => expect(rows.map(([from]) => from)).toEqual(returnStates))
})

// A price of 10.00 in a currency of each kind; nothing below looks at anything but minor units, and that is the point.
const currencies = [
  { code: 'JPY', decimals: 0 },
  { code: 'EUR', decimals: 2 },
  { code: 'KWD', decimals: 3 },
]

describe('an amount divided by weights', () => {
  const weights = fc.array(fc.nat({ max: 1_000_000_000_000 }), { minLength: 1, maxLength: 30 })
  const amount = fc.nat({ max: 1_000_000_000_000 })

  test('adds up to the last minor unit, and no part is further than one from its exact share', () =>
    fc.assert(
      fc.property(amount, weights, (minor, given) => {
        const parts = apportion(minor, given)
        const sum = given.reduce((a, b) => a + b, 0)
        expect(parts.reduce((a, b) => a + b, 0)).toBe(minor)
        parts.forEach((part, index) => {
          expect(part).toBeGreaterThanOrEqual(0)
          const weight = BigInt(sum === 0 ? 1 : (given[index] as number))
          const whole = BigInt(sum === 0 ? given.length : sum)
          const off = BigInt(part) * whole - BigInt(minor) * weight
          expect(off < whole && off > -whole).toBe(true)
        })
      }),
    ))

  test('that are what is divided gives each its own', () =>
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1_000_000_000 }), { minLength: 1 }), (lines) => {
        const sum = lines.reduce((a, b) => a + b, 0)
        expect(apportion(sum, lines)).toEqual(lines)
      }),
    ))

  test.each(currencies)('splits a voucher over three equal lines in $code as the till does', ({ decimals }) => {
    const paid = 10 * 10 ** decimals
    expect(apportion(paid, [7, 7, 7])).toEqual([Math.floor(paid / 3) + 1, Math.floor(paid / 3), Math.floor(paid / 3)])
  })
})

describe('the units of a line', () => {
  test('returned in any portions give back what was paid, no portion less than nothing', () =>
    fc.assert(
      fc.property(
        fc.nat({ max: 1_000_000_000_000 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
        (paid, portions) => {
          const units = portions.reduce((a, b) => a + b, 0)
          let [before, given] = [0, 0]
          for (const portion of portions) {
            const part = shareOfUnits(paid, units, before + portion) - shareOfUnits(paid, units, before)
            expect(part).toBeGreaterThanOrEqual(0)
            before += portion
            given += part
            expect(given).toBeLessThanOrEqual(paid)
          }
          expect(given).toBe(paid)
        },
      ),
    ))
})

const orderLine = (variantId: string, quantity: number, totalMinor: number): OrderLine => ({
  variantId,
  productId: variantId,
  sku: 'SKU',
  title: 'A thing',
  quantity,
  unitPriceMinor: Math.floor(totalMinor / quantity),
  totalMinor,
  priceVersion: 1,
  saleWindowId: null,
})

const blank: Return = {
  returnId: randomUUID(),
  orderId: randomUUID(),
  shopId: randomUUID(),
  customerId: randomUUID(),
  origin: 'customer',
  shipmentId: null,
  state: 'approved',
  reason: 'other',
  note: '',
  answer: '',
  refundMinor: null,
  actorId: null,
  correlationId: '',
  requestedAtMs: 0,
  decidedAtMs: null,
  receivedAtMs: null,
  settledAtMs: null,
  lines: [],
}
const announced = (lines: readonly { lineNo: number; variantId: string; quantity: number }[]): Return => ({
  ...blank,
  returnId: randomUUID(),
  lines: lines.map((line) => ({ ...line, received: null, restock: null, refundMinor: null })),
})

describe('receiving returns', () => {
  test.each(currencies)(
    'of an order of several lines, less a discount and with tax in it, in $code: everything back is what was paid',
    ({ decimals }) =>
      fc.assert(
        fc.property(
          fc.array(
            fc.record({
              quantity: fc.integer({ min: 1, max: 12 }),
              price: fc.integer({ min: 0, max: 500 * 10 ** decimals }),
            }),
            { minLength: 1, maxLength: 5 },
          ),
          fc.integer({ min: 0, max: 100 }),
          fc.integer({ min: 0, max: 27 }),
          fc.array(fc.nat(), { minLength: 1, maxLength: 10 }),
          (asked, discountPercent, taxPercent, cuts) => {
            const lines = asked.map(({ quantity, price }, index) => orderLine(`v${index}`, quantity, quantity * price))
            const sum = lines.reduce((total, line) => total + line.totalMinor, 0)
            const discounted = sum - Math.floor((sum * discountPercent) / 100)
            const order = { lines, totalMinor: discounted + Math.round((discounted * taxPercent) / 100) }
            // Send everything back, in as many returns as there are cuts and one more.
            const left = lines.map(({ quantity }) => quantity)
            const before: Return[] = []
            for (const [turn, cut] of [...cuts, -1].entries()) {
              const portion = lines.flatMap((line, index) => {
                const all = left[index] as number
                const quantity = cut === -1 ? all : (cut + index + turn) % (all + 1)
                left[index] = all - quantity
                return quantity === 0 ? [] : [{ lineNo: index + 1, variantId: line.variantId, quantity }]
              })
              if (portion.length === 0) continue
              const returned = announced(portion)
              const came = portion.map(({ variantId }) => ({ variantId, disposition: 'restock' as const }))
              const received = receive(order, returned, before, came)
              for (const line of received) expect(line.refundMinor).toBeGreaterThanOrEqual(0)
              before.push({ ...returned, lines: received })
            }
            const refunded = before
              .flatMap((each) => each.lines)
              .reduce((total, line) => total + (line.refundMinor ?? 0), 0)
            expect(refunded).toBe(order.totalMinor)
          },
        ),
      ),
  )

  const order = { lines: [orderLine('a', 3, 1_000), orderLine('b', 1, 500)], totalMinor: 1_500 }
  const returned = announced([{ lineNo: 1, variantId: 'a', quantity: 2 }])
  const came = (variantId: string, quantity?: number) => ({
    variantId,
    disposition: 'restock' as const,
    ...(quantity !== undefined && { quantity }),
  })

  test('gives back for what came, not for what was announced', () => {
    expect(receive(order, returned, [], [came('a')])).toMatchObject([{ received: 2, refundMinor: 667 }])
    expect(receive(order, returned, [], [came('a', 1)])).toMatchObject([{ received: 1, refundMinor: 334 }])
  })

  test('that name a line which was not announced name what is not there', () =>
    expect(() => receive(order, returned, [], [came('a'), came('b')])).toThrow(
      expect.objectContaining({ code: 'order-line-not-found', extra: { variantId: 'b' } }),
    ))

  test('of what was not delivered gives back for all of it, also for what was lost on its way back', () => {
    const lost = { ...returned, origin: 'undelivered' as const }
    expect(receive(order, lost, [], [came('a', 1)])).toMatchObject([{ received: 1, refundMinor: 667 }])
    const nothing = receive(order, lost, [], [came('a', 0)])
    expect(nothing).toMatchObject([{ received: 0, refundMinor: 667 }])
    const rest = announced([{ lineNo: 1, variantId: 'a', quantity: 1 }])
    expect(receive(order, rest, [{ ...lost, lines: nothing }], [came('a')])).toMatchObject([{ refundMinor: 333 }])
  })

  test.each([
    ['a line twice', [came('a', 1), came('a', 1)]],
    ['more than was announced', [came('a', 3)]],
    ['nothing that came', [came('a', 0)]],
    ['no line at all', []],
  ])('that name %s is refused', (_, lines) =>
    expect(() => receive(order, returned, [], lines)).toThrow(expect.objectContaining({ code: 'return-lines-differ' })),
  )
})

describe('what a customer may send back', () => {
  const dayMs = 24 * 3_600_000
  const shipment = (state: Shipment['state'], quantity: number, endedAtMs: number | null): Shipment => ({
    shipmentId: randomUUID(),
    orderId: blank.orderId,
    shopId: blank.shopId,
    state,
    carrier: '',
    trackingNumber: '',
    trackingUrl: '',
    refusal: null,
    actorId: blank.customerId,
    correlationId: '',
    createdAtMs: 0,
    issuedAtMs: 0,
    endedAtMs,
    lines: [{ lineNo: 1, variantId: 'a', quantity }],
  })
  const asking =
    (quantity: number, shipments: Shipment[], returns: Return[] = [], nowMs = dayMs) =>
    () =>
      linesToReturn(shipments, returns, [{ variantId: 'a', quantity }], nowMs, 30)
  const code = (expected: string, extra: object = {}) =>
    expect.objectContaining({ code: expected, extra: expect.objectContaining(extra) })
  const claimed = (quantity: number, more: Partial<Return>) => ({
    ...announced([{ lineNo: 1, variantId: 'a', quantity }]),
    ...more,
  })

  test('is what was delivered, not what is on its way, was refused or came back by itself', () => {
    const shipments = [
      shipment('delivered', 2, 0),
      shipment('issued', 5, null),
      shipment('failed', 4, 0),
      shipment('refused', 3, 0),
    ]
    expect(asking(2, shipments)()).toEqual([{ lineNo: 1, variantId: 'a', quantity: 2 }])
    expect(asking(3, shipments)).toThrow(code('more-than-left', { variantId: 'a', remaining: 2 }))
    expect(asking(1, shipments.slice(1))).toThrow(code('nothing-delivered'))
  })

  test('is less what other returns claim, unless they were refused or are of what was not delivered', () => {
    const shipments = [shipment('delivered', 4, 0), shipment('failed', 4, 0)]
    const returns = [claimed(1, { state: 'requested' }), claimed(1, { state: 'settled' })]
    expect(asking(3, shipments, returns)).toThrow(code('more-than-left', { remaining: 2 }))
    const others = [claimed(4, { state: 'refused' }), claimed(4, { origin: 'undelivered' })]
    expect(asking(2, shipments, [...returns, ...others])()).toMatchObject([{ quantity: 2 }])
  })

  test('includes what was announced with another return and did not come with it', () => {
    const short = claimed(4, { state: 'settled' })
    const lines = short.lines.map((line) => ({ ...line, received: 3 }))
    expect(asking(1, [shipment('delivered', 4, 0)], [{ ...short, lines }])()).toMatchObject([{ quantity: 1 }])
  })

  test('can be asked for until the last instant of the 30th day after the last part arrived', () => {
    const shipments = [shipment('delivered', 1, 0), shipment('delivered', 1, 2 * dayMs)]
    expect(asking(2, shipments, [], 32 * dayMs)()).toMatchObject([{ quantity: 2 }])
    expect(asking(2, shipments, [], 32 * dayMs + 1)).toThrow(code('return-too-late'))
  })
})

test('of what was to be paid at the door and was not handed over nothing is given back', () => {
  expect(paidBack({ origin: 'undelivered', refundMinor: 5 }, 'cash-on-delivery')).toBe(0)
  expect(paidBack({ origin: 'customer', refundMinor: 5 }, 'cash-on-delivery')).toBe(5)
  expect(paidBack({ origin: 'undelivered', refundMinor: 5 }, 'card')).toBe(5)
})

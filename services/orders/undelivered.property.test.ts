import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OrderLine } from './order.ts'
import { apportion, dueAtTheDoor, receive, type Return, shareOfUnits, undeliveredLines } from './return.ts'
import type { ShipmentLine } from './shipment.ts'

const line = (quantity: number, totalMinor: number): OrderLine => ({
  variantId: randomUUID(),
  productId: randomUUID(),
  sku: '',
  title: '',
  quantity,
  unitPriceMinor: 0,
  totalMinor,
  priceVersion: 1,
  saleWindowId: null,
})
const aReturn = (origin: Return['origin'], lines: Return['lines'], refundMinor: number | null): Return => ({
  returnId: randomUUID(),
  orderId: 'order',
  shopId: 'shop',
  customerId: 'customer',
  origin,
  shipmentId: null,
  state: 'approved',
  reason: origin === 'undelivered' ? 'undelivered' : 'other',
  note: '',
  answer: '',
  refundMinor,
  actorId: null,
  correlationId: '',
  requestedAtMs: 0,
  decidedAtMs: 0,
  receivedAtMs: null,
  settledAtMs: null,
  lines,
})
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

/** Of every line: how many of its units could not be delivered, and how many of the others the customer sends back. */
const orders = fc
  .array(fc.record({ quantity: fc.integer({ min: 1, max: 9 }), totalMinor: fc.integer({ min: 0, max: 9_999 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((lines) =>
    fc.record({
      lines: fc.constant(lines),
      // Paid with a voucher, or with postage on top: the total is not the sum of the lines.
      totalMinor: fc.integer({ min: 0, max: 50_000 }),
      parts: fc.tuple(
        ...lines.map(({ quantity }) =>
          fc.integer({ min: 0, max: quantity }).chain((undelivered) =>
            fc.record({
              undelivered: fc.constant(undelivered),
              back: fc.integer({ min: 0, max: quantity - undelivered }),
            }),
          ),
        ),
      ),
      // Which unit fails or comes back first, and when what failed is looked at.
      luck: fc.array(fc.nat(1_000), { minLength: 80, maxLength: 80 }),
    }),
  )

describe('of an order of which some units could not be delivered and some came back', () => {
  test('what was due at the door less what goes back is what the customer keeps, in any order', () =>
    fc.assert(
      fc.property(orders, ({ lines, totalMinor, parts, luck }) => {
        const order = { totalMinor, lines: lines.map((each) => line(each.quantity, each.totalMinor)) }
        const units = parts.flatMap(({ undelivered, back }, index) => {
          const one: ShipmentLine = { lineNo: index + 1, variantId: order.lines[index]?.variantId ?? '', quantity: 1 }
          return [
            ...Array.from({ length: undelivered }, () => ({ one, origin: 'undelivered' as const })),
            ...Array.from({ length: back }, () => ({ one, origin: 'customer' as const })),
          ]
        })
        const happening = units
          .map((unit, index) => ({ ...unit, at: luck[index] ?? 0 }))
          .toSorted((a, b) => a.at - b.at)
        const returns: Return[] = []
        const lookAt = (index: number) => {
          const one = returns[index] as Return
          const others = returns.filter((each) => each !== one)
          const came = one.lines.map(({ variantId }) => ({ variantId, disposition: 'restock' as const }))
          const looked = receive(order, one, others, came)
          returns[index] = {
            ...one,
            state: 'receiving',
            lines: looked,
            refundMinor: sum(looked.map((each) => each.refundMinor)),
          }
        }
        for (const { one, origin, at } of happening) {
          if (origin === 'customer') {
            returns.push(aReturn(origin, [{ ...one, received: null, restock: null, refundMinor: null }], null))
            lookAt(returns.length - 1)
            continue
          }
          const known = undeliveredLines(order, [one], returns)
          returns.push(aReturn(origin, known, sum(known.map(({ refundMinor }) => refundMinor))))
          if (at % 2 === 0) lookAt(returns.length - 1)
        }
        const due = dueAtTheDoor(order, returns) ?? Number.NaN
        for (const [index, { state }] of returns.entries()) if (state === 'approved') lookAt(index)
        const refunds = (origin: Return['origin']) =>
          sum(returns.filter((each) => each.origin === origin).map(({ refundMinor }) => refundMinor ?? 0))
        const paid = apportion(
          totalMinor,
          order.lines.map((each) => each.totalMinor),
        )
        const gone = sum(
          parts.map(({ undelivered, back }, index) =>
            shareOfUnits(paid[index] ?? 0, lines[index]?.quantity ?? 1, undelivered + back),
          ),
        )
        expect(due).toBe(totalMinor - refunds('undelivered'))
        expect(due - refunds('customer')).toBe(totalMinor - gone)
        expect(due).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 300 },
    ))
  test('what is due is not known while the worth of a part is not', () => {
    expect(dueAtTheDoor({ totalMinor: 100 }, [aReturn('undelivered', [], null)])).toBeUndefined()
    expect(dueAtTheDoor({ totalMinor: 100 }, [aReturn('undelivered', [], 40), aReturn('customer', [], 10)])).toBe(60)
  })
})

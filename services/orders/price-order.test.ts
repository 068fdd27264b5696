import { randomUUID } from 'node:crypto'
import { DomainError } from '@souk/errors'
import { bucketInId, bucketOf } from '@souk/postgres'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capId, hashBody, maxTotalMinor, mergeLines, type PricedOrder, priceOrder } from './price-order.ts'
import type { SaleWindow, Terms } from './terms.ts'
import { ask } from './test-orders.ts'

const shopId = randomUUID()
const nowMs = Date.UTC(2026, 2, 1)

const termsOf = (given: Partial<Terms> = {}): Terms => ({
  variantId: randomUUID(),
  productId: randomUUID(),
  shopId,
  sku: 'SKU',
  title: 'A thing',
  priceMinor: 1_999,
  currency: 'EUR',
  priceVersion: 7,
  selling: true,
  shopSelling: true,
  asks: false,
  version: 1,
  windows: [],
  ...given,
})
const windowOf = (given: Partial<SaleWindow> = {}): SaleWindow => ({
  saleWindowId: randomUUID(),
  priceMinor: 500,
  startsAtMs: nowMs - 1_000,
  endsAtMs: nowMs + 1_000,
  capPerCustomer: 0,
  ...given,
})

function price(terms: readonly Terms[], quantities: readonly number[] = [1], atMs = nowMs, more = {}) {
  const lines = terms.map(({ variantId }, index) => ({ variantId, quantity: quantities[index] ?? 1 }))
  return priceOrder(ask(lines, more), (id) => terms.find(({ variantId }) => variantId === id), atMs)
}
const priced = (outcome: PricedOrder | DomainError): PricedOrder => {
  if (outcome instanceof DomainError) throw outcome
  return outcome
}
const codeOf = (outcome: PricedOrder | DomainError) => (outcome instanceof DomainError ? outcome.code : 'priced')

describe('what an order costs', () => {
  // A shelf in yen (no decimals), euros (two) or Kuwaiti dinars (three): whole numbers of the smallest coin in each.
  const shelf = fc.record({
    currency: fc.constantFrom('JPY', 'EUR', 'KWD'),
    prices: fc.array(fc.record({ priceMinor: fc.nat(2_000_000), quantity: fc.integer({ min: 1, max: 1_000 }) }), {
      minLength: 1,
      maxLength: 50,
    }),
  })

  test('is to the smallest coin the sum of its lines, each quantity times unit price, in every currency', () =>
    fc.assert(
      fc.property(shelf, ({ currency, prices }) => {
        const terms = prices.map(({ priceMinor }) => termsOf({ priceMinor, currency }))
        const quantities = prices.map(({ quantity }) => quantity)
        const { order } = priced(price(terms, quantities))
        for (const line of order.lines) {
          expect(BigInt(line.totalMinor)).toBe(BigInt(line.unitPriceMinor) * BigInt(line.quantity))
          expect(line.unitPriceMinor).toBe(terms.find(({ variantId }) => variantId === line.variantId)?.priceMinor)
        }
        const exact = prices.reduce((sum, one) => sum + BigInt(one.priceMinor) * BigInt(one.quantity), 0n)
        expect(BigInt(order.totalMinor)).toBe(exact)
        expect(order.currency).toBe(currency)
      }),
    ))

  test('may come to ten thousand million and not one minor unit more, however it is put together', () => {
    const dear = (priceMinor: number) => termsOf({ priceMinor })
    expect(codeOf(price([dear(maxTotalMinor)]))).toBe('priced')
    expect(codeOf(price([dear(maxTotalMinor), dear(1)]))).toBe('total-too-large')
    // A product far beyond where integers stop being exact is still seen to be too large.
    expect(codeOf(price([dear(maxTotalMinor)], [1_000_000]))).toBe('total-too-large')
    expect(codeOf(price([dear(0)], [1_000_000]))).toBe('priced')
  })

  test('is refused over lines in two currencies or of two shops', () => {
    expect(codeOf(price([termsOf(), termsOf({ currency: 'JPY' })]))).toBe('several-shops')
    expect(codeOf(price([termsOf(), termsOf({ shopId: randomUUID() })]))).toBe('several-shops')
  })

  test('records the version of the price, and keeps its id when priced again', () => {
    const terms = termsOf({ priceVersion: 42 })
    const request = ask(terms.variantId)
    const first = priced(priceOrder(request, () => terms, nowMs))
    const again = priced(priceOrder(request, () => ({ ...terms, priceMinor: 1 }), nowMs, first.order.orderId))
    expect(first.order.lines[0]?.priceVersion).toBe(42)
    expect(again.order).toMatchObject({ orderId: first.order.orderId, totalMinor: 1 })
    expect(bucketInId(first.order.orderId)).toBe(bucketOf(shopId))
  })
})

describe('a sale window', () => {
  test('holds from its first millisecond to before its last: the price, what is drawn on, and the cap', () =>
    fc.assert(
      fc.property(fc.integer({ min: -2_000, max: 2_000 }), fc.nat(3), (offsetMs, capPerCustomer) => {
        const window = windowOf({ capPerCustomer })
        const terms = termsOf({ windows: [window] })
        const { order, draws } = priced(price([terms], [2], nowMs + offsetMs))
        const inside = offsetMs >= -1_000 && offsetMs < 1_000
        expect(order.lines[0]).toMatchObject({
          unitPriceMinor: inside ? 500 : 1_999,
          saleWindowId: inside ? window.saleWindowId : null,
        })
        expect(draws.map(({ kind, allotmentId }) => [kind, allotmentId])).toEqual(
          inside
            ? [
                ['sale', window.saleWindowId],
                ...(capPerCustomer > 0 ? [['cap', capId(window.saleWindowId, order.customerId)]] : []),
              ]
            : [['goods', terms.variantId]],
        )
        expect(draws.every(({ quantity }) => quantity === 2)).toBe(true)
      }),
    ))

  test('that follows another begins where that one ends, without a gap or an overlap', () => {
    const first = windowOf({ startsAtMs: nowMs, endsAtMs: nowMs + 10, priceMinor: 1 })
    const second = windowOf({ startsAtMs: nowMs + 10, endsAtMs: nowMs + 20, priceMinor: 2 })
    const terms = termsOf({ windows: [first, second], priceMinor: 3 })
    const priceAt = (ms: number) => priced(price([terms], [1], nowMs + ms)).order.totalMinor
    expect([-1, 0, 9, 10, 19, 20].map(priceAt)).toEqual([3, 1, 1, 2, 2, 3])
  })

  test('that is to come tells a flash-sale order when, and in how many seconds to try again', () => {
    const terms = termsOf({ windows: [windowOf({ startsAtMs: nowMs + 1_500, endsAtMs: nowMs + 9_000 })] })
    expect(price([terms], [1], nowMs, { saleOnly: true })).toMatchObject({
      code: 'sale-not-started',
      extra: { startsAt: '2026-03-01T00:00:01.500Z' },
      retryAfterSeconds: 2,
    })
  })

  test('sells only what the address names: a variant of another product is not for sale there', () => {
    const terms = termsOf({ windows: [windowOf()] })
    expect(codeOf(price([terms], [1], nowMs, { saleOnly: true, saleProductId: terms.productId }))).toBe('priced')
    expect(codeOf(price([terms], [1], nowMs, { saleOnly: true, saleProductId: randomUUID() }))).toBe('unknown-variant')
  })
})

describe('one body', () => {
  const ids: string[] = Array.from({ length: 6 }, () => randomUUID())
  const lines = fc.array(
    fc.record({ variantId: fc.constantFrom(...ids), quantity: fc.integer({ min: 1, max: 1_000 }) }),
    { minLength: 1, maxLength: 30 },
  )

  test('is the same body in whatever order its lines come, and however they are divided', () =>
    fc.assert(
      fc.property(
        lines.chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }))),
        ([some, shuffled]) => {
          const merged = mergeLines(some)
          expect(mergeLines(shuffled)).toEqual(merged)
          expect(new Set(merged.map(({ variantId }) => variantId)).size).toBe(merged.length)
          const units = (of: typeof some) => of.reduce((sum, line) => sum + line.quantity, 0)
          expect(units(merged)).toBe(units(some))
          expect(hashBody(mergeLines(shuffled), 'cash-on-delivery', false)).toBe(
            hashBody(merged, 'cash-on-delivery', false),
          )
        },
      ),
    ))

  test('is another body when a unit, a line, the method or the kind of sale differs', () => {
    const [a, b] = ids as [string, string]
    const bodies = [
      hashBody([{ variantId: a, quantity: 1 }], 'cash-on-delivery', false),
      hashBody([{ variantId: a, quantity: 2 }], 'cash-on-delivery', false),
      hashBody([{ variantId: b, quantity: 1 }], 'cash-on-delivery', false),
      hashBody(
        [a, b].map((variantId) => ({ variantId, quantity: 1 })),
        'cash-on-delivery',
        false,
      ),
      hashBody([{ variantId: a, quantity: 1 }], 'wallet', false),
      hashBody([{ variantId: a, quantity: 1 }], 'cash-on-delivery', true),
    ]
    expect(new Set(bodies).size).toBe(bodies.length)
  })
})

test('a customer has one cap in a sale, another in another sale, and shares neither', () => {
  const [sale, other, customer, stranger] = Array.from({ length: 4 }, () => randomUUID()) as [
    string,
    string,
    string,
    string,
  ]
  expect(capId(sale, customer)).toBe(capId(sale, customer))
  const caps = [capId(sale, customer), capId(sale, stranger), capId(other, customer), capId(other, stranger)]
  expect(new Set(caps).size).toBe(4)
})

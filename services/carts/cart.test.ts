import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amount, changesOf, type Item, maxItems, maxQuantity, mergeItems, mergeVouchers, type Offer } from './cart.ts'

const item = (given: Partial<Item> = {}): Item => ({
  variantId: 'v1',
  productId: 'p1',
  shopId: 's1',
  quantity: 4,
  seenPriceMinor: 1_000,
  currency: 'EUR',
  title: 'Cup',
  refusal: null,
  addedAt: new Date(0),
  ...given,
})
const offer = (given: Partial<Offer> = {}): Offer => ({
  variantId: 'v1',
  productId: 'p1',
  shopId: 's1',
  productSlug: 'cup',
  sku: 'CUP',
  title: 'Cup',
  currency: 'EUR',
  priceMinor: 1_000,
  saleEndsAt: null,
  capPerCustomer: 0,
  selling: true,
  shopSelling: true,
  ...given,
})
const messages = (changed: Offer | undefined, left?: number, of = item()) =>
  changesOf(of, changed, left).map(({ message }) => message)

describe('what is different from what the customer knows', () => {
  test.each([
    ['nothing', offer(), 10, []],
    ['a dearer price', offer({ priceMinor: 1_200 }), 10, ['was 10.00, is 12.00']],
    ['a sale', offer({ priceMinor: 500 }), 10, ['was 10.00, is 5.00']],
    ['too few', offer(), 3, ['only 3 left']],
    ['just enough', offer(), 4, []],
    ['none left', offer(), 0, ['sold out']],
    ['nobody knows how many are left', offer(), undefined, []],
    ['a cap', offer({ capPerCustomer: 2 }), 10, ['only 2 for each customer in this sale']],
    ['withdrawn', offer({ selling: false }), 10, ['no longer sold']],
    ['never heard of', undefined, 10, ['no longer sold']],
    ['the shop has closed', offer({ shopSelling: false }), 10, ['the shop is not selling at present']],
    ['dearer and few', offer({ priceMinor: 1_200 }), 1, ['was 10.00, is 12.00', 'only 1 left']],
  ])('%s', (_what, changed, left, expected) => {
    expect(messages(changed, left)).toEqual(expected)
  })

  test('why it was not ordered the last time', () => {
    expect(messages(offer(), 10, item({ refusal: { code: 'out-of-stock', detail: 'There were 2.' } }))).toEqual([
      'There were 2.',
    ])
  })

  test('amounts have the digits of their currency', () => {
    expect([amount(1_200, 'EUR'), amount(1_200, 'JPY'), amount(1_200, 'KWD')]).toEqual(['12.00', '1200', '1.200'])
  })
})

const items = fc
  .uniqueArray(
    fc.record({
      variantId: fc.integer({ min: 0, max: 400 }).map(String),
      quantity: fc.integer({ min: 1, max: maxQuantity }),
      seenPriceMinor: fc.nat(),
      addedAt: fc.integer({ min: 0, max: 1_000 }).map((ms) => new Date(ms)),
    }),
    { selector: ({ variantId }) => variantId, maxLength: maxItems },
  )
  .map((lines) => lines.map((given) => item(given)))
const quantities = (of: readonly { variantId: string; quantity: number }[]) => {
  const sums = new Map<string, number>()
  for (const { variantId, quantity } of of) sums.set(variantId, (sums.get(variantId) ?? 0) + quantity)
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
}

describe('two carts that become one', () => {
  test('lose nothing: what does not fit is named', () =>
    fc.assert(
      fc.property(items, items, (own, other) => {
        const merged = mergeItems(own, other)
        expect(quantities([...merged.items, ...merged.left])).toEqual(quantities([...own, ...other]))
      }),
    ))

  test('hold no more lines and no more units than one cart may', () =>
    fc.assert(
      fc.property(items, items, (own, other) => {
        const merged = mergeItems(own, other)
        expect(merged.items.length).toBeLessThanOrEqual(maxItems)
        expect(merged.items.every(({ quantity }) => quantity >= 1 && quantity <= maxQuantity)).toBe(true)
        expect(new Set(merged.items.map(({ variantId }) => variantId)).size).toBe(merged.items.length)
      }),
    ))

  test('are the same whichever is taken into which, while everything fits', () =>
    fc.assert(
      fc.property(items, items, (own, other) => {
        fc.pre(new Set([...own, ...other].map(({ variantId }) => variantId)).size <= maxItems)
        expect(quantities(mergeItems(own, other).items)).toEqual(quantities(mergeItems(other, own).items))
      }),
    ))

  test('are the one when the other is empty, and nothing of the own is pushed out', () =>
    fc.assert(
      fc.property(items, items, (own, other) => {
        expect(mergeItems(own, [])).toEqual({ items: own, left: [] })
        const kept = quantities(mergeItems(own, other).items)
        for (const { variantId, quantity } of own) expect(kept.get(variantId)).toBeGreaterThanOrEqual(quantity)
      }),
    ))

  test('know the price that was seen last', () => {
    const older = item({ seenPriceMinor: 900, addedAt: new Date(1) })
    const newer = item({ seenPriceMinor: 800, addedAt: new Date(2) })
    expect(mergeItems([older], [newer]).items[0]?.seenPriceMinor).toBe(800)
    expect(mergeItems([newer], [older]).items[0]?.seenPriceMinor).toBe(800)
  })

  test('keep each voucher code once, the own first, five at most', () => {
    expect(mergeVouchers(['A', 'b'], ['B', 'C'])).toEqual(['A', 'b', 'C'])
    expect(mergeVouchers(['1', '2', '3'], ['4', '5', '6'])).toEqual(['1', '2', '3', '4', '5'])
  })
})

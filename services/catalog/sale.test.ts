import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkSale, nextSale, overlaps, phaseOf, type SaleAction, saleStatuses } from './sale.ts'

const now = new Date('2026-03-01T12:00:00Z')
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000)

describe('the state of a sale', () => {
  const actions: SaleAction[] = ['plan', 'cancel', 'confirm', 'end']
  const legal: Record<string, string> = {
    'pending plan': 'planned',
    'planned cancel': 'cancelling',
    'planned end': 'ended',
    'cancelling confirm': 'cancelled',
  }
  test.each(saleStatuses.flatMap((from) => actions.map((action) => ({ from, action }))))(
    '$from: $action',
    ({ from, action }) => {
      const to = legal[`${from} ${action}`]
      if (to === undefined)
        expect(() => nextSale(from, action)).toThrow(expect.objectContaining({ code: 'sale-move-refused' }))
      else expect(nextSale(from, action)).toBe(to)
    },
  )
})

describe('a sale', () => {
  const sale = { startsAt: at(10), endsAt: at(70), priceMinor: 900 }
  test('may be planned for later, and may have begun', () => {
    expect(() => checkSale(sale, 1_000, now)).not.toThrow()
    expect(() => checkSale({ ...sale, startsAt: at(-10) }, 1_000, now)).not.toThrow()
  })
  test.each([
    ['ends before it starts', { startsAt: at(20), endsAt: at(10) }],
    ['takes no time', { startsAt: at(20), endsAt: at(20) }],
    ['is over', { startsAt: at(-20), endsAt: at(-10) }],
    ['lasts a hundred days', { startsAt: at(10), endsAt: at(10 + 100 * 1_440) }],
    ['starts in two years', { startsAt: at(730 * 1_440), endsAt: at(731 * 1_440) }],
  ])('that %s is refused', (_, times) =>
    expect(() => checkSale({ ...sale, ...times }, 1_000, now)).toThrow(
      expect.objectContaining({ code: 'sale-times-impossible' }),
    ),
  )
  test.each([1_000, 1_001])('of an article of 1000 at %i is none', (priceMinor) =>
    expect(() => checkSale({ ...sale, priceMinor }, 1_000, now)).toThrow(
      expect.objectContaining({ code: 'sale-price-not-lower' }),
    ),
  )
  test('has begun in its first millisecond and is over in its last', () => {
    expect(phaseOf(sale, new Date(at(10).getTime() - 1))).toBe('upcoming')
    expect(phaseOf(sale, at(10))).toBe('running')
    expect(phaseOf(sale, at(70))).toBe('past')
  })
  const windows = fc
    .tuple(fc.nat(100), fc.integer({ min: 1, max: 100 }))
    .map(([from, length]) => ({ startsAt: at(from), endsAt: at(from + length) }))
  test('overlaps another exactly when both run at some instant', () =>
    fc.assert(
      fc.property(windows, windows, (a, b) => {
        const both = Array.from({ length: 201 }, (_, minute) => at(minute)).some(
          (instant) => phaseOf(a, instant) === 'running' && phaseOf(b, instant) === 'running',
        )
        expect(overlaps(a, b)).toBe(both)
      }),
    ))
})

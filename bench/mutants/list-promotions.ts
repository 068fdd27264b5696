import type { Mutant } from './list.ts'

const placing = 'services/orders/pricing.test.ts'
const pricing = 'services/promotions/price-basket.test.ts'

/** Ways to break what orders cost beyond their lines, and how often a voucher is used. */
export const promotionMutants: readonly Mutant[] = [
  {
    name: 'voucher-never-drawn',
    breaks: 'An order that carries a voucher takes no use of it: a code of 100 uses is used by everybody.',
    edits: [
      {
        file: 'services/orders/uses.sql.ts',
        find: 'update allotments a set remaining = a.remaining - l.quantity from locked l',
        replace: 'update allotments a set remaining = a.remaining - l.quantity * 0 from locked l',
      },
    ],
    turnsRed: [{ file: placing, test: '400 orders at once with a code of 100 uses: exactly 100 are placed' }],
  },
  {
    name: 'voucher-cap-forgotten',
    breaks: 'A voucher for one use each is used by one customer as often as he likes.',
    edits: [
      {
        file: 'services/orders/price-order.ts',
        find: 'if (usesPerCustomer > 0)',
        replace: 'if (usesPerCustomer > 1_000_000_000)',
      },
    ],
    turnsRed: [{ file: placing, test: 'one customer uses it as often as each may, also at once' }],
  },
  {
    name: 'voucher-kept-by-cancelled',
    breaks: 'A cancelled order keeps the use of its voucher.',
    edits: [
      {
        file: 'services/orders/cancel-order.ts',
        find: 'if (withUses.length > 0)',
        replace: 'if (withUses.length > 1_000_000)',
      },
    ],
    turnsRed: [{ file: placing, test: 'are given back when the order is cancelled, and can be used again' }],
  },
  {
    name: 'stale-price-placed',
    breaks: 'An order is placed at a price that was worked out before the price of a line changed.',
    edits: [
      {
        file: 'services/orders/price-order.ts',
        find: 'nowMs < pricing.validUntilMs &&',
        replace: 'nowMs < pricing.validUntilMs ||',
      },
    ],
    turnsRed: [{ file: placing, test: 'is asked for again when a price changed or a rule ended meanwhile' }],
  },
  {
    name: 'cent-lost-in-division',
    breaks: 'What is left over when a discount is divided among lines is lost.',
    edits: [{ file: 'services/promotions/split.ts', find: 'if (left === 0) break', replace: 'if (left >= 0) break' }],
    turnsRed: [{ file: pricing, test: 'loses nothing, invents nothing, and gives nobody more than his weight' }],
  },
  {
    name: 'points-for-every-telling',
    breaks: 'Points are given each time a confirmation is heard of.',
    edits: [
      {
        file: 'services/promotions/earn-points.ts',
        find: 'const points = pointsDue(due, minorPerPoint) - (before?.points ?? 0)',
        replace: 'const points = pointsDue(due, minorPerPoint)',
      },
    ],
    turnsRed: [
      {
        file: 'services/promotions/promotions.test.ts',
        test: 'are earned once, taken back with goods, and all of them with a cancellation; events may come twice',
      },
    ],
  },
]

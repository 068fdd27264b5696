import type { Mutant } from './list.ts'

const tests = 'services/carts/checkout.test.ts'

/** Ways to break how a cart becomes orders. */
export const checkoutMutants: readonly Mutant[] = [
  {
    name: 'new-keys-for-a-repeated-checkout',
    breaks: 'A checkout that is carried on after a lost answer orders a second time, under keys of its own.',
    edits: [
      {
        file: 'services/carts/settle-checkout.ts',
        find: 'idempotencyKey: orderKey,',
        replace: 'idempotencyKey: `${orderKey} ${checkout.attempts}`,',
      },
    ],
    turnsRed: [
      { file: tests, test: 'whose answer is lost is carried on, and its orders are found again' },
      { file: tests, test: 'anywhere, as often as may be, comes to one set of orders that the cart agrees with' },
    ],
  },
  {
    name: 'all-or-nothing-keeps-some',
    breaks: 'Who asked for all or nothing keeps the orders of the shops that had something.',
    edits: [
      {
        file: 'services/carts/settle-checkout.ts',
        find: "checkout.allOrNothing && refused && orders.some(({ outcome }) => outcome === 'placed')",
        replace: "false && refused && orders.some(({ outcome }) => outcome === 'placed')",
      },
    ],
    turnsRed: [
      { file: tests, test: 'with all or nothing cancels what was accepted, and everything stays in the cart' },
    ],
  },
  {
    name: 'ordered-goods-stay-in-the-cart',
    breaks: 'What was ordered stays in the cart, to be ordered again.',
    edits: [
      {
        file: 'services/carts/carts.sql.ts',
        find: 'i.variant_id = o.variant_id and i.quantity <= o.quantity',
        replace: 'i.variant_id = o.variant_id and i.quantity < o.quantity',
      },
    ],
    turnsRed: [{ file: tests, test: 'makes one order per shop, empties the cart and is told of once' }],
  },
]

import type { Mutant } from './list.ts'

/** Ways to break what leaves the shelves and comes back. */
export const fulfilmentMutants: readonly Mutant[] = [
  {
    name: 'refused-shipment-forgotten',
    breaks:
      'A shipment that was refused is not written down: a call that was held up hands its goods over all the same.',
    edits: [
      {
        file: 'services/inventory/issue-shipment.ts',
        find: 'await insertRefusal(tx, {',
        replace: 'void insertRefusal; void ((..._: unknown[]) => {})(tx, {',
      },
    ],
    turnsRed: [
      {
        file: 'services/inventory/issue-shipment.test.ts',
        test: 'a shipment that was refused stays refused, whatever arrives later and however long its first call was held up',
      },
    ],
  },
  {
    name: 'expired-return-on-sale',
    breaks: 'Goods that expired before they came back are announced as being on sale again.',
    edits: [
      {
        file: 'services/orders/settle-return.ts',
        find: 'return writtenOff.map(({ variantId }) => variantId)',
        replace: 'return writtenOff.slice(0, 0).map(({ variantId }) => variantId)',
      },
    ],
    turnsRed: [
      {
        file: 'services/orders/settle-return.test.ts',
        test: 'of goods that have expired meanwhile is written off, and said to be, although they were to be sold again',
      },
    ],
  },
]

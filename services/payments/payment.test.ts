import { describe, expect, test } from 'vitest'
import { isPath, next, type PaymentMove, type PaymentState, paymentStates } from './payment.ts'

const moves: PaymentMove[] = [
  'wait',
  'authorise',
  'capture',
  'release',
  'fail',
  'refundPart',
  'refundAll',
  'restorePart',
  'restore',
]
const table = `
                   wait     authorise   capture   release  fail    refundPart       refundAll  restorePart      restore
  created          pending  authorised  captured  -        failed  -                -          -                -
  pending          -        authorised  captured  -        failed  -                -          -                -
  authorised       -        -           captured  voided   -       -                -          -                -
  captured         -        -           -         -        -       partly-refunded  refunded   -                -
  partly-refunded  -        -           -         -        -       partly-refunded  refunded   -                captured
  refunded         -        -           -         -        -       -                -          partly-refunded  captured
  voided           -        -           captured  -        -       -                -          -                -
  failed           -        authorised  captured  -        -       -                -          -                -
  called-off       -        -           -         -        -       -                -          -                -`
const rows = table
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.trim().split(/\s+/))

describe('the moves of a payment', () => {
  test('are all in the table', () => expect(rows.map(([state]) => state)).toEqual(paymentStates))
  for (const [from, ...cells] of rows)
    cells.forEach((to, index) => {
      const move = moves[index] as PaymentMove
      if (to === '-')
        test(`${from}: ${move} is refused`, () =>
          expect(() => next(from as PaymentState, move)).toThrow(
            expect.objectContaining({ code: 'illegal-payment-move' }),
          ))
      else test(`${from}: ${move} → ${to}`, () => expect(next(from as PaymentState, move)).toBe(to))
    })
})

test.each([
  [['authorised', 'captured', 'partly-refunded', 'refunded'], true],
  [['created', 'pending', 'failed', 'captured', 'refunded'], true],
  [['pending'], false],
  [['captured', 'authorised'], false],
  [[], false],
])('%j is a path: %s', (path, expected) => expect(isPath(path)).toBe(expected))

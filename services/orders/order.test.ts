import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isPath,
  next,
  type OrderAction,
  type OrderHistory,
  orderStatuses,
  type OrderStatus,
  terminal,
} from './order.ts'

const table = `
                  confirm     cancel      shipPart         ship      deliver
  placed          confirmed   cancelled   -                -         -
  confirmed       -           cancelled   partly-shipped   shipped   -
  partly-shipped  -           -           partly-shipped   shipped   -
  shipped         -           -           -                -         delivered
  delivered       -           -           -                -         -
  cancelled       -           -           -                -         -`

const [header = [], ...rows] = table
  .trim()
  .split('\n')
  .map((row) => row.trim().split(/\s+/))

const moves = rows.flatMap(([from, ...cells]) =>
  cells.map((cell, index) => ({
    from: from as OrderStatus,
    action: header[index] as OrderAction,
    to: cell === '-' ? undefined : (cell as OrderStatus),
  })),
)
const movesFrom = (from: OrderStatus) => moves.flatMap((move) => (move.from === from ? (move.to ?? []) : []))

describe('an order', () => {
  for (const { from, action, to } of moves)
    if (to === undefined)
      test(`that is ${from} refuses to ${action}`, () =>
        expect(() => next(from, action)).toThrow(
          expect.objectContaining({ code: 'illegal-transition', extra: { from, action } }),
        ))
    else test(`that is ${from} becomes ${to} on ${action}`, () => expect(next(from, action)).toBe(to))

  test('has no other states than those of the table, and rests where no move leads on', () => {
    expect(rows.map(([from]) => from)).toEqual(orderStatuses)
    expect(orderStatuses.filter(terminal)).toEqual(orderStatuses.filter((status) => movesFrom(status).length === 0))
  })
})

describe('a history', () => {
  const timed = (states: readonly OrderStatus[]): OrderHistory => states.map((state, index) => [state, index])

  test('is believed when it begins at placed and every step is a move of the table, and only then', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...orderStatuses), { maxLength: 5 }), (states) => {
        const legal =
          states[0] === 'placed' &&
          states.every((to, index) => index === 0 || movesFrom(states[index - 1] as OrderStatus).includes(to))
        expect(isPath(timed(states))).toBe(legal)
      }),
    ))

  test('is not believed when it names a state that orders do not have', () => {
    expect(
      isPath([
        ['placed', 1],
        ['paid' as never, 2],
      ]),
    ).toBe(false)
    expect(
      isPath([
        ['placed', 1],
        ['paid' as never, 2],
        ['confirmed', 3],
      ]),
    ).toBe(false)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Goods, type IssuableLot, issueLots } from './issue-lots.ts'
import { freeIn, type IssueRule, isExpired } from './lots.ts'

const today = '2026-11-21'

/** Lots as `code days units`: expires so many days from now (- keeps), so many units are free. */
const lots = (text: string, rule: IssueRule = 'fefo'): IssuableLot[] =>
  text.split(', ').map((each, index) => {
    const [code = '', days = '-', units = '0'] = each.split(' ')
    const expiresOn = days === '-' ? null : dayAfter(Number(days))
    const shelf = { lotId: code, variantId: code.slice(0, 3), locationId: 'main', shopId: 'shop', code }
    return { ...shelf, expiresOn, receivedAt: new Date(index), onHand: Number(units), assigned: 0, leaving: 0, rule }
  })
const dayAfter = (days: number) => new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10)

const order = (orderId: string, ...lines: [string, number][]): Goods => ({
  orderId,
  shopId: 'shop',
  lines: lines.map(([variantId, quantity]) => ({ variantId, quantity })),
})

/** What each order was given, as `order: units lot, …`, or why not. */
function outcome(orders: Goods[], given: IssuableLot[]): string[] {
  const { refusals, rows, lots: from } = issueLots(orders, given, today)
  return orders.map(({ orderId }, index) => {
    const refusal = refusals[index]
    if (refusal !== undefined) return `${orderId}: ${refusal.reason} ${refusal.variantId}`
    const parts = rows.orderIds.flatMap((id, row) =>
      id === orderId ? [`${rows.quantities[row]} ${from[(rows.lots[row] as number) - 1]?.code}`] : [],
    )
    return `${orderId}: ${parts.join(', ')}`
  })
}

describe('which lot serves an order', () => {
  test.each<[string, string, IssueRule, Goods[], string[]]>([
    ['the one that expires first', 'tea-1 9 5, tea-2 3 5', 'fefo', [order('A', ['tea', 2])], ['A: 2 tea-2']],
    [
      'one that expires before one that keeps',
      'tea-1 - 5, tea-2 3 5',
      'fefo',
      [order('A', ['tea', 2])],
      ['A: 2 tea-2'],
    ],
    ['the one that came first', 'tea-1 9 5, tea-2 3 5', 'fifo', [order('A', ['tea', 2])], ['A: 2 tea-1']],
    [
      'of those of one day the one that came first',
      'tea-1 3 5, tea-2 3 5',
      'fefo',
      [order('A', ['tea', 2])],
      ['A: 2 tea-1'],
    ],
    [
      'several where one has too little',
      'tea-1 3 2, tea-2 9 5',
      'fefo',
      [order('A', ['tea', 4])],
      ['A: 2 tea-1, 2 tea-2'],
    ],
    ['one that is good until today', 'tea-1 0 5', 'fefo', [order('A', ['tea', 5])], ['A: 5 tea-1']],
    ['never one that expired yesterday', 'tea-1 -1 5, tea-2 9 1', 'fefo', [order('A', ['tea', 2])], ['A: expired tea']],
    [
      'never one that expired, in whatever order they came',
      'tea-1 -1 5, tea-2 9 1',
      'fifo',
      [order('A', ['tea', 1])],
      ['A: 1 tea-2'],
    ],
    ['none when there is too little', 'tea-1 9 1', 'fefo', [order('A', ['tea', 2])], ['A: short tea']],
    ['none when the variant lies nowhere', 'tea-1 9 1', 'fefo', [order('A', ['pot', 1])], ['A: short pot']],
    [
      'none when others have it',
      'tea-1 9 2',
      'fefo',
      [order('A', ['tea', 2]), order('B', ['tea', 1])],
      ['A: 2 tea-1', 'B: held tea'],
    ],
    [
      'all lines or none; who is refused takes nothing from those who come after',
      'tea-1 9 3, pot-1 - 1',
      'fefo',
      [order('A', ['tea', 2], ['pot', 2]), order('B', ['tea', 3], ['pot', 1]), order('C', ['tea', 1])],
      ['A: short pot', 'B: 3 tea-1, 1 pot-1', 'C: held tea'],
    ],
    [
      'in the order they came, into the lot that follows',
      'tea-1 3 3, tea-2 9 3',
      'fefo',
      [order('A', ['tea', 2]), order('B', ['tea', 2]), order('C', ['tea', 2])],
      ['A: 2 tea-1', 'B: 1 tea-1, 1 tea-2', 'C: 2 tea-2'],
    ],
  ])('%s', (_, given, rule, orders, expected) => expect(outcome(orders, lots(given, rule))).toEqual(expected))

  test('a lot of another shop serves nobody here', () => {
    const foreign = lots('tea-1 9 5').map((lot) => ({ ...lot, shopId: 'other' }))
    expect(outcome([order('A', ['tea', 1])], foreign)).toEqual(['A: short tea'])
  })
})

const lot = fc.record({
  variantId: fc.constantFrom('tea', 'pot'),
  expiresOn: fc.option(fc.integer({ min: -3, max: 5 }).map(dayAfter)),
  receivedAt: fc.integer({ min: 0, max: 3 }).map((ms) => new Date(ms)),
  onHand: fc.integer({ min: 0, max: 9 }),
  assigned: fc.integer({ min: 0, max: 4 }),
  leaving: fc.integer({ min: 0, max: 4 }),
})
const someLots = fc
  .tuple(fc.constantFrom<IssueRule>('fefo', 'fifo'), fc.array(lot, { maxLength: 8 }))
  .map(([rule, all]) =>
    all
      .filter((each) => freeIn(each) >= 0)
      .map(
        (each, index): IssuableLot => ({
          ...each,
          lotId: `${index}`,
          code: '',
          locationId: 'main',
          shopId: 'shop',
          rule,
        }),
      ),
  )
const someOrders = fc
  .array(
    fc.uniqueArray(fc.tuple(fc.constantFrom('tea', 'pot'), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: 2,
      selector: ([variantId]) => variantId,
    }),
    { maxLength: 12 },
  )
  .map((all) => all.map((lines, index) => order(`order ${index}`, ...lines)))

describe('whatever lies there and whoever orders', () => {
  const holds = (check: (issued: ReturnType<typeof issueLots>, orders: Goods[], given: IssuableLot[]) => void) =>
    fc.assert(
      fc.property(someOrders, someLots, (orders, given) => {
        check(issueLots(orders, given, today), orders, given)
      }),
    )

  test('no lot gives more than is free in it, and its rows say what it gives', () =>
    holds(({ rows, lots: from, units }) => {
      from.forEach((each, index) => {
        expect(units[index]).toBeLessThanOrEqual(freeIn(each))
        const given = rows.quantities.filter((_, row) => rows.lots[row] === index + 1)
        expect(given.reduce((sum, quantity) => sum + quantity, 0)).toBe(units[index])
      })
    }))

  test('nothing is taken from a lot that has expired', () =>
    holds(({ lots: from }) => expect(from.filter((each) => isExpired(each, today))).toEqual([])))

  test('while something is taken from a lot nothing is left in one that is to leave before it', () =>
    holds(({ lots: from, units }, _, given) => {
      const left = (each: IssuableLot) => freeIn(each) - (units[from.indexOf(each)] ?? 0)
      for (const used of from)
        for (const other of given) {
          if (other.variantId !== used.variantId || isExpired(other, today) || left(other) === 0) continue
          if (used.rule === 'fifo') expect(other.receivedAt >= used.receivedAt).toBe(true)
          else expect((other.expiresOn ?? '9999') >= (used.expiresOn ?? '9999')).toBe(true)
        }
    }))

  test('an order has all of its lines or none, and is refused only if something is missing at its turn', () =>
    holds(({ refusals, rows }, orders, given) => {
      const left = new Map<string, number>()
      for (const each of given)
        if (!isExpired(each, today)) left.set(each.variantId, (left.get(each.variantId) ?? 0) + freeIn(each))
      orders.forEach(({ orderId, lines }, index) => {
        const units = rows.quantities.filter((_, row) => rows.orderIds[row] === orderId).reduce((sum, n) => sum + n, 0)
        const wanted = lines.reduce((sum, line) => sum + line.quantity, 0)
        const possible = lines.every((line) => (left.get(line.variantId) ?? 0) >= line.quantity)
        expect(refusals[index] === undefined).toBe(possible)
        expect(units).toBe(possible ? wanted : 0)
        if (possible)
          for (const line of lines) left.set(line.variantId, (left.get(line.variantId) ?? 0) - line.quantity)
      })
    }))

  test('the rows of an order are numbered from 0, each once', () =>
    holds(({ rows }, orders) => {
      for (const { orderId } of orders) {
        const numbers = rows.lines.filter((_, row) => rows.orderIds[row] === orderId)
        expect(numbers).toEqual(numbers.map((_, index) => index))
      }
    }))
})

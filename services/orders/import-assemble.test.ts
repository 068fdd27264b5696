import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assemble, compare, matchReturns, type SaleLine, type TakenBack } from './import-assemble.ts'
import { isPath } from './order.ts'

const at = Date.UTC(2011, 9, 31, 23, 50)
const minutes = 60_000
const sale = (lineNo: number, more: Partial<SaleLine> = {}): SaleLine => ({
  lineNo,
  codeKey: 'CUP',
  title: 'A cup',
  quantity: 2,
  unitPriceMinor: 250,
  currency: 'GBP',
  placedAtMs: at,
  customer: '7',
  ...more,
})
const taken = (saleLine: number, more: Partial<TakenBack> = {}): TakenBack => ({
  lineNo: 100 + saleLine,
  number: 'C1',
  saleLine,
  quantity: 2,
  unitPriceMinor: 250,
  returnedAtMs: at + 60 * minutes,
  ...more,
})

describe('an order of another system', () => {
  test('that lies across the end of a month is of the month it began in, and says what belongs to the next', () => {
    const { order } = assemble({
      number: '1',
      lines: [sale(1), sale(2, { placedAtMs: at + 11 * minutes })],
      takenBack: [],
    })
    expect(order).toMatchObject({ placedAtMs: at, totalMinor: 1_000, moved: { '2011-11': 500 } })
  })

  test('taken back whole at a lower price was returned, for not all of the money came back', () => {
    const { order } = assemble({ number: '1', lines: [sale(1)], takenBack: [taken(1, { unitPriceMinor: 200 })] })
    expect(order).toMatchObject({ status: 'delivered', returns: [{ refundMinor: 400 }] })
  })

  test('taken back whole by two documents was returned twice, not cancelled', () => {
    const { order } = assemble({
      number: '1',
      lines: [sale(1)],
      takenBack: [taken(1, { quantity: 1 }), taken(1, { lineNo: 102, number: 'C2', quantity: 1 })],
    })
    expect(order?.history.map(([status]) => status)).toEqual([
      'placed',
      'confirmed',
      'shipped',
      'delivered',
      'returned',
      'returned',
    ])
  })

  test('two lines of one document about the same line are one line of the return', () => {
    const { order } = assemble({
      number: '1',
      lines: [sale(1, { quantity: 5 })],
      takenBack: [taken(1, { quantity: 1 }), taken(1, { lineNo: 102, quantity: 3 })],
    })
    expect(order?.returns).toMatchObject([{ lines: [{ index: 0, quantity: 4, refundMinor: 1_000 }] }])
  })

  test('loses no penny: sold, returned and rejected are what stood there, and the history is a path', () => {
    const line = fc.record({
      quantity: fc.integer({ min: 1, max: 9 }),
      unitPriceMinor: fc.nat(10_000),
      customer: fc.constantFrom('7', '7', '7', '8'),
      currency: fc.constantFrom('GBP', 'GBP', 'GBP', 'EUR'),
      placedAtMs: fc.integer({ min: 0, max: 30 }).map((hours) => at + hours * 60 * minutes),
      back: fc.nat(9),
    })
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), (given) => {
        const lines = given.map((each, index) => sale(index, each))
        const takenBack = given.flatMap(({ back, quantity, unitPriceMinor }, index) =>
          back === 0 || back > quantity
            ? []
            : [taken(index, { lineNo: 1_000 + index, number: `C${back % 3}`, quantity: back, unitPriceMinor })],
        )
        const { order, rejects, returnRejects } = assemble({ number: '1', lines, takenBack })
        const minor = (some: readonly { quantity: number; unitPriceMinor: number }[]) =>
          some.reduce((sum, each) => sum + each.quantity * each.unitPriceMinor, 0)
        const refused = new Set(rejects.map(({ lineNo }) => lineNo))
        const refusedBack = new Set(returnRejects.map(({ lineNo }) => lineNo))
        expect((order?.totalMinor ?? 0) + minor(lines.filter(({ lineNo }) => refused.has(lineNo)))).toBe(minor(lines))
        const givenBack =
          order?.status === 'cancelled'
            ? order.totalMinor
            : (order?.returns ?? []).reduce((sum, { refundMinor }) => sum + refundMinor, 0)
        expect(givenBack + minor(takenBack.filter(({ lineNo }) => refusedBack.has(lineNo)))).toBe(minor(takenBack))
        expect(order === undefined || isPath(order.history)).toBe(true)
      }),
    )
  })
})

describe('which sale a cancellation is about', () => {
  const asked = (lineNo: number, quantity: number, unitPriceMinor = 250) => ({
    lineNo,
    quantity,
    unitPriceMinor,
    customer: '7',
    atMs: at,
  })
  const candidate = (returnLine: number, number: string, left: number, more = {}) => ({
    returnLine,
    number,
    lineNo: 1,
    left,
    unitPriceMinor: 250,
    placedAtMs: at,
    ...more,
  })

  test('is the one of exactly as many units, then of the same price, then the latest', () => {
    const pick = (...candidates: ReturnType<typeof candidate>[]) =>
      matchReturns([asked(9, 2)], candidates).get(9)?.number
    expect(pick(candidate(9, 'more', 5), candidate(9, 'equal', 2, { unitPriceMinor: 300 }))).toBe('equal')
    expect(pick(candidate(9, 'dearer', 5, { unitPriceMinor: 300 }), candidate(9, 'same', 5))).toBe('same')
    expect(pick(candidate(9, 'late', 5, { placedAtMs: at + 1 }), candidate(9, 'early', 5))).toBe('late')
    expect(pick(candidate(9, 'too few', 1))).toBeUndefined()
  })

  test('cannot be one whose units another cancellation has taken', () => {
    const matches = matchReturns([asked(8, 2), asked(9, 2)], [candidate(8, 'A', 3), candidate(9, 'A', 3)])
    expect([...matches.keys()]).toEqual([8])
  })
})

test('each line that is there stands for one line of the file, no more', () => {
  const line = { codeKey: 'CUP', quantity: 1, unitPriceMinor: 5 }
  expect(compare([line, line, line], [line, line])).toMatchObject({ found: [line, line], missing: [line] })
})

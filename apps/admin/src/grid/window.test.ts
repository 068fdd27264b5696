import fc from 'fast-check'
import { expect, test } from 'vitest'
import { highest, scrollTo, windowOf } from './window.ts'

const shape = fc.record({
  count: fc.integer({ min: 1, max: 2_000_000 }),
  rowHeight: fc.integer({ min: 32, max: 80 }),
  viewport: fc.integer({ min: 100, max: 2_000 }),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
})
const atPart = ({
  count,
  rowHeight,
  viewport,
  part,
}: {
  count: number
  rowHeight: number
  viewport: number
  part: number
}) => ({
  count,
  rowHeight,
  viewport,
  scrollTop: part * Math.max(0, Math.min(count * rowHeight, highest) - viewport),
})

test('a screenful is in the page, whether the list has a hundred rows or two million', () => {
  fc.assert(
    fc.property(shape, (drawn) => {
      const { from, to } = windowOf(atPart(drawn))
      expect(to - from).toBeLessThanOrEqual(Math.ceil(drawn.viewport / drawn.rowHeight) + 18)
    }),
  )
})

test('what is in sight is in the page, without a gap at either edge', () => {
  fc.assert(
    fc.property(shape, (drawn) => {
      const given = atPart(drawn)
      const { from, to, top } = windowOf({ ...given, overscan: 0 })
      expect(top).toBeLessThanOrEqual(given.scrollTop + 0.01)
      const bottom = top + (to - from) * given.rowHeight
      if (to < given.count) expect(bottom).toBeGreaterThanOrEqual(given.scrollTop + given.viewport - 0.01)
    }),
  )
})

test('the end of scrolling is the end of the list', () => {
  fc.assert(
    fc.property(shape, (drawn) => {
      expect(windowOf(atPart({ ...drawn, part: 1 })).to).toBe(drawn.count)
    }),
  )
})

test('whichever row is gone to comes into sight', () => {
  fc.assert(
    fc.property(shape, fc.double({ min: 0, max: 1, noNaN: true }), (drawn, where) => {
      const given = atPart(drawn)
      const row = Math.floor(where * (given.count - 1))
      const scrollTop = scrollTo(row, given) ?? given.scrollTop
      const { from, to } = windowOf({ ...given, scrollTop, overscan: 1 })
      expect(row).toBeGreaterThanOrEqual(from)
      expect(row).toBeLessThan(to)
    }),
  )
})

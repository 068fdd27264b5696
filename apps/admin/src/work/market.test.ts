import { describe, expect, test } from 'vitest'
import { marketOf } from './market.ts'

const ranges = [
  { minMinor: 0, maxMinor: 999, count: 10 },
  { minMinor: 1_000, maxMinor: 1_999, count: 20 },
  { minMinor: 2_000, maxMinor: null, count: 10 },
]

describe('what others ask', () => {
  test('the middle is the price that half of them do not pass', () => {
    expect(marketOf(ranges, 1_500)).toMatchObject({ products: 40, middleMinor: 1_500 })
  })

  test.each([
    [1, 100],
    [999, 75],
    [1_499, 50],
    [1_999, 25],
    [1_000_000, 0],
  ])('at %i minor units about %i of 100 are dearer', (ourMinor, dearerPercent) => {
    expect(marketOf(ranges, ourMinor).dearerPercent).toBe(dearerPercent)
  })

  test('where nobody else sells the like, nothing is suggested', () => {
    expect(marketOf([], 1_500)).toEqual({ products: 0, middleMinor: undefined, dearerPercent: 0 })
  })
})

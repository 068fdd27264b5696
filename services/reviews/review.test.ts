import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countOf, type Review, signsOf, type Stars, starsChanged, tenthsOf, tidy, tidyLine } from './review.ts'

const stars = fc.tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.nat(1e6))

describe('the rating of a product', () => {
  test('is nothing without reviews, and the average in tenths with them', () => {
    expect(tenthsOf([0, 0, 0, 0, 0])).toBe(0)
    expect(tenthsOf([0, 0, 0, 0, 7])).toBe(50)
    expect(tenthsOf([1, 0, 0, 0, 1])).toBe(30)
    // 4.25 is shown as 4.3: halves go up.
    expect(tenthsOf([0, 0, 0, 3, 1])).toBe(43)
  })
  test('lies between one and five, and never further than half a tenth from the average', () =>
    fc.assert(
      fc.property(stars, (given) => {
        fc.pre(countOf(given) > 0)
        const average = given.reduce((sum, each, index) => sum + each * (index + 1), 0) / countOf(given)
        expect(Math.abs(tenthsOf(given) / 10 - average)).toBeLessThanOrEqual(0.05 + 1e-9)
      }),
    ))
  test('follows any sequence of what happens to reviews as if it were counted anew', () => {
    const shown = fc.option(
      fc.record({
        state: fc.constantFrom('pending' as const, 'published' as const, 'refused' as const),
        rating: fc.integer({ min: 1, max: 5 }),
      }),
      { nil: undefined },
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), shown), { maxLength: 40 }), (changes) => {
        const now = new Map<number, Pick<Review, 'state' | 'rating'>>()
        let kept: Stars = [0, 0, 0, 0, 0]
        for (const [who, after] of changes) {
          const change = starsChanged(now.get(who), after)
          if (change !== undefined) kept = kept.map((each, index) => each + (change[index] ?? 0)) as unknown as Stars
          if (after === undefined) now.delete(who)
          else now.set(who, after)
        }
        const published = [...now.values()].filter(({ state }) => state === 'published')
        expect(kept).toEqual([1, 2, 3, 4, 5].map((star) => published.filter(({ rating }) => rating === star).length))
      }),
    )
  })
})

describe('the words of a review', () => {
  test('lose what nobody sees: marks of direction, characters of no width, blanks at the ends', () => {
    expect(tidy('  good\u202e txet\u2066\u200b\ufeff \r\nnext\t \n\n\n\nend  ')).toBe('good txet\nnext\n\nend')
    expect(tidy('\u200b\u2060 \u202e\n')).toBe('')
    expect(tidyLine('two\nlines')).toBe('two lines')
  })
  test('keep emoji, joiners and languages as they are', () => {
    const family = '👨\u200d👩\u200d👧 می\u200cخواهم ญี่ปุ่น Ελλάδα'
    expect(tidy(family)).toBe(family.normalize('NFC'))
  })
  test('are not stacked over their neighbours', () => {
    expect(tidy(`z${'\u0335'.repeat(50)}algo`).length).toBeLessThan(12)
  })
  test('are the same when tidied twice', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(tidy(tidy(text))).toBe(tidy(text))
      }),
    ))
  test.each([
    ['See https://spam.example', ['link']],
    ['Buy it at cheap-lamps.shop', ['link']],
    ['Write to me@mail.example', ['contact']],
    ['Call +49 170 1234567', ['contact']],
    ['THIS IS THE WORST LAMP OF ALL', ['shouting']],
    ['<img src=x onerror=alert(1)>', ['markup']],
    ['A good lamp. 5/5, would buy again!', []],
  ])('show a moderator what to look at twice: %s', (text, signs) => {
    expect(signsOf({ title: '', text })).toEqual(signs)
  })
})

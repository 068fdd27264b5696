import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { declaredFlags, missingOfDeclared } from './declared.ts'
import { evaluate, faultsOf, type Flag, placeOf } from './flag.ts'

const aFlag = (given: Partial<Flag> = {}): Flag => ({
  key: 'new-page',
  description: '',
  type: 'boolean',
  variants: [
    { name: 'on', value: true },
    { name: 'off', value: false },
  ],
  fallback: 'off',
  enabled: true,
  exposed: true,
  rules: [],
  otherwise: [],
  ...given,
})
const rolledOut = (basisPoints: number, more: Partial<Flag> = {}) =>
  aFlag({ otherwise: [{ variant: 'on', basisPoints }], ...more })
const keys = fc.oneof(fc.uuid(), fc.string({ minLength: 1, maxLength: 60 }))

describe('a gradual roll-out', () => {
  test('takes nobody back in: who is in at a share stays in at every larger one', () =>
    fc.assert(
      fc.property(keys, fc.nat(10_000), fc.nat(10_000), (targetingKey, one, other) => {
        const [smaller, larger] = one < other ? [one, other] : [other, one]
        const before = evaluate(rolledOut(smaller), { targetingKey }).value
        if (before === true) expect(evaluate(rolledOut(larger), { targetingKey }).value).toBe(true)
      }),
      { numRuns: 2_000 },
    ))
  test('answers the same person the same every time', () =>
    fc.assert(
      fc.property(keys, fc.nat(10_000), (targetingKey, share) => {
        expect(evaluate(rolledOut(share), { targetingKey })).toEqual(evaluate(rolledOut(share), { targetingKey }))
      }),
    ))
  test.each([100, 1_000, 2_000, 5_000, 9_000])('reaches as many as were meant, of people in a row: %i', (share) => {
    // Neighbours: ids that differ in their last digits, as those of one day do.
    const people = Array.from(
      { length: 20_000 },
      (_, index) => `01900000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    )
    const reached = people.filter((targetingKey) => evaluate(rolledOut(share), { targetingKey }).value === true).length
    // Four standard deviations: a fair hash fails this once in 16,000 flags.
    const off = 4 * Math.sqrt(people.length * (share / 10_000) * (1 - share / 10_000))
    expect(Math.abs(reached - (people.length * share) / 10_000)).toBeLessThan(off)
  })
  test('of two flags reaches different people', () => {
    const people = Array.from({ length: 10_000 }, (_, index) => `visitor-${index}`)
    const both = people.filter((key) => placeOf('one', key) < 2_000 && placeOf('other', key) < 2_000).length
    expect(both).toBeGreaterThan(300)
    expect(both).toBeLessThan(500)
  })
  test('of three variants gives each its share', () => {
    const flag = aFlag({
      type: 'string',
      variants: ['a', 'b', 'c'].map((name) => ({ name, value: name })),
      fallback: 'c',
      otherwise: [
        { variant: 'a', basisPoints: 3_000 },
        { variant: 'b', basisPoints: 5_000 },
      ],
    })
    const counts = Map.groupBy(
      Array.from({ length: 10_000 }, (_, index) => evaluate(flag, { targetingKey: `visitor-${index}` }).value),
      (value) => value,
    )
    expect(['a', 'b', 'c'].map((each) => Math.round((counts.get(each)?.length ?? 0) / 1_000))).toEqual([3, 5, 2])
  })
  test('leaves those nobody knows with the fallback, and includes everybody at the end', () => {
    expect(evaluate(rolledOut(9_999), {})).toEqual({ value: false, variant: 'off', reason: 'DEFAULT' })
    expect(evaluate(rolledOut(10_000), {})).toEqual({ value: true, variant: 'on', reason: 'STATIC' })
  })
})

describe('rules', () => {
  const on = [{ variant: 'on', basisPoints: 10_000 }]
  const flag = aFlag({
    rules: [
      { name: 'not there', countries: ['FR'], serve: [{ variant: 'off', basisPoints: 10_000 }] },
      { name: 'staff in Germany', roles: ['staff', 'operator'], countries: ['DE'], serve: on },
      { name: 'one shop', shopIds: ['shop-1'], serve: on },
    ],
  })
  test.each([
    [{ roles: ['customer', 'staff'], country: 'de' }, true],
    [{ roles: ['staff'], country: 'AT' }, false],
    [{ roles: ['staff'] }, false],
    [{ shopId: 'shop-1', roles: ['guest'] }, true],
    [{ shopId: 'shop-1', country: 'FR' }, false],
    [{}, false],
  ])('the first whose conditions all hold decides: %o → %s', (context, value) => {
    expect(evaluate(flag, context).value).toBe(value)
  })
})

describe('the fallback', () => {
  test('holds while the flag is off, whatever its rules', () => {
    expect(evaluate(rolledOut(10_000, { enabled: false }), { targetingKey: 'x' })).toMatchObject({
      value: false,
      reason: 'DISABLED',
    })
  })
  test('holds whatever a flag looks like and whatever is said of who asks: nothing throws', () =>
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (rules, otherwise, context) => {
        const { value } = evaluate({ ...aFlag(), rules, otherwise } as never, context as never)
        expect(typeof value).toBe('boolean')
      }),
    ))
  test('of nothing at all is nothing', () => {
    expect(evaluate(undefined as never, {})).toMatchObject({ reason: 'ERROR' })
    expect(evaluate(aFlag({ variants: [] }), {})).toEqual({ value: false, variant: '', reason: 'ERROR' })
  })
})

describe('a flag that does not add up', () => {
  test.each<[string, Partial<Flag>]>([
    [
      'shares of more than everything',
      {
        otherwise: [
          { variant: 'on', basisPoints: 6_000 },
          { variant: 'off', basisPoints: 5_000 },
        ],
      },
    ],
    ['a share of no variant', { otherwise: [{ variant: 'maybe', basisPoints: 1 }] }],
    ['a fallback that is no variant', { fallback: 'maybe' }],
    ['a variant of another type', { variants: [{ name: 'off', value: 'off' }] }],
    [
      'two variants of one name',
      {
        variants: [
          { name: 'off', value: true },
          { name: 'off', value: false },
        ],
      },
    ],
    ['a rule for nobody in particular', { rules: [{ name: 'all', serve: [] }] }],
    ['a number that is none', { type: 'number', variants: [{ name: 'off', value: Number.NaN }] }],
  ])('%s is named', (_, given) => {
    expect(faultsOf(aFlag(given))).toHaveLength(1)
  })
  test('is none of those the program declares', () => {
    for (const flag of declaredFlags) expect([...faultsOf(flag), missingOfDeclared(flag)]).toEqual([undefined])
  })
})

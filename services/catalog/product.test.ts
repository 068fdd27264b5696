import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkVariants,
  facetsOf,
  moveTo,
  priceFrom,
  productStatuses,
  slugOf,
  slugPattern,
  tagFacet,
  titleKeyOf,
  variantTitle,
} from './product.ts'

describe('what may become of a product', () => {
  const legal = new Set(['draft active', 'draft archived', 'active draft', 'active archived', 'archived draft'])
  const table = productStatuses.flatMap((from) => productStatuses.map((to) => ({ from, to })))
  test.each(table)('$from → $to', ({ from, to }) => {
    if (from === to || legal.has(`${from} ${to}`)) expect(moveTo(from, to)).toBe(to)
    else expect(() => moveTo(from, to)).toThrow(expect.objectContaining({ code: 'product-move-refused' }))
  })
})

describe('variants', () => {
  const colour = { name: 'Colour', values: ['Blue', 'Red'] }
  const size = { name: 'Size', values: ['S', 'L'] }
  const fits = (options: (typeof colour)[], ...variants: Record<string, string>[]) =>
    checkVariants(
      options,
      variants.map((chosen, index) => ({ sku: `SKU-${index}`, options: chosen })),
    )

  test.each([
    ['one without options', [], [{}]],
    [
      'each combination once',
      [colour, size],
      [
        { Colour: 'Blue', Size: 'S' },
        { Colour: 'Blue', Size: 'L' },
      ],
    ],
  ])('%s are in order', (_, options, variants) => expect(() => fits(options, ...variants)).not.toThrow())

  test.each([
    ['none at all', [], []],
    ['two without options', [], [{}, {}]],
    ['one without a value', [colour], [{}]],
    ['one with an unknown value', [colour], [{ Colour: 'Green' }]],
    ['one with an unknown option', [colour], [{ Colour: 'Blue', Size: 'S' }]],
    ['twins', [colour], [{ Colour: 'Blue' }, { Colour: 'Blue' }]],
    ['two options of one name', [colour, colour], [{ Colour: 'Blue' }]],
    ['a value every object has', [{ name: 'toString', values: ['x'] }], [{}]],
  ])('%s are refused', (_, options, variants: Record<string, string>[]) =>
    expect(() => fits(options, ...variants)).toThrow(expect.objectContaining({ code: 'variants-do-not-fit' })),
  )

  test('the title of a variant follows the order of the options', () =>
    expect(variantTitle([colour, size], { Size: 'L', Colour: 'Blue' })).toBe('Blue / L'))
  test('a product costs from its cheapest variant for sale; withdrawn ones do not count', () => {
    expect(
      priceFrom([
        { priceMinor: 1, active: false },
        { priceMinor: 3, active: true },
        { priceMinor: 2, active: true },
      ]),
    ).toBe(2)
    expect(priceFrom([{ priceMinor: 7, active: false }])).toBe(7)
  })
})

describe('where a product is listed', () => {
  test('under its categories, all that contain them, and its tags, once each', () =>
    expect(facetsOf(['new'], [{ ancestorIds: ['home', 'garden'] }, { ancestorIds: ['home', 'kitchen'] }])).toEqual([
      'home',
      'garden',
      'kitchen',
      tagFacet('new'),
    ]))
  test('tags that differ in case alone are one; others are not', () => {
    expect(tagFacet('Söhne')).toBe(tagFacet('SÖHNE'))
    expect(tagFacet('a')).not.toBe(tagFacet('b'))
  })
  test('any title gives an address and a sort key that the database can keep', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (title) => {
        expect(slugOf(title, 'product-1')).toMatch(new RegExp(slugPattern))
        expect(titleKeyOf(title).isWellFormed()).toBe(true)
        expect(Array.from(titleKeyOf(title)).length).toBeLessThanOrEqual(40)
      }),
    ))
})

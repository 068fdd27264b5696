import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endOfPrefix, nameKeyOf, searchableParts, searchOf, slugOf, slugPattern } from './names.ts'

const byCodePoints = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const wellFormed = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => text.isWellFormed())
// U+10FFFF is no character, and never will be.
const characters = wellFormed.filter((text) => !text.startsWith('\u{10ffff}'))

test.each([
  ['The Green Garden', 'garden'],
  ['The Green Garden', 'green gard'],
  ['Ümlaut & Söhne', 'söh'],
  ['متجر الورد', 'الور'],
  ['😀 Smiles', 'smi'],
])('%s is found by "%s"', (name, typed) => {
  const search = searchOf(typed)
  expect(searchableParts(name).some((part) => part.startsWith(search))).toBe(true)
})

test('every part of a name that begins with a prefix lies between the prefix and its end', () =>
  fc.assert(
    fc.property(wellFormed, characters, (prefix, rest) => {
      expect(byCodePoints(prefix, prefix + rest)).toBeLessThanOrEqual(0)
      expect(byCodePoints(prefix + rest, endOfPrefix(prefix))).toBeLessThanOrEqual(0)
    }),
  ))

test('a name has at most ten searchable parts, none of them empty', () =>
  fc.assert(
    fc.property(
      wellFormed.filter((name) => nameKeyOf(name) !== ''),
      (name) => {
        const parts = searchableParts(name)
        expect(parts.length).toBeGreaterThan(0)
        expect(parts.length).toBeLessThanOrEqual(10)
        expect(parts.every((part) => part !== '' && part.isWellFormed())).toBe(true)
      },
    ),
  ))

test('any name gives an address', () => {
  expect(slugOf('Ümlaut & Söhne', 'x')).toBe('umlaut-sohne')
  expect(slugOf('متجر', 'shop-1')).toBe('shop-1')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(slugOf(name, 'shop')).toMatch(new RegExp(slugPattern))
    }),
  )
})

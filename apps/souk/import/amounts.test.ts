import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digitsOf, formatMinor, parseMinor, parseQuantity } from './amounts.ts'

describe('an amount is read digit by digit', () => {
  test.each([
    ['4.15', 'point', 2, 415],
    ['4', 'point', 2, 400],
    ['0.1', 'point', 2, 10],
    ['4,15', 'comma', 2, 415],
    ['1.234,50', 'comma', 2, 123_450],
    ['1,234.50', 'point', 2, 123_450],
    ['4.1500', 'point', 2, 415],
    ['-11062.06', 'point', 2, -1_106_206],
    ['-0.00', 'point', 2, 0],
    ['120', 'point', 0, 120],
    ['1.234', 'point', 3, 1_234],
  ] as const)('%s with a decimal %s and %i digits is %i', (text, decimal, digits, minor) => {
    expect(parseMinor(text, decimal, digits)).toBe(minor)
  })

  test.each([
    ['', 'point', 'is empty'],
    ['4,15', 'point', 'is not an amount with a decimal point'],
    ['4.15', 'comma', 'is not an amount with a decimal comma'],
    ['1e3', 'point', 'is not an amount with a decimal point'],
    ['0.001', 'point', 'has more than 2 decimals, which the currency does not have'],
    ['99999999999999999', 'point', 'is too large'],
    ['£4.15', 'point', 'is not an amount with a decimal point'],
  ] as const)('%j with a decimal %s: %s', (text, decimal, fault) => {
    expect(parseMinor(text, decimal, 2)).toBe(fault)
  })

  test('decimals that the currency does not have are an error, not cut off', () => {
    expect(parseMinor('2.505', 'point', 2)).toMatch('has more than 2 decimals')
    expect(parseMinor('2.5', 'point', 0)).toMatch('has more than 0 decimals')
  })

  test('what is written can be read again, whatever the currency', () => {
    const currency = fc.constantFrom('EUR', 'JPY', 'KWD')
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), currency, (minor, code) => {
        expect(parseMinor(formatMinor(minor, code), 'point', digitsOf(code))).toBe(minor)
      }),
    )
  })
})

test('a quantity is whole, also when a spreadsheet wrote it', () => {
  expect([parseQuantity('12'), parseQuantity('-3'), parseQuantity('12.0')]).toEqual([12, -3, 12])
  expect([parseQuantity('1.5'), parseQuantity('')]).toEqual(['is not a whole number', 'is empty'])
})

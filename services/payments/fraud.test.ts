import { describe, expect, test } from 'vitest'
import { holdsCardNumber } from './card-number.ts'
import { digitsOf, fraudScore, fraudThreshold, nobodyYet } from './fraud.ts'

const limits = { largeAmount: 5_000 }
const known = { ...nobodyYet, collectedCount: 3 }
const card = (amountMinor: number, currency = 'EUR') => ({ method: 'card' as const, amountMinor, currency })

describe('how much a payment looks like fraud', () => {
  test('an ordinary one of a known customer not at all', () =>
    expect(fraudScore(card(4_999), known, limits)).toEqual({ score: 0, why: [] }))
  test('a new customer may buy something dear, and may fail twice', () => {
    const { score } = fraudScore(card(1_000_000), { ...nobodyYet, dayFailures: 2 }, limits)
    expect(score).toBeLessThan(fraudThreshold)
  })
  test('no rule is enough alone', () => {
    expect(fraudScore(card(90_000_000), known, limits).score).toBeLessThanOrEqual(fraudThreshold)
    expect(fraudScore(card(1), { ...known, recentCount: 99 }, limits).score).toBeLessThan(fraudThreshold)
    expect(fraudScore(card(1), { ...known, dayFailures: 99 }, limits).score).toBeLessThan(fraudThreshold)
  })
  test('somebody new who tries card after card with large amounts is refused, and it is said why', () => {
    const { score, why } = fraudScore(card(6_000_000), { ...nobodyYet, recentCount: 9, dayFailures: 6 }, limits)
    expect(score).toBeGreaterThan(fraudThreshold)
    expect(why).toContain('many failures today')
  })
  test('large means the same in every currency', () => {
    expect([digitsOf('JPY'), digitsOf('EUR'), digitsOf('KWD')]).toEqual([0, 2, 3])
    for (const [minor, currency] of [
      [5_000, 'JPY'],
      [500_000, 'EUR'],
      [5_000_000, 'KWD'],
    ] as const)
      expect(fraudScore(card(minor, currency), known, limits).why).toEqual(['large amount'])
  })
})

test.each([
  ['4242424242424242', true],
  ['4242 4242 4242 4242', true],
  ['card 5555-5555-5555-4444, please', true],
  ['378282246310005', true],
  ['4242424242424241', false],
  ['tok_1PqE4242424242', false],
  ['0199b5a0-0000-7000-8000-000000000001', false],
  ['0000000000000000', false],
  ['', false],
])('%j holds a card number: %s', (text, expected) => expect(holdsCardNumber(text)).toBe(expected))

import { describe, expect, test } from 'vitest'
import { checkPaymentToken, holdsCardNumber } from './payment-token.ts'

describe('a payment token', () => {
  test('that is the number of a card is told from one that is not', () => {
    for (const card of [
      '4242424242424242',
      '4242 4242 4242 4242',
      '3782-822463-10005',
      'tok_5555555555554444',
      '4000000000000000006',
    ])
      expect(holdsCardNumber(card), card).toBe(true)
    for (const token of ['tok_visa', 'pm_1NkXbE2eZvKYlo2C', '4242424242424241', '424242424242', 'pay_29QQoUBi66xm2f'])
      expect(holdsCardNumber(token), token).toBe(false)
  })

  test('goes with a card alone, and no refusal repeats it', () => {
    expect(() => checkPaymentToken('card', 'tok_visa')).not.toThrow()
    expect(() => checkPaymentToken('wallet', 'tok_visa')).toThrow(/wallet takes no payment token/)
    const refusal = (() => {
      try {
        return checkPaymentToken('card', '4242424242424242')
      } catch (error) {
        return error as Error & { code: string }
      }
    })()
    expect(refusal).toMatchObject({ code: 'card-number-refused' })
    expect(JSON.stringify({ ...refusal, message: refusal?.message })).not.toContain('4242')
  })
})

import { orderErrors } from './errors.ts'
import type { PaymentMethod } from './order.ts'

/**
 * A token of a payment provider may come with an order that is paid by card, a card number never.
 * @throws payment-token-unexpected, card-number-refused
 */
export function checkPaymentToken(method: PaymentMethod, token: string): void {
  if (method !== 'card')
    throw orderErrors.error('payment-token-unexpected', `An order paid by ${method} takes no payment token.`)
  // The text of the refusal must not repeat what was sent: it is logged and shown.
  if (holdsCardNumber(token))
    throw orderErrors.error(
      'card-number-refused',
      'The payment token looks like the number of a card. Nothing was kept.',
    )
}

/** Whether 13 to 19 digits in a row, spaces and dashes aside, pass the check all card numbers pass. */
export function holdsCardNumber(text: string): boolean {
  for (const [run] of text.matchAll(/\d(?:[ -]?\d){12,}/g)) {
    const digits = run.replaceAll(/[ -]/g, '')
    if (digits.length <= 19 && passesLuhn(digits)) return true
  }
  return false
}

/** Every second digit from the right counts double, as the sum of its digits; the whole must be divisible by ten. */
function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index])
    const weighed = index % 2 === 0 ? digit : digit * 2
    sum += weighed > 9 ? weighed - 9 : weighed
  }
  return sum % 10 === 0
}

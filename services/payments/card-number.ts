/** Runs of 13 to 19 digits, with the blanks and hyphens people put between them. */
const runs = /(?<![\d])(?:\d[ -]?){12,18}\d(?![\d])/g

/**
 * Whether a text holds what could be a card number: 13 to 19 digits whose check digit (Luhn) is right. One number in ten
 * passes by chance; providers' tokens carry letters between their digits, and ids have hyphens where cards have none.
 */
export const holdsCardNumber = (text: string): boolean =>
  (text.match(runs) ?? []).some((run) => hasCheckDigit(run.replaceAll(/[ -]/g, '')))

function hasCheckDigit(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48
    sum += index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return digits.length >= 13 && sum % 10 === 0 && /[1-9]/.test(digits)
}

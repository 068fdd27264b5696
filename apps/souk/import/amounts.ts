/** Digits behind the decimal sign of a currency, as ISO 4217 has them: 2 for EUR, 0 for JPY, 3 for KWD. */
export function digitsOf(currency: string): number {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
  return maximumFractionDigits
}

const known = new Set(Intl.supportedValuesOf('currency'))

/** Whether there is a currency with this code. */
export const isCurrency = (code: string): boolean => known.has(code)

export type Decimal = 'point' | 'comma'

const forms = {
  point: /^([+-]?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d*))?$/,
  comma: /^([+-]?)(\d+|\d{1,3}(?:[.\u00a0\u202f ]\d{3})+)(?:,(\d*))?$/,
} as const

/**
 * An amount as written, in minor units: "4,15" of EUR is 415. Digit by digit; a binary fraction never comes into it.
 * @param digits of the currency. @returns what is wrong with it as text, when something is.
 */
export function parseMinor(text: string, decimal: Decimal, digits: number): number | string {
  const found = forms[decimal].exec(text)
  if (found === null) return text === '' ? 'is empty' : `is not an amount with a decimal ${decimal}`
  const [, sign, whole = '', fraction = ''] = found
  const kept = fraction.slice(0, digits).padEnd(digits, '0')
  if (/[^0]/.test(fraction.slice(digits))) return `has more than ${digits} decimals, which the currency does not have`
  const minor = Number(`${whole.replace(/\D/g, '')}${kept}`)
  if (!Number.isSafeInteger(minor)) return 'is too large'
  return sign === '-' && minor !== 0 ? -minor : minor
}

/** A whole number of units; "5.0", as spreadsheets write it, is 5. */
export function parseQuantity(text: string): number | string {
  if (!/^[+-]?\d{1,15}(?:[.,]0+)?$/.test(text)) return text === '' ? 'is empty' : 'is not a whole number'
  return Math.trunc(Number(text.replace(',', '.')))
}

/** 123456 of EUR is "1,234.56". */
export function formatMinor(minor: number, currency: string): string {
  const digits = isCurrency(currency) ? digitsOf(currency) : 2
  const text = String(Math.abs(minor)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${minor < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`
}

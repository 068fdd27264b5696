const digitsOf = new Map<string, number>()
/** Making one takes 50 µs, a hundred times as long as using it; there are as many as languages times currencies. */
const formats = new Map<string, Intl.NumberFormat>()

function formatOf(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`
  let format = formats.get(key)
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { style: 'currency', currency })
    formats.set(key, format)
  }
  return format
}

/** How many digits a currency has behind the point: EUR 2, JPY 0, KWD 3. */
export function minorDigits(currency: string): number {
  let digits = digitsOf.get(currency)
  if (digits === undefined) {
    digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
    digitsOf.set(currency, digits)
  }
  return digits
}

/** 1999, EUR → "€19.99" (en), "19,99 €" (de). Exact for every safe integer: the figure never becomes a fraction. */
export function formatMoney(minor: number, currency: string, locale = 'en'): string {
  const digits = minorDigits(currency)
  const sign = minor < 0 ? '-' : ''
  const text = Math.abs(minor)
    .toString()
    .padStart(digits + 1, '0')
  const exact = digits === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
  // A numeric string is formatted as the decimal it is.
  return formatOf(locale, currency).format(exact as `${number}`)
}

/** "19.99", EUR → 1999. Takes a comma or a point; undefined when it is no amount of this currency. */
export function parseMoney(text: string, currency: string): number | undefined {
  const digits = minorDigits(currency)
  const match = /^(\d{1,13})(?:[.,](\d+))?$/.exec(text.trim())
  if (!match || (match[2] ?? '').length > digits) return undefined
  const minor = Number(`${match[1]}${(match[2] ?? '').padEnd(digits, '0')}`)
  return Number.isSafeInteger(minor) ? minor : undefined
}

/** 1999, EUR → "19.99": for an input, without a sign of the currency. */
export function moneyForInput(minor: number, currency: string): string {
  const digits = minorDigits(currency)
  const text = minor.toString().padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

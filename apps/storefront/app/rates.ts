import { minorDigits } from '@souk/ui/plain'

export const shownCurrencies = ['EUR', 'GBP', 'JPY'] as const
export type ShownCurrency = (typeof shownCurrencies)[number]

/**
 * Units of a currency for one euro. Declared here and changed by hand: for orientation alone, marked as approximate
 * wherever they are used, and never sent anywhere. What is paid is the shop's price in the shop's currency.
 */
export const ratesAsOf = '2026-11-01'
export const perEuro: Readonly<Record<string, number>> = { EUR: 1, GBP: 0.86, JPY: 163 }

/** What a price is about in another currency, rounded to what one would say; undefined without a rate. */
export function approximate(minor: number, from: string, to: string): number | undefined {
  const [fromRate, toRate] = [perEuro[from], perEuro[to]]
  if (fromRate === undefined || toRate === undefined) return undefined
  const amount = (minor / 10 ** minorDigits(from) / fromRate) * toRate
  const digits = minorDigits(to)
  // Below ten to the tenth, above to the whole: more digits would claim more than a declared rate knows.
  const step = amount < 10 && digits > 0 ? 10 ** (digits - 1) : 10 ** digits
  return Math.round((amount * 10 ** digits) / step) * step
}

import { ProviderRefused } from '../provider.ts'

// ISO 4217, where it is not two. Not Intl: that has no decimals for forints, as people write them.
const isoDecimals: Record<string, number> = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3]),
  ...'CLF UYW'.split(' ').map((code) => [code, 4]),
])

/** Decimals of a currency as ISO 4217 has them: 2 for EUR, 0 for JPY, 3 for KWD. */
export const decimalsOf = (currency: string): number => isoDecimals[currency] ?? 2

/** "12.34" of 1234 with 2 decimals; "1234" with none. */
export function toDecimal(amountMinor: number, decimals: number): string {
  if (decimals === 0) return String(amountMinor)
  const digits = String(amountMinor).padStart(decimals + 1, '0')
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** 1234 of "12.34". @returns undefined when it is no amount with as many decimals at most */
export function fromDecimal(text: string, decimals: number): number | undefined {
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined || /[1-9]/.test(fraction.slice(decimals))) return undefined
  return Number(whole + fraction.slice(0, decimals).padEnd(decimals, '0'))
}

/** The same amount counted in other decimals, as some providers do. @throws ProviderRefused when a part would be lost */
export function rescale(amount: number, from: number, to: number): number {
  if (to >= from) return amount * 10 ** (to - from)
  const unit = 10 ** (from - to)
  if (amount % unit !== 0) throw new ProviderRefused('amount_not_payable_in_this_currency')
  return amount / unit
}

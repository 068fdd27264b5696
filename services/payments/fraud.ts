import type { PaymentMethod } from './payment.ts'

/** What we know of a customer from earlier payments through providers. */
export type CustomerRecord = {
  /** Asked for in the last ten minutes. */
  readonly recentCount: number
  readonly dayAmountMinor: number
  readonly dayFailures: number
  /** Collected, ever. */
  readonly collectedCount: number
}

export const nobodyYet: CustomerRecord = { recentCount: 0, dayAmountMinor: 0, dayFailures: 0, collectedCount: 0 }

export type FraudLimits = {
  /** A single payment above it is unusual; ten times as much is very unusual. In units of the currency, not minor ones. */
  readonly largeAmount: number
}

/** Beyond it nothing is captured. */
export const fraudThreshold = 0.8

const currencyDigits = new Map<string, number>()
export function digitsOf(currency: string): number {
  let digits = currencyDigits.get(currency)
  if (digits === undefined) {
    digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
    currencyDigits.set(currency, digits)
  }
  return digits
}

type Asked = { method: PaymentMethod; amountMinor: number; currency: string }

/** Each rule adds its part; none but the crassest is enough alone. */
const rules: readonly { name: string; score(asked: Asked, known: CustomerRecord, limits: FraudLimits): number }[] = [
  {
    name: 'large amount',
    score({ amountMinor, currency }, _known, { largeAmount }) {
      const amount = amountMinor / 10 ** digitsOf(currency)
      return amount >= largeAmount * 10 ? 0.5 : amount >= largeAmount ? 0.3 : 0
    },
  },
  {
    name: 'many payments in ten minutes',
    score: (_asked, { recentCount }) => Math.min(0.5, Math.max(0, recentCount - 3) * 0.1),
  },
  {
    name: 'many failures today',
    score: (_asked, { dayFailures }) => Math.min(0.4, Math.max(0, dayFailures - 2) * 0.1),
  },
  { name: 'new customer', score: (_asked, { collectedCount }) => (collectedCount === 0 ? 0.1 : 0) },
  {
    name: 'much in one day',
    score({ amountMinor, currency }, { dayAmountMinor }, { largeAmount }) {
      const amount = (amountMinor + dayAmountMinor) / 10 ** digitsOf(currency)
      return amount >= largeAmount * 20 ? 0.3 : 0
    },
  },
]

/** How much a payment looks like fraud, 0 to 1, and which rules said so. */
export function fraudScore(asked: Asked, known: CustomerRecord, limits: FraudLimits): { score: number; why: string[] } {
  let score = 0
  const why: string[] = []
  for (const rule of rules) {
    const part = rule.score(asked, known, limits)
    if (part > 0) why.push(rule.name)
    score += part
  }
  return { score: Math.min(1, score), why }
}

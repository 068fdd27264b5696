/** What we know of a variant when an order for it arrives: our own copy of what shops and catalog announced. */
export type Terms = {
  readonly variantId: string
  readonly productId: string
  readonly shopId: string
  readonly sku: string
  readonly title: string
  readonly priceMinor: number
  readonly currency: string
  readonly priceVersion: number
  readonly selling: boolean
  readonly shopSelling: boolean
  /** Its shop has rules of its own: promotions says what orders cost. */
  readonly asks: boolean
  /** Grows with every change; the order is written only if it still holds. */
  readonly version: number
  /** Sale windows not yet ended, soonest first. */
  readonly windows: readonly SaleWindow[]
}

export type SaleWindow = {
  readonly saleWindowId: string
  readonly priceMinor: number
  readonly startsAtMs: number
  readonly endsAtMs: number
  /** 0 when there is none. */
  readonly capPerCustomer: number
}

/** The window an order placed at this instant falls into. The first millisecond belongs to it, the last does not. */
export const windowAt = (terms: Terms, nowMs: number): SaleWindow | undefined =>
  terms.windows.find((window) => window.startsAtMs <= nowMs && nowMs < window.endsAtMs)

/**
 * Terms and remaining units as last seen, bounded. A hint: an order is accepted only if the database agrees in the
 * statement that writes it, and refused only after the database was asked.
 */
export type TermsMemory = {
  get(variantId: string): Terms | undefined
  learn(terms: Terms): void
  forget(variantId: string): void
  remainingOf(allotmentId: string): number | undefined
  /** Of a variant or a sale window. Of those not remembered nothing is kept. */
  setRemaining(allotmentId: string, units: number): void
  /** Of one customer in one sale. */
  setCap(allotmentId: string, units: number): void
  take(allotmentId: string, units: number): void
  /** A key was sent again: where one is, more follow (impatient buyers, a gateway that retries). */
  sawRepeat(nowMs: number): void
  /** Then keys are looked up before anything is decided: one short question, instead of a batch that undoes itself. */
  repeatsAreComing(nowMs: number): boolean
}

/** About 600 bytes a variant: 50,000 of them are 30 MB. The oldest entry leaves first; a hot one is soon learnt again. */
export function createTermsMemory(maxVariants = 50_000, maxCaps = 50_000): TermsMemory {
  const known = new Map<string, Terms>()
  const remaining = new Map<string, number>()
  const caps = new Map<string, number>()
  let repeatSeenAtMs = Number.NEGATIVE_INFINITY
  const forget = (variantId: string) => {
    const terms = known.get(variantId)
    known.delete(variantId)
    remaining.delete(variantId)
    for (const window of terms?.windows ?? []) remaining.delete(window.saleWindowId)
  }
  return {
    get: (variantId) => known.get(variantId),
    learn(terms) {
      forget(terms.variantId)
      known.set(terms.variantId, terms)
      if (known.size > maxVariants) forget(known.keys().next().value as string)
    },
    forget,
    remainingOf: (allotmentId) => remaining.get(allotmentId) ?? caps.get(allotmentId),
    setRemaining: (allotmentId, units) => remaining.set(allotmentId, units),
    setCap(allotmentId, units) {
      caps.set(allotmentId, units)
      if (caps.size > maxCaps) caps.delete(caps.keys().next().value as string)
    },
    take(allotmentId, units) {
      const left = remaining.get(allotmentId)
      if (left !== undefined) remaining.set(allotmentId, left - units)
    },
    sawRepeat(nowMs) {
      repeatSeenAtMs = nowMs
    },
    repeatsAreComing: (nowMs) => nowMs - repeatSeenAtMs < repeatsFollowWithinMs,
  }
}

const repeatsFollowWithinMs = 2_000

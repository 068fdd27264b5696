/** What a line of a cart holds at most, and a cart in lines. */
export const maxQuantity = 999
export const maxItems = 200

export type Item = {
  readonly variantId: string
  readonly productId: string
  readonly shopId: string
  readonly quantity: number
  /** What it cost when it was put in or changed last: what the customer knows. */
  readonly seenPriceMinor: number
  readonly currency: string
  /** As it was called then. */
  readonly title: string
  /** Why it was not ordered the last time. */
  readonly refusal: Refusal | null
  readonly addedAt: Date
}

export type Refusal = { code: string; detail: string }

/** What is known of a variant at this moment. */
export type Offer = {
  readonly variantId: string
  readonly productId: string
  readonly shopId: string
  readonly productSlug: string
  readonly sku: string
  readonly title: string
  readonly currency: string
  /** Of the running sale, if one runs. */
  readonly priceMinor: number
  readonly saleEndsAt: Date | null
  /** 0: none. */
  readonly capPerCustomer: number
  readonly selling: boolean
  readonly shopSelling: boolean
}

/** Units that may still be ordered; undefined when it is not known. */
export type Left = number | undefined

export type Change =
  | { kind: 'price-raised' | 'price-lowered'; wasMinor: number; isMinor: number; message: string }
  | { kind: 'few-left'; left: number; message: string }
  | { kind: 'cap'; left: number; message: string }
  | { kind: 'sold-out' | 'not-sold' | 'shop-closed'; message: string }
  | { kind: 'refused'; code: string; message: string }

/** What is different from what the customer knows. Nothing of it is kept: it is there for as long as it is true. */
export function changesOf(item: Item, offer: Offer | undefined, left: Left): Change[] {
  if (offer === undefined || !offer.selling) return [{ kind: 'not-sold', message: 'no longer sold' }]
  if (!offer.shopSelling) return [{ kind: 'shop-closed', message: 'the shop is not selling at present' }]
  const changes: Change[] = []
  const { seenPriceMinor: wasMinor } = item
  const { priceMinor: isMinor, capPerCustomer } = offer
  if (wasMinor !== isMinor) {
    const message = `was ${amount(wasMinor, item.currency)}, is ${amount(isMinor, offer.currency)}`
    changes.push({ kind: isMinor > wasMinor ? 'price-raised' : 'price-lowered', wasMinor, isMinor, message })
  }
  if (left === 0) changes.push({ kind: 'sold-out', message: 'sold out' })
  else if (left !== undefined && left < item.quantity)
    changes.push({ kind: 'few-left', left, message: `only ${left} left` })
  if (capPerCustomer > 0 && item.quantity > capPerCustomer)
    changes.push({
      kind: 'cap',
      left: capPerCustomer,
      message: `only ${capPerCustomer} for each customer in this sale`,
    })
  if (item.refusal !== null) changes.push({ kind: 'refused', code: item.refusal.code, message: item.refusal.detail })
  return changes
}

/** "12.00"; as many digits as the currency has. */
export function amount(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    useGrouping: false,
  })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return `${(minor / 10 ** digits).toFixed(digits)}`
}

export type Merged = {
  items: Item[]
  /** What did not fit: lines beyond those a cart holds, and units beyond those a line holds. */
  left: { variantId: string; quantity: number }[]
}

/**
 * Two carts become one. The rule: quantities of the same thing add up, to as many as a line holds; what only the other
 * cart has is added, the oldest first, to as many lines as a cart holds. Of the same thing the price the customer saw
 * last is the one they know. Whatever does not fit is named, never dropped silently.
 */
export function mergeItems(own: readonly Item[], other: readonly Item[]): Merged {
  const items = new Map(own.map((item) => [item.variantId, item]))
  const left: Merged['left'] = []
  const byAge = [...other].sort(
    (a, b) => a.addedAt.getTime() - b.addedAt.getTime() || (a.variantId < b.variantId ? -1 : 1),
  )
  for (const item of byAge) {
    const mine = items.get(item.variantId)
    if (mine === undefined && items.size >= maxItems) {
      left.push({ variantId: item.variantId, quantity: item.quantity })
      continue
    }
    const sum = (mine?.quantity ?? 0) + item.quantity
    if (sum > maxQuantity) left.push({ variantId: item.variantId, quantity: sum - maxQuantity })
    const newer = mine === undefined || item.addedAt > mine.addedAt ? item : mine
    items.set(item.variantId, { ...newer, quantity: Math.min(sum, maxQuantity) })
  }
  return { items: [...items.values()], left }
}

/** Codes of both, each once whatever its case, the own first, to as many as a cart notes. */
export function mergeVouchers(own: readonly string[], other: readonly string[]): string[] {
  const byKey = new Map<string, string>()
  for (const code of [...own, ...other]) if (!byKey.has(code.toUpperCase())) byKey.set(code.toUpperCase(), code)
  return [...byKey.values()].slice(0, maxVouchers)
}
export const maxVouchers = 5

/** Which lines a rule is for: all, when both are empty; else those of these products or categories (subcategories included). */
export type Scope = { readonly productIds: readonly string[]; readonly categoryIds: readonly string[] }

/** When a rule holds; null: open on that side. The first instant belongs to it, the last does not. */
export type Window = { readonly startsAtMs: number | null; readonly endsAtMs: number | null }

export const begun = ({ startsAtMs }: Window, nowMs: number): boolean => startsAtMs === null || startsAtMs <= nowMs
export const ended = ({ endsAtMs }: Window, nowMs: number): boolean => endsAtMs !== null && endsAtMs <= nowMs

export const voucherKinds = ['percent', 'amount', 'free-shipping'] as const
export const discountKinds = ['percent', 'amount'] as const

export type Voucher = Scope &
  Window & {
    readonly voucherId: string
    readonly code: string
    readonly title: string
    readonly kind: (typeof voucherKinds)[number]
    /** For percent: 1 to 100. */
    readonly percent: number
    /** For amount: off the whole of what it is for. */
    readonly amountMinor: number
    /** Of the amount and of the minimum; empty: any. */
    readonly currency: string
    /** The goods, after automatic discounts, must be worth that much. */
    readonly minimumMinor: number
    readonly firstOrderOnly: boolean
    /** 0: any number. */
    readonly usesPerCustomer: number
    readonly active: boolean
  }

export type Discount = Scope &
  Window & {
    readonly discountId: string
    readonly title: string
    readonly kind: (typeof discountKinds)[number]
    readonly percent: number
    /** For amount: off each unit. */
    readonly amountMinor: number
    readonly currency: string
    /** Units of the line, from which on it holds. */
    readonly minimumQuantity: number
    readonly active: boolean
  }

/** By language, where something is called otherwise there: {"de": "Paket"}. */
export type Names = Readonly<Record<string, string>>

export type ShippingRate = {
  readonly rateId: string
  readonly name: string
  readonly names: Names
  readonly method: string
  /** ISO 3166-1 alpha-2; empty: everywhere no other rate of the method is for. */
  readonly countries: readonly string[]
  readonly fromGrams: number
  /** Null: no limit. The last gram belongs to it. */
  readonly toGrams: number | null
  readonly priceMinor: number
  readonly currency: string
  /** Free when the goods, after discounts, are worth that much; null: never. */
  readonly freeFromMinor: number | null
}

export type Settings = {
  /** Whether the shop collects tax, and so shows it. */
  readonly collectsTax: boolean
  /** In its prices; otherwise it is added to them. */
  readonly pricesIncludeTax: boolean
  /** Where goods that are not sent are handed over. */
  readonly country: string
  /** An order must say where it goes. */
  readonly requiresDelivery: boolean
}

export const plainSettings: Settings = {
  collectsTax: false,
  pricesIncludeTax: true,
  country: '',
  requiresDelivery: false,
}

export type TaxRate = {
  readonly country: string
  readonly taxClass: string
  readonly label: string
  readonly labels: Names
  readonly basisPoints: number
}

/** Whether every order of a shop must be priced by its rules, also one that asks for nothing. */
export const mustAsk = (
  settings: Settings,
  discounts: readonly Pick<Discount, 'active' | 'endsAtMs' | 'startsAtMs'>[],
  nowMs: number,
): boolean =>
  settings.collectsTax ||
  settings.requiresDelivery ||
  discounts.some((discount) => discount.active && !ended(discount, nowMs))

/** The same rules with what delivery and tax are called in a language, where that is said. */
export const inLanguage = <R extends { rates: readonly ShippingRate[]; taxRates: readonly TaxRate[] }>(
  rules: R,
  language: string,
): R => ({
  ...rules,
  rates: rules.rates.map((rate) => ({ ...rate, name: rate.names[language] ?? rate.name })),
  taxRates: rules.taxRates.map((rate) => ({ ...rate, label: rate.labels[language] ?? rate.label })),
})

import {
  begun,
  type Discount,
  ended,
  type Scope,
  type Settings,
  type ShippingRate,
  type TaxRate,
  type Voucher,
} from './rules.ts'
import { quoteDelivery } from './price-shipping.ts'
import { shareOf, split } from './split.ts'

export type BasketLine = {
  readonly variantId: string
  readonly productId: string
  readonly quantity: number
  readonly unitPriceMinor: number
  /** Ancestors included. */
  readonly categoryIds: readonly string[]
  readonly weightGrams: number
  readonly taxClass: string
}

/** What one customer wants of one shop. Amounts are minor units of one currency, whatever its decimals. */
export type Basket = {
  readonly currency: string
  readonly lines: readonly BasketLine[]
  readonly codes: readonly string[]
  readonly orderedBefore: boolean
  readonly destination?: { readonly method: string; readonly country: string } | undefined
}

export type Rules = {
  readonly settings: Settings
  readonly discounts: readonly Discount[]
  /** Those of the codes that the shop has. */
  readonly vouchers: readonly Voucher[]
  readonly rates: readonly ShippingRate[]
  readonly taxRates: readonly TaxRate[]
}

export type AdjustmentKind = 'discount' | 'voucher' | 'shipping' | 'shipping-discount' | 'tax'
export type Adjustment = { kind: AdjustmentKind; label: string; amountMinor: number; code?: string }

/** A line with every step from its price to what is paid for it: total − discounts + added tax + its part of the shipping. */
export type ExplainedLine = {
  readonly variantId: string
  readonly quantity: number
  readonly unitPriceMinor: number
  readonly totalMinor: number
  steps: Adjustment[]
  discountMinor: number
  /** Included in its price or added to it. */
  taxMinor: number
  /** Tax of the shipping included. */
  shippingMinor: number
  paidMinor: number
}

export type TaxSum = { label: string; rateBasisPoints: number; included: boolean; netMinor: number; taxMinor: number }

export type Refusal = {
  kind: 'voucher' | 'delivery'
  reason:
    | 'unknown'
    | 'not-begun'
    | 'ended'
    | 'minimum'
    | 'not-for-these'
    | 'not-first'
    | 'currency'
    | 'required'
    | 'country'
    | 'method'
    | 'weight'
    | 'used-up'
    | 'used'
  detail: string
  code?: string
  minimumMinor?: number
}

export type PricedBasket = {
  totalMinor: number
  /** Lines and these add up to the total. */
  adjustments: Adjustment[]
  /** What is paid for these adds up to the total. */
  lines: ExplainedLine[]
  taxes: TaxSum[]
  used: Voucher[]
  /** What was asked for and is not in the price; an order is refused for it. */
  refusals: Refusal[]
  /** When the first rule that matters begins or ends; null: none does. */
  changesAtMs: number | null
}

type Work = ExplainedLine & { line: BasketLine; leftMinor: number }

/**
 * What a basket costs by a shop's rules, explained to the last minor unit. Pure. In this order: the best automatic discount
 * of each line, vouchers in the order given, shipping, tax. Every rounding is half up or by largest remainder, once, where
 * it is shown; so sums are sums.
 */
export function priceBasket(basket: Basket, rules: Rules, nowMs: number): PricedBasket {
  const lines = basket.lines.map((line): Work => {
    const totalMinor = line.quantity * line.unitPriceMinor
    return {
      line,
      variantId: line.variantId,
      quantity: line.quantity,
      unitPriceMinor: line.unitPriceMinor,
      totalMinor,
      leftMinor: totalMinor,
      steps: [],
      discountMinor: 0,
      taxMinor: 0,
      shippingMinor: 0,
      paidMinor: 0,
    }
  })
  const refusals: Refusal[] = []
  const adjustments = discountLines(lines, rules.discounts, basket.currency, nowMs)
  const used: Voucher[] = []
  for (const code of new Set(basket.codes)) {
    const voucher = rules.vouchers.find((known) => known.code === code)
    const refusal = refuseVoucher(code, voucher, lines, basket, nowMs)
    if (refusal !== undefined) refusals.push(refusal)
    else used.push(voucher as Voucher)
  }
  for (const voucher of used) if (voucher.kind !== 'free-shipping') adjustments.push(takeVoucher(voucher, lines))
  const shipping = ship(basket, lines, rules, used, adjustments, refusals)
  const taxes = tax(basket, lines, rules, shipping, adjustments)
  const shares = split(
    shipping.paidMinor,
    lines.map(({ leftMinor }) => leftMinor),
  )
  const explained = lines.map(({ line: { variantId }, leftMinor, ...rest }, index): ExplainedLine => {
    const shippingMinor = shares[index] ?? 0
    const added = rules.settings.pricesIncludeTax ? 0 : rest.taxMinor
    return { ...rest, variantId, shippingMinor, paidMinor: leftMinor + added + shippingMinor }
  })
  return {
    totalMinor: explained.reduce((sum, { paidMinor }) => sum + paidMinor, 0),
    adjustments: adjustments.filter(({ amountMinor, kind }) => amountMinor !== 0 || kind === 'shipping'),
    lines: explained,
    taxes,
    used,
    refusals,
    changesAtMs: nextChange([...rules.discounts.filter(({ active }) => active), ...used], nowMs),
  }
}

const isFor = ({ productIds, categoryIds }: Scope, { productId, categoryIds: own }: BasketLine): boolean =>
  (productIds.length === 0 && categoryIds.length === 0) ||
  productIds.includes(productId) ||
  categoryIds.some((categoryId) => own.includes(categoryId))

const take = (work: Work, amountMinor: number, step: Omit<Adjustment, 'amountMinor'>) => {
  if (amountMinor === 0) return
  work.leftMinor -= amountMinor
  work.discountMinor += amountMinor
  work.steps.push({ ...step, amountMinor: -amountMinor })
}

/** The best discount of each line; one adjustment for each that was best for some. */
function discountLines(
  lines: readonly Work[],
  discounts: readonly Discount[],
  currency: string,
  nowMs: number,
): Adjustment[] {
  const sums = new Map<Discount, number>()
  for (const work of lines) {
    let best: { discount: Discount; amountMinor: number } | undefined
    for (const discount of discounts) {
      if (!discount.active || !begun(discount, nowMs) || ended(discount, nowMs)) continue
      if (work.quantity < discount.minimumQuantity || !isFor(discount, work.line)) continue
      if (discount.kind === 'amount' && discount.currency !== currency) continue
      const amountMinor =
        discount.kind === 'percent'
          ? shareOf(work.totalMinor, discount.percent, 100)
          : Math.min(work.totalMinor, discount.amountMinor * work.quantity)
      if (best === undefined || amountMinor > best.amountMinor) best = { discount, amountMinor }
    }
    if (best === undefined || best.amountMinor === 0) continue
    take(work, best.amountMinor, { kind: 'discount', label: best.discount.title })
    sums.set(best.discount, (sums.get(best.discount) ?? 0) + best.amountMinor)
  }
  return [...sums].map(([{ title }, sum]) => ({ kind: 'discount', label: title, amountMinor: -sum }))
}

const left = (lines: readonly Work[]) => lines.reduce((sum, { leftMinor }) => sum + leftMinor, 0)

function refuseVoucher(
  code: string,
  voucher: Voucher | undefined,
  lines: readonly Work[],
  basket: Basket,
  nowMs: number,
): Refusal | undefined {
  const no = (reason: Refusal['reason'], detail: string, more: Partial<Refusal> = {}): Refusal => ({
    kind: 'voucher',
    reason,
    detail,
    code,
    ...more,
  })
  if (voucher === undefined || !voucher.active) return no('unknown', `The shop has no voucher ${code}.`)
  if (!begun(voucher, nowMs)) return no('not-begun', `The voucher ${code} does not hold yet.`)
  if (ended(voucher, nowMs)) return no('ended', `The voucher ${code} has ended.`)
  if (voucher.currency !== '' && voucher.currency !== basket.currency)
    return no('currency', `The voucher ${code} is for orders in ${voucher.currency}.`)
  if (voucher.firstOrderOnly && basket.orderedBefore)
    return no('not-first', `The voucher ${code} is for a first order, and you have placed one.`)
  if (left(lines) < voucher.minimumMinor)
    return no('minimum', `The voucher ${code} holds from a higher sum on.`, { minimumMinor: voucher.minimumMinor })
  if (!lines.some(({ line }) => isFor(voucher, line)))
    return no('not-for-these', `The voucher ${code} is not for these goods.`)
  if (voucher.kind === 'free-shipping' && basket.destination === undefined)
    return no('not-for-these', `The voucher ${code} pays for shipping, and nothing is sent.`)
  return undefined
}

function takeVoucher(voucher: Voucher, lines: readonly Work[]): Adjustment {
  const step = { kind: 'voucher' as const, label: voucher.title, code: voucher.code }
  const eligible = lines.filter(({ line }) => isFor(voucher, line))
  const worth = left(eligible)
  const amountMinor =
    voucher.kind === 'percent' ? shareOf(worth, voucher.percent, 100) : Math.min(worth, voucher.amountMinor)
  const shares = split(
    amountMinor,
    eligible.map(({ leftMinor }) => leftMinor),
  )
  eligible.forEach((work, index) => take(work, shares[index] ?? 0, step))
  return { ...step, amountMinor: -amountMinor }
}

type Shipping = { netMinor: number; paidMinor: number }

function ship(
  basket: Basket,
  lines: readonly Work[],
  rules: Rules,
  used: Voucher[],
  adjustments: Adjustment[],
  refusals: Refusal[],
): Shipping {
  const nothing = { netMinor: 0, paidMinor: 0 }
  if (basket.destination === undefined) {
    if (rules.settings.requiresDelivery)
      refusals.push({ kind: 'delivery', reason: 'required', detail: 'The shop sends its goods: say where to.' })
    return nothing
  }
  const grams = lines.reduce((sum, { line }) => sum + line.weightGrams * line.quantity, 0)
  const rate = quoteDelivery(rules.rates, {
    ...basket.destination,
    currency: basket.currency,
    grams,
    goodsMinor: left(lines),
  })
  if (rate === undefined) return nothing
  if ('reason' in rate) {
    refusals.push(rate)
    return nothing
  }
  adjustments.push({ kind: 'shipping', label: rate.name, amountMinor: rate.priceMinor })
  const free = used.find(({ kind }) => kind === 'free-shipping')
  if (free === undefined) return { netMinor: rate.priceMinor, paidMinor: rate.priceMinor }
  adjustments.push({ kind: 'shipping-discount', label: free.title, code: free.code, amountMinor: -rate.priceMinor })
  return nothing
}

const shippingTaxClass = 'standard'

/** Of every line and of the shipping, rounded there; sums by rate are sums of these. */
function tax(
  basket: Basket,
  lines: readonly Work[],
  { settings, taxRates }: Rules,
  shipping: Shipping,
  adjustments: Adjustment[],
): TaxSum[] {
  if (!settings.collectsTax) return []
  const included = settings.pricesIncludeTax
  const country = basket.destination?.country ?? settings.country
  const sums = new Map<TaxRate, TaxSum>()
  const taxOf = (amountMinor: number, taxClass: string): number => {
    const inCountry = taxRates.filter((rate) => rate.country === country)
    const rate =
      inCountry.find((one) => one.taxClass === taxClass) ?? inCountry.find((one) => one.taxClass === 'standard')
    if (rate === undefined) return 0
    const taxMinor = included
      ? shareOf(amountMinor, rate.basisPoints, 10_000 + rate.basisPoints)
      : shareOf(amountMinor, rate.basisPoints, 10_000)
    const sum = sums.get(rate) ?? {
      label: rate.label,
      rateBasisPoints: rate.basisPoints,
      included,
      netMinor: 0,
      taxMinor: 0,
    }
    sum.netMinor += included ? amountMinor - taxMinor : amountMinor
    sum.taxMinor += taxMinor
    sums.set(rate, sum)
    return taxMinor
  }
  for (const work of lines) {
    work.taxMinor = taxOf(work.leftMinor, work.line.taxClass)
    if (!included && work.taxMinor > 0) work.steps.push({ kind: 'tax', label: 'tax', amountMinor: work.taxMinor })
  }
  const ofShipping = shipping.netMinor === 0 ? 0 : taxOf(shipping.netMinor, shippingTaxClass)
  if (!included) {
    shipping.paidMinor += ofShipping
    for (const { label, taxMinor } of sums.values()) adjustments.push({ kind: 'tax', label, amountMinor: taxMinor })
  }
  return [...sums.values()]
}

function nextChange(
  windows: readonly { startsAtMs: number | null; endsAtMs: number | null }[],
  nowMs: number,
): number | null {
  const ahead = windows.flatMap(({ startsAtMs, endsAtMs }) =>
    [startsAtMs, endsAtMs].filter((at): at is number => at !== null && at > nowMs),
  )
  return ahead.length === 0 ? null : Math.min(...ahead)
}

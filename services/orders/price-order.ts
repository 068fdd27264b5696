import { hash } from 'node:crypto'
import type { DomainError } from '@souk/errors'
import { bucketOf, uuidv7 } from '@souk/postgres'
import { orderErrors } from './errors.ts'
import type { AskedExtras, Pricing } from './order-extras.ts'
import type { OrderLine, PaymentMethod, PlacedOrder } from './order.ts'
import { type Terms, windowAt } from './terms.ts'

/** An order as asked for. Lines are merged and sorted: one per variant, so that no two lines check the same units apart. */
export type OrderRequest = {
  readonly customerId: string
  readonly key: string
  /** Of the merged body, as a UUID: 128 bits of SHA-256. */
  readonly bodyHash: string
  readonly lines: readonly RequestedLine[]
  readonly paymentMethod: PaymentMethod
  /** Of the payment provider, for a card. */
  readonly paymentToken?: string | undefined
  /** Set when the id was promised earlier (202). */
  readonly orderId?: string
  /** Only at the terms of a running sale. */
  readonly saleOnly?: boolean
  /** The product named in the address of a flash-sale order; its variant must belong to it. */
  readonly saleProductId?: string
  /** What it asks for beyond its lines: then promotions says what it costs. */
  readonly extras?: AskedExtras | undefined
  /** What promotions said a moment ago: a price, or why there is none. */
  readonly pricing?: Pricing | undefined
  readonly refusal?: DomainError | undefined
  /** Of the request that asked for it. */
  readonly correlationId: string
}

export type RequestedLine = { readonly variantId: string; readonly quantity: number }

/** What one order draws from one allotment: units, or a use of a voucher. */
export type Draw = {
  readonly kind: 'goods' | 'sale' | 'cap' | 'voucher' | 'voucher-cap' | 'first-order'
  readonly allotmentId: string
  readonly quantity: number
  readonly variantId: string
  readonly shopId: string
  /** For caps: what the customer may buy or use in all. */
  readonly cap: number
  /** Of a voucher. */
  readonly code?: string
}

/** Of one customer: its row comes into being with the first order that draws on it. */
export const isCap = ({ kind }: Draw): boolean => kind === 'cap' || kind === 'voucher-cap' || kind === 'first-order'

export type PricedOrder = {
  readonly order: PlacedOrder
  readonly draws: readonly Draw[]
  readonly terms: readonly Terms[]
}

/** 10,000,000,000.00: a hundred thousand times below where integers stop being exact. */
export const maxTotalMinor = 1_000_000_000_000

export const mergeLines = (lines: readonly RequestedLine[]): RequestedLine[] => {
  if (lines.length === 1) return [...lines]
  const byVariant = new Map<string, number>()
  for (const line of lines) byVariant.set(line.variantId, (byVariant.get(line.variantId) ?? 0) + line.quantity)
  return [...byVariant]
    .map(([variantId, quantity]) => ({ variantId, quantity }))
    .sort((a, b) => (a.variantId < b.variantId ? -1 : 1))
}

const asUuid = (hex: string) =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`

/** By which a repeated key is told from a key used for something else. 128 bits of SHA-256 over lines, method and token. */
export const hashBody = (
  lines: readonly RequestedLine[],
  paymentMethod: string,
  saleOnly: boolean,
  paymentToken?: string,
  extras?: AskedExtras,
): string => {
  let text = saleOnly ? `sale ${paymentMethod}` : paymentMethod
  if (paymentToken !== undefined) text += ` paid with ${JSON.stringify(paymentToken)}`
  for (const line of lines) text += ` ${line.variantId} ${line.quantity}`
  if (extras !== undefined) text += ` with ${JSON.stringify({ ...extras, checkoutId: undefined })}`
  return asUuid(hash('sha256', text, 'hex'))
}

/** The allotment of one customer in one sale: an id anybody can compute, so no row need exist before the first order. */
export const capId = (saleWindowId: string, customerId: string): string =>
  asUuid(hash('sha256', saleWindowId + customerId, 'hex'))

/** The allotment of one customer's first order with a shop: two at once cannot both be the first. */
export const firstOrderId = (shopId: string, customerId: string): string =>
  asUuid(hash('sha256', `first ${shopId}${customerId}`, 'hex'))

/** The caps an order's vouchers were drawn from. */
export const capsOfUses = ({ shopId, customerId, extras }: PlacedOrder): string[] =>
  extras?.pricing === undefined
    ? []
    : drawsOfUses(extras.pricing, shopId, customerId)
        .filter(isCap)
        .map(({ allotmentId }) => allotmentId)

export type PricedLines = {
  readonly lines: readonly OrderLine[]
  readonly draws: Draw[]
  readonly terms: readonly Terms[]
  readonly totalMinor: number
  /** Of the first line: shop and currency are the same for all. */
  readonly first: Terms
}

/** The lines of an order and the units they draw, by the terms of this instant; or why they cannot be sold at all. */
export function priceLines(
  request: Pick<OrderRequest, 'lines' | 'saleProductId' | 'saleOnly' | 'customerId'>,
  termsOf: (variantId: string) => Terms | undefined,
  nowMs: number,
): PricedLines | DomainError {
  const lines: OrderLine[] = []
  const draws: Draw[] = []
  const used: Terms[] = []
  let totalMinor = 0
  let first: Terms | undefined
  for (const { variantId, quantity } of request.lines) {
    const terms = termsOf(variantId)
    if (terms === undefined || !terms.selling)
      return orderErrors.error('unknown-variant', `The variant ${variantId} is not for sale.`, { variantId })
    if (request.saleProductId !== undefined && request.saleProductId !== terms.productId)
      return orderErrors.error('unknown-variant', `The variant ${variantId} is not of this product.`, { variantId })
    first ??= terms
    if (terms.shopId !== first.shopId || terms.currency !== first.currency)
      return orderErrors.error('several-shops', 'The lines belong to several shops. Place one order for each shop.', {
        variantId,
      })
    if (!terms.shopSelling)
      return orderErrors.error('shop-not-selling', 'The shop is not selling at present.', { shopId: terms.shopId })
    const window = windowAt(terms, nowMs)
    if (window === undefined && request.saleOnly) return noSale(terms, nowMs)
    const unitPriceMinor = window?.priceMinor ?? terms.priceMinor
    const lineMinor = unitPriceMinor * quantity
    totalMinor += lineMinor
    if (totalMinor > maxTotalMinor)
      return orderErrors.error('total-too-large', 'The sum of the order is too large. Divide it.', { variantId })
    used.push(terms)
    lines.push({
      variantId,
      productId: terms.productId,
      sku: terms.sku,
      title: terms.title,
      quantity,
      unitPriceMinor,
      totalMinor: lineMinor,
      priceVersion: terms.priceVersion,
      saleWindowId: window?.saleWindowId ?? null,
    })
    if (window === undefined) {
      draws.push({ kind: 'goods', allotmentId: variantId, quantity, variantId, shopId: terms.shopId, cap: 0 })
    } else {
      draws.push({ kind: 'sale', allotmentId: window.saleWindowId, quantity, variantId, shopId: terms.shopId, cap: 0 })
      if (window.capPerCustomer > 0)
        draws.push({
          kind: 'cap',
          allotmentId: capId(window.saleWindowId, request.customerId),
          quantity,
          variantId,
          shopId: terms.shopId,
          cap: window.capPerCustomer,
        })
    }
  }
  if (first === undefined) throw new RangeError('an order has at least one line')
  return { lines, draws, terms: used, totalMinor, first }
}

/**
 * What an order costs and what it draws on, by the terms of this instant.
 * @param orderId kept when an order is priced again, so that it stays the same order.
 * @returns the refusal instead when it cannot be sold at all; whether enough is left is for `allocate` to say.
 *   price-changed: promotions has to be asked, again or for the first time.
 */
export function priceOrder(
  request: OrderRequest,
  termsOf: (variantId: string) => Terms | undefined,
  nowMs: number,
  orderId = request.orderId,
): PricedOrder | DomainError {
  const priced = priceLines(request, termsOf, nowMs)
  if (!('lines' in priced)) return priced
  const { lines, draws, terms, totalMinor, first } = priced
  const { paymentToken, paymentMethod, customerId } = request
  const order: PlacedOrder = {
    ...(paymentToken !== undefined && { paymentToken }),
    orderId: orderId ?? uuidv7(nowMs, bucketOf(first.shopId)),
    shopId: first.shopId,
    customerId,
    lines,
    totalMinor,
    currency: first.currency,
    paymentMethod,
    placedAtMs: nowMs,
  }
  if (!first.asks && request.extras === undefined) return { order, draws, terms }
  const { refusal, pricing, extras } = request
  if (refusal !== undefined) return refusal
  if (pricing === undefined || !isFor(pricing, lines, nowMs)) return priceChanged()
  if (pricing.totalMinor > maxTotalMinor)
    return orderErrors.error('total-too-large', 'The sum of the order is too large. Divide it.')
  return {
    order: { ...order, totalMinor: pricing.totalMinor, extras: { ...keptOf(extras), pricing } },
    draws: [...draws, ...drawsOfUses(pricing, first.shopId, customerId)],
    terms,
  }
}

/** Codes are kept with the price they made. */
const keptOf = ({ delivery, contact, checkoutId }: Partial<AskedExtras> = {}) => ({
  ...(delivery !== undefined && { delivery }),
  ...(contact !== undefined && { contact }),
  ...(checkoutId !== undefined && { checkoutId }),
})

/** It was made for these lines at these prices, and nothing of it has begun or ended since. */
const isFor = (pricing: Pricing, lines: readonly OrderLine[], nowMs: number): boolean =>
  nowMs < pricing.validUntilMs &&
  pricing.lines.length === lines.length &&
  lines.every(
    ({ variantId, unitPriceMinor }, index) =>
      pricing.lines[index]?.variantId === variantId && pricing.lines[index].unitPriceMinor === unitPriceMinor,
  )

/** Also the sign for the placer to ask promotions (again); it is answered only when that came to nothing several times. */
const priceChanged = () =>
  orderErrors.error('price-changed', 'Prices changed while the order was being placed. Look at it again.')

function drawsOfUses(pricing: Pricing, shopId: string, customerId: string): Draw[] {
  const draws: Draw[] = []
  const use = { quantity: 1, variantId: '', shopId }
  for (const { voucherId, code, usesPerCustomer } of pricing.uses) {
    draws.push({ ...use, kind: 'voucher', allotmentId: voucherId, cap: 0, code })
    if (usesPerCustomer > 0)
      draws.push({ ...use, kind: 'voucher-cap', allotmentId: capId(voucherId, customerId), cap: usesPerCustomer, code })
  }
  const first = pricing.uses.find(({ firstOrderOnly }) => firstOrderOnly)
  if (first !== undefined)
    draws.push({ ...use, kind: 'first-order', allotmentId: firstOrderId(shopId, customerId), cap: 1, code: first.code })
  return draws
}

function noSale(terms: Terms, nowMs: number): DomainError {
  const next = terms.windows.find((window) => window.startsAtMs > nowMs)
  if (next === undefined)
    return orderErrors.error('no-sale', 'The product has no sale now or ahead.', { productId: terms.productId })
  const startsAt = new Date(next.startsAtMs).toISOString()
  return orderErrors.error(
    'sale-not-started',
    `The sale begins at ${startsAt}.`,
    { productId: terms.productId, startsAt },
    Math.max(1, Math.ceil((next.startsAtMs - nowMs) / 1000)),
  )
}

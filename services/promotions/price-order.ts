import type { PriceOrderRequest } from '@souk/contracts/promotions'
import { bucketOf, type Shards, type Tx, uuidv7 } from '@souk/postgres'
import type { Library } from './learn-products.ts'
import { type Basket, type BasketLine, type PricedBasket, priceBasket, type Rules } from './price-basket.ts'
import { plainSettings } from './rules.ts'
import { discountsOf, findSettings, ratesOf, taxRatesOf } from './shop-rules.sql.ts'
import { vouchersByCode } from './vouchers.sql.ts'

export type PricingDeps = { shards: Shards; clock: () => Date; library: Library }

/** However still the rules are, a price is worked out anew after so long. */
const validForMs = 15 * 60_000

export type AskedLine = { variantId: string; productId: string; quantity: number; unitPriceMinor: number }

export type Asked = {
  shopId: string
  currency: string
  lines: readonly AskedLine[]
  codes: readonly string[]
  orderedBefore: boolean
  destination?: { method: string; country: string } | undefined
}

export type Quote = {
  quoteId: string
  rulesVersion: number
  validUntilMs: number
  basket: Basket
  rules: Rules
  priced: PricedBasket
}

export const codeOf = (code: string): string => code.trim().toUpperCase()

/** What one shop's part of a basket costs by its rules of this moment. */
export async function quote(deps: PricingDeps, asked: Asked): Promise<Quote> {
  const { db } = deps.shards.ofOwner(asked.shopId)
  const codes = [...new Set(asked.codes.map(codeOf))]
  const [{ rules, version }, lines] = await Promise.all([
    rulesFor(db.autocommit, asked, codes),
    describe(deps.library, asked.lines),
  ])
  const scoped = [...rules.discounts, ...rules.vouchers].some(({ categoryIds }) => categoryIds.length > 0)
  const basket: Basket = {
    currency: asked.currency,
    codes,
    orderedBefore: asked.orderedBefore,
    destination: asked.destination,
    // The tree of categories is asked for only where a rule names one.
    lines: scoped
      ? await Promise.all(
          lines.map(async (line) => ({ ...line, categoryIds: await deps.library.categories(line.categoryIds) })),
        )
      : lines,
  }
  const nowMs = deps.clock().getTime()
  const priced = priceBasket(basket, rules, nowMs)
  return {
    quoteId: uuidv7(nowMs, bucketOf(asked.shopId)),
    rulesVersion: version,
    validUntilMs: Math.min(priced.changesAtMs ?? Number.MAX_SAFE_INTEGER, nowMs + validForMs),
    basket,
    rules,
    priced,
  }
}

async function rulesFor(tx: Tx, asked: Asked, codes: readonly string[]): Promise<{ rules: Rules; version: number }> {
  const { shopId, destination } = asked
  const settings = await findSettings(tx, shopId)
  const [discounts, vouchers, rates, taxRates] = await Promise.all([
    discountsOf(tx, shopId),
    codes.length === 0 ? [] : vouchersByCode(tx, [shopId], codes),
    destination === undefined ? [] : ratesOf(tx, shopId),
    settings?.collectsTax === true ? taxRatesOf(tx, [destination?.country ?? settings.country]) : [],
  ])
  return {
    rules: { settings: settings ?? plainSettings, discounts, vouchers, rates, taxRates },
    version: settings?.rulesVersion ?? 0,
  }
}

async function describe(library: Library, lines: readonly AskedLine[]): Promise<BasketLine[]> {
  const known = await library.variants(lines.map(({ variantId }) => variantId))
  return lines.map((line) => {
    const variant = known.get(line.variantId)
    return {
      ...line,
      categoryIds: variant?.categoryIds ?? [],
      weightGrams: variant?.weightGrams ?? 0,
      taxClass: variant?.taxClass ?? 'standard',
    }
  })
}

/** For an order: refused whole when anything it asks for does not hold. */
export async function priceOrder(deps: PricingDeps, request: PriceOrderRequest) {
  const { destination } = request
  const { quoteId, rulesVersion, validUntilMs, priced } = await quote(deps, {
    shopId: request.shopId,
    currency: request.currencyCode,
    lines: request.lines.map((line) => ({
      variantId: line.variantId,
      productId: line.productId,
      quantity: line.quantity,
      unitPriceMinor: Number(line.unitPriceMinor),
    })),
    codes: request.voucherCodes,
    orderedBefore: request.orderedBefore,
    destination: destination && { method: destination.method || 'standard', country: destination.countryCode },
  })
  const [refusal] = priced.refusals
  if (refusal !== undefined)
    return {
      answer: {
        case: 'refusal' as const,
        value: {
          kind: refusal.kind,
          reason: refusal.reason,
          detail: refusal.detail,
          code: refusal.code ?? '',
          minimumMinor: BigInt(refusal.minimumMinor ?? 0),
        },
      },
    }
  return {
    answer: {
      case: 'priced' as const,
      value: {
        quoteId,
        rulesVersion: BigInt(rulesVersion),
        validUntilMs: BigInt(validUntilMs),
        totalMinor: BigInt(priced.totalMinor),
        adjustments: priced.adjustments.map(({ kind, label, amountMinor, code = '' }) => ({
          kind,
          label,
          code,
          amountMinor: BigInt(amountMinor),
        })),
        lines: priced.lines.map((line) => ({
          variantId: line.variantId,
          totalMinor: BigInt(line.totalMinor),
          discountMinor: BigInt(line.discountMinor),
          taxMinor: BigInt(line.taxMinor),
          shippingMinor: BigInt(line.shippingMinor),
          paidMinor: BigInt(line.paidMinor),
        })),
        taxes: priced.taxes.map((tax) => ({
          label: tax.label,
          rateBasisPoints: tax.rateBasisPoints,
          included: tax.included,
          netMinor: BigInt(tax.netMinor),
          taxMinor: BigInt(tax.taxMinor),
        })),
        uses: priced.used.map(({ voucherId, code, usesPerCustomer, firstOrderOnly }) => ({
          voucherId,
          code,
          usesPerCustomer,
          firstOrderOnly,
        })),
      },
    },
  }
}

import type { PriceOrderRequest } from '@souk/contracts/promotions'
import { bucketOf, type Shards, uuidv7 } from '@souk/postgres'
import { promotionErrors } from './errors.ts'
import type { KnownVariant } from './products.sql.ts'
import type { Library } from './learn-products.ts'
import { type Basket, type PricedBasket, priceBasket, type Rules } from './price-basket.ts'
import { inLanguage } from './rules.ts'
import { readRules, type RulesOfShop } from './read-rules.ts'

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
  /** What delivery and tax are called, where that is known in it. Left out: as they are called first of all. */
  language?: string | undefined
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

/**
 * What parts of baskets cost, each of one shop, by the rules of this moment: one quote per part, in their order, with a
 * fixed number of statements for all. Undefined where catalog was needed and did not answer.
 */
export async function quoteAll(deps: PricingDeps, asked: readonly Asked[]): Promise<(Quote | undefined)[]> {
  const wanted = asked.map((one) => ({ ...one, codes: [...new Set(one.codes.map(codeOf))] }))
  const [rules, known] = await Promise.all([
    rulesOf(deps.shards, wanted),
    deps.library.variants([...new Set(wanted.flatMap(({ lines }) => lines.map(({ variantId }) => variantId)))]),
  ])
  const nowMs = deps.clock().getTime()
  return Promise.all(
    wanted.map(async (one, index): Promise<Quote | undefined> => {
      if (known.unanswered && one.lines.some(({ variantId }) => !known.variants.has(variantId))) return undefined
      const { rules: said, version } = rules[index] as RulesOfShop
      const own = one.language === undefined ? said : inLanguage(said, one.language)
      const basket = await basketOf(deps.library, one, own, known.variants)
      if (basket === undefined) return undefined
      const priced = priceBasket(basket, own, nowMs)
      return {
        quoteId: uuidv7(nowMs, bucketOf(one.shopId)),
        rulesVersion: version,
        validUntilMs: Math.min(priced.changesAtMs ?? Number.MAX_SAFE_INTEGER, nowMs + validForMs),
        basket,
        rules: own,
        priced,
      }
    }),
  )
}

/** Of one part, whose price is all that was asked for. */
export async function quote(deps: PricingDeps, asked: Asked): Promise<Quote> {
  const [made] = await quoteAll(deps, [asked])
  if (made === undefined) throw promotionErrors.error('prices-unavailable', 'The catalogue did not answer.', {}, 1)
  return made
}

/** Each shop's rules stand where the shop is. */
async function rulesOf(shards: Shards, asked: readonly Asked[]): Promise<RulesOfShop[]> {
  const found: RulesOfShop[] = []
  const byShard = Map.groupBy(asked.keys(), (index) => shards.ofOwner((asked[index] as Asked).shopId))
  await Promise.all(
    [...byShard].map(async ([{ db }, indexes]) => {
      const rules = await readRules(
        db.autocommit,
        indexes.map((index) => asked[index] as Asked),
      )
      for (const [position, index] of indexes.entries()) found[index] = rules[position] as RulesOfShop
    }),
  )
  return found
}

/** Undefined when a rule names a category and the tree of categories is not to be had. */
async function basketOf(
  library: Library,
  asked: Asked,
  rules: Rules,
  known: ReadonlyMap<string, KnownVariant>,
): Promise<Basket | undefined> {
  const lines = asked.lines.map((line) => {
    const variant = known.get(line.variantId)
    return {
      ...line,
      categoryIds: variant?.categoryIds ?? [],
      weightGrams: variant?.weightGrams ?? 0,
      taxClass: variant?.taxClass ?? 'standard',
    }
  })
  const { currency, codes, orderedBefore, destination } = asked
  const basket = { currency, codes, orderedBefore, destination, lines }
  // The tree of categories is asked for only where a rule names one.
  if (![...rules.discounts, ...rules.vouchers].some(({ categoryIds }) => categoryIds.length > 0)) return basket
  const tree = await library.ancestors().catch(() => undefined)
  return tree && { ...basket, lines: lines.map((line) => ({ ...line, categoryIds: tree(line.categoryIds) })) }
}

export const askedOf = (request: PriceOrderRequest): Asked => ({
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
  destination: request.destination && {
    method: request.destination.method || 'standard',
    country: request.destination.countryCode,
  },
})

/** For an order: refused whole when anything it asks for does not hold. */
export function answerFor({ quoteId, rulesVersion, validUntilMs, priced }: Quote) {
  const [refusal] = priced.refusals
  if (refusal !== undefined)
    return {
      case: 'refusal' as const,
      value: {
        kind: refusal.kind,
        reason: refusal.reason,
        detail: refusal.detail,
        code: refusal.code ?? '',
        minimumMinor: BigInt(refusal.minimumMinor ?? 0),
      },
    }
  return {
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
  }
}

import type { PricedLine } from '@souk/contracts/orders'
import { ok, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { closed, Country, Id, Method, orNull, type RouteDeps, tag, Time } from './edge.ts'
import { promotionErrors } from './errors.ts'
import { type Asked, codeOf, quote } from './price-order.ts'
import type { Refusal } from './price-basket.ts'
import { deliveryMethods } from './price-shipping.ts'

const Code = Type.String({ minLength: 1, maxLength: 40, pattern: '^[A-Za-z0-9 _-]+$' })
const QuoteBody = Type.Object(
  {
    lines: Type.Array(
      Type.Object({ variantId: Id, quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }, closed),
      { minItems: 1, maxItems: 200, description: 'Of any shops; no prices: they are ours.' },
    ),
    voucherCodes: Type.Optional(Type.Array(Code, { maxItems: 20 })),
    language: Type.Optional(
      Type.String({
        pattern: '^[a-z]{2}$',
        description: 'ISO 639-1: what delivery and tax are called, where the shop says it in this language.',
      }),
    ),
    delivery: Type.Optional(
      Type.Object(
        { method: Type.Optional(Method), country: Country, postalCode: Type.Optional(Type.String({ maxLength: 20 })) },
        closed,
      ),
    ),
  },
  closed,
)
const Step = Type.Object(
  { kind: Type.String(), label: Type.String(), amountMinor: Type.Integer(), code: Type.Optional(Type.String()) },
  closed,
)
const RefusalView = Type.Object(
  {
    kind: Type.Enum(['voucher', 'delivery']),
    reason: Type.String(),
    detail: Type.String(),
    code: Type.Optional(Type.String()),
    minimumMinor: Type.Optional(Type.Integer()),
  },
  closed,
)
const ShopQuote = Type.Object(
  {
    shopId: Id,
    currency: Type.String(),
    rulesVersion: Type.Integer(),
    validUntil: Time,
    lines: Type.Array(
      Type.Object(
        {
          variantId: Id,
          productId: Id,
          title: Type.String(),
          quantity: Type.Integer(),
          unitPriceMinor: Type.Integer(),
          totalMinor: Type.Integer({ description: 'Quantity times unit price.' }),
          steps: Type.Array(Step, { description: 'From there to what the line costs without shipping.' }),
          discountMinor: Type.Integer(),
          taxMinor: Type.Integer(),
          shippingMinor: Type.Integer({ description: 'Its part of the shipping.' }),
          paidMinor: Type.Integer({ description: 'What is paid for it in all; these add up to the total.' }),
          saleWindowId: orNull(Id),
        },
        closed,
      ),
    ),
    adjustments: Type.Array(Step, { description: 'Lines and these add up to the total.' }),
    taxes: Type.Array(
      Type.Object(
        {
          label: Type.String(),
          rateBasisPoints: Type.Integer(),
          included: Type.Boolean(),
          netMinor: Type.Integer(),
          taxMinor: Type.Integer(),
        },
        closed,
      ),
    ),
    goodsMinor: Type.Integer({ description: 'The lines at their prices.' }),
    totalMinor: Type.Integer({ description: 'What an order placed now would cost.' }),
    voucherCodes: Type.Array(Type.String(), { description: 'Those that are in the price: send these with the order.' }),
    deliveryMethods: Type.Array(
      Type.Object({ method: Type.String(), name: Type.String(), priceMinor: Type.Integer() }, closed),
      { description: 'What the shop offers for the country; empty where it sends for nothing.' },
    ),
    refusals: Type.Array(RefusalView, {
      description: 'What is not in the price, and why. An order would be refused for it.',
    }),
  },
  closed,
)

type Given = {
  lines: { variantId: string; quantity: number }[]
  voucherCodes?: string[]
  language?: string
  delivery?: { method?: string; country: string }
}

type QuotedVoucher = { voucherId: string; code: string; usesPerCustomer: number }

/** Vouchers whose rules hold and of which nothing is left, in all or for this customer: only orders knows. */
async function exhausted(
  { terms }: RouteDeps,
  shopId: string,
  customerId: string,
  used: readonly QuotedVoucher[],
): Promise<Refusal[]> {
  if (used.length === 0) return []
  const voucherIds = used.map(({ voucherId }) => voucherId)
  // Who does not answer holds up no quote: the order itself is what counts.
  const { uses } = await terms
    .listUses({ shopId, voucherIds, customerId }, { timeoutMs: 500 })
    .catch(() => ({ uses: [] as never[] }))
  return used.flatMap(({ voucherId, code, usesPerCustomer }): Refusal[] => {
    const left = uses.find((one) => one.voucherId === voucherId)
    if (left === undefined) return []
    if (usesPerCustomer > 0 && Number(left.takenByCustomer) >= usesPerCustomer)
      return [{ kind: 'voucher', reason: 'used', code, detail: `You have used the voucher ${code}.` }]
    if (left.remaining === 0n)
      return [{ kind: 'voucher', reason: 'used-up', code, detail: `The voucher ${code} has been used up.` }]
    return []
  })
}

async function quoteShop(
  deps: RouteDeps,
  shopId: string,
  lines: readonly PricedLine[],
  given: Given,
  orderedBefore: boolean,
  customerId: string,
) {
  const currency = lines[0]?.currencyCode ?? ''
  const { delivery } = given
  const asked: Asked = {
    shopId,
    currency,
    lines: lines.map((line) => ({
      variantId: line.variantId,
      productId: line.productId,
      quantity: line.quantity,
      unitPriceMinor: Number(line.unitPriceMinor),
    })),
    codes: given.voucherCodes ?? [],
    orderedBefore,
    language: given.language,
    destination: delivery && { method: delivery.method ?? 'standard', country: delivery.country },
  }
  const first = await quote(deps, asked)
  const gone = await exhausted(deps, shopId, customerId, first.priced.used)
  const codes = asked.codes.filter((code) => !gone.some((refusal) => refusal.code === code))
  const made = gone.length === 0 ? first : await quote(deps, { ...asked, codes })
  const { priced, basket, rules } = made
  const goodsMinor = priced.lines.reduce((sum, { totalMinor }) => sum + totalMinor, 0)
  return {
    shopId,
    currency,
    rulesVersion: made.rulesVersion,
    validUntil: new Date(made.validUntilMs).toISOString(),
    lines: priced.lines.map((line, index) => ({
      ...line,
      productId: lines[index]?.productId ?? '',
      title: lines[index]?.title ?? '',
      saleWindowId: lines[index]?.saleWindowId || null,
    })),
    adjustments: priced.adjustments,
    taxes: priced.taxes,
    goodsMinor,
    totalMinor: priced.totalMinor,
    voucherCodes: priced.used.map(({ code }) => code),
    deliveryMethods:
      basket.destination === undefined
        ? []
        : deliveryMethods(rules.rates, {
            country: basket.destination.country,
            currency,
            grams: basket.lines.reduce((sum, { weightGrams, quantity }) => sum + weightGrams * quantity, 0),
            goodsMinor: goodsMinor - priced.lines.reduce((sum, { discountMinor }) => sum + discountMinor, 0),
          }),
    refusals: [...priced.refusals, ...gone],
  }
}

/** A code some shop of the basket has is not unknown, though the other shops do not have it. */
function withoutStrangers<Made extends { voucherCodes: string[]; refusals: Refusal[] }>(shops: Made[]) {
  const unknown = (refusal: Refusal) => refusal.kind === 'voucher' && refusal.reason === 'unknown'
  const known = new Set(
    shops.flatMap(({ voucherCodes, refusals }) => [
      ...voucherCodes,
      ...refusals.filter((refusal) => !unknown(refusal)).flatMap(({ code }) => code ?? []),
    ]),
  )
  return shops.map((shop) => ({
    ...shop,
    refusals: shop.refusals.filter((refusal) => !(unknown(refusal) && known.has(refusal.code ?? ''))),
  }))
}

export const quoteRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'POST',
    url: '/v1/quotes',
    operationId: 'quote',
    summary: 'What a basket costs, explained line by line',
    description:
      'By the prices and rules of this moment, each shop for itself. Holds nothing: what counts are the terms when the order is accepted. Signed in, it knows whether a first order is one.',
    tag,
    access: 'public',
    body: QuoteBody,
    answers: {
      200: Type.Object(
        {
          shops: Type.Array(ShopQuote),
          notForSale: Type.Array(Id, { description: 'Variants that are unknown or not for sale at present.' }),
        },
        closed,
      ),
    },
    errors: ['prices-unavailable'],
    idempotency: 'none',
    limit: { name: 'quotes', perMinute: deps.quotesPerMinute, per: 'address' },
    bodyLimitBytes: 50_000,
    async handle({ body, principal }) {
      const lines = merged(body.lines)
      const { lines: found, shopsOrderedFrom } = await deps.checkout
        .priceLines({ lines, customerId: principal?.accountId ?? '' }, { timeoutMs: 2_000 })
        .catch(() => {
          throw promotionErrors.error('prices-unavailable', 'Prices could not be asked for.', {}, 1)
        })
      const forSale = found.filter(({ shopSelling }) => shopSelling)
      const byShop = Map.groupBy(forSale, ({ shopId, currencyCode }) => `${shopId} ${currencyCode}`)
      const given: Given = { ...body, voucherCodes: [...new Set((body.voucherCodes ?? []).map(codeOf))] }
      const shops = await Promise.all(
        [...byShop.values()].map((own) => {
          const shopId = own[0]?.shopId ?? ''
          return quoteShop(deps, shopId, own, given, shopsOrderedFrom.includes(shopId), principal?.accountId ?? '')
        }),
      ).catch((error: unknown) => {
        deps.log.warn({ error }, 'a basket could not be priced')
        throw promotionErrors.error('prices-unavailable', 'What the basket costs could not be worked out.', {}, 1)
      })
      const priced = new Set(forSale.map(({ variantId }) => variantId))
      return ok({
        shops: withoutStrangers(shops),
        notForSale: lines.flatMap(({ variantId }) => (priced.has(variantId) ? [] : [variantId])),
      })
    },
  }),
]

function merged(lines: readonly { variantId: string; quantity: number }[]) {
  const byVariant = new Map<string, number>()
  for (const { variantId, quantity } of lines) byVariant.set(variantId, (byVariant.get(variantId) ?? 0) + quantity)
  return [...byVariant].map(([variantId, quantity]) => ({ variantId, quantity }))
}

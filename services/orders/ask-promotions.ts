import type { PricedOrder as PricedAnswer, PricingService } from '@souk/contracts/promotions'
import type { Shards } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { isDomainError, orderErrors } from './errors.ts'
import type { AskedExtras, Pricing } from './order-extras.ts'
import type { Price } from './placer.ts'
import { priceLines } from './price-order.ts'
import { readTerms } from './terms.sql.ts'
import { shopsOrderedFrom } from './uses.sql.ts'

/** Whoever orders waits for it, but not for ever. */
const answerWithinMs = 2_000

export type AskDeps = {
  shards: Shards
  clock: () => Date
  pricing: Pick<Client<typeof PricingService>, 'priceOrder'>
}

/**
 * Ask promotions what an order costs, at the prices its lines have in the database now. What is wrong with the lines
 * themselves is for the batch to say, which looks again: such a request is handed on without a price.
 * @throws pricing-unavailable when promotions does not answer
 */
export const createPricer =
  ({ shards, clock, pricing }: AskDeps): Price =>
  async (request) => {
    const { db } = shards.ofId(request.lines[0]?.variantId ?? '')
    const variantIds = request.lines.map(({ variantId }) => variantId)
    const terms = new Map((await readTerms(db.autocommit, variantIds)).map((known) => [known.variantId, known]))
    const priced = priceLines(request, (variantId) => terms.get(variantId), clock().getTime())
    if (isDomainError(priced)) return { ...request, pricing: undefined, refusal: undefined }
    const { voucherCodes, delivery }: AskedExtras = request.extras ?? { voucherCodes: [] }
    const { shopId, currency } = priced.first
    const orderedBefore =
      voucherCodes.length > 0 && (await shopsOrderedFrom(db.autocommit, request.customerId, [shopId])).length > 0
    const { answer } = await pricing
      .priceOrder(
        {
          shopId,
          customerId: request.customerId,
          currencyCode: currency,
          lines: priced.lines.map(({ variantId, productId, quantity, unitPriceMinor }) => ({
            variantId,
            productId,
            quantity,
            unitPriceMinor: BigInt(unitPriceMinor),
          })),
          voucherCodes: [...voucherCodes],
          orderedBefore,
          ...(delivery !== undefined && {
            destination: {
              method: delivery.method,
              countryCode: delivery.address.country,
              postcode: delivery.address.postalCode ?? '',
            },
          }),
        },
        { timeoutMs: answerWithinMs },
      )
      .catch(() => {
        throw orderErrors.error('pricing-unavailable', 'What the order costs could not be worked out.', {}, 1)
      })
    if (answer.case === 'priced') return { ...request, refusal: undefined, pricing: toPricing(answer.value, priced) }
    const refusal = answer.value
    const code = refusal?.kind === 'voucher' ? 'voucher-refused' : 'delivery-refused'
    return {
      ...request,
      pricing: undefined,
      refusal: orderErrors.error(code, refusal?.detail ?? 'The order could not be priced.', {
        reason: refusal?.reason ?? '',
        ...(refusal?.code && { code: refusal.code }),
        ...(refusal !== undefined && refusal.minimumMinor > 0n && { minimumMinor: Number(refusal.minimumMinor) }),
      }),
    }
  }

const toPricing = (
  answer: PricedAnswer,
  { lines }: { lines: readonly { variantId: string; unitPriceMinor: number }[] },
): Pricing => ({
  quoteId: answer.quoteId,
  rulesVersion: Number(answer.rulesVersion),
  validUntilMs: Number(answer.validUntilMs),
  totalMinor: Number(answer.totalMinor),
  adjustments: answer.adjustments.map(({ kind, label, amountMinor, code }) => ({
    kind,
    label,
    amountMinor: Number(amountMinor),
    ...(code !== '' && { code }),
  })),
  lines: answer.lines.map((line, index) => ({
    variantId: line.variantId,
    unitPriceMinor: lines[index]?.unitPriceMinor ?? -1,
    discountMinor: Number(line.discountMinor),
    taxMinor: Number(line.taxMinor),
    shippingMinor: Number(line.shippingMinor),
    paidMinor: Number(line.paidMinor),
  })),
  taxes: answer.taxes.map(({ label, rateBasisPoints, included, netMinor, taxMinor }) => ({
    label,
    rateBasisPoints,
    included,
    netMinor: Number(netMinor),
    taxMinor: Number(taxMinor),
  })),
  uses: answer.uses.map(({ voucherId, code, usesPerCustomer, firstOrderOnly }) => ({
    voucherId,
    code,
    usesPerCustomer,
    firstOrderOnly,
  })),
})

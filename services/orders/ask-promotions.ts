import { createBatcher } from '@souk/batching'
import type { PricedOrder as PricedAnswer, PriceOrderResponse, PricingService } from '@souk/contracts/promotions'
import { type Database, DatabaseUnavailable, OutcomeUnknown, type Shard, type Shards } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { isShardRefusal } from '@souk/service'
import { isDomainError, orderErrors } from './errors.ts'
import type { Pricing } from './order-extras.ts'
import type { Price } from './placer.ts'
import { type OrderRequest, type PricedLines, priceLines } from './price-order.ts'
import { readTerms } from './terms.sql.ts'
import { haveOrdered } from './uses.sql.ts'

/** Whoever orders waits for it, but not for ever. */
const answerWithinMs = 2_000

/** As in the batches that place them: 256 orders, or five of 1,000 lines. */
const maxOrders = 256
const maxLines = 5_000

export type AskDeps = {
  shards: Shards
  clock: () => Date
  pricing: Pick<Client<typeof PricingService>, 'priceOrders'>
}

export type AskOptions = { maxQueued: number; maxWaitMs: number }

type Asking = { request: OrderRequest; shard: Shard }
type ToPrice = { request: OrderRequest; priced: PricedLines }

/**
 * Ask promotions what orders cost, at the prices their lines have in the database now. What is wrong with the lines
 * themselves is for the batch to say, which looks again: such a request is handed on without a price.
 *
 * Who waits together asks together: two statements and one call for up to 256 orders. When each asked by itself, a shop with
 * an automatic discount sold a tenth of the orders a second that a plain one does.
 * @throws pricing-unavailable when promotions does not answer, Overloaded when too many wait
 */
export function createPricer(deps: AskDeps, options: AskOptions): Price {
  const ofShard = () =>
    createBatcher<Asking, OrderRequest>({
      ...options,
      process: (batch) => priceTogether(deps, batch),
      isWholeBatch: concernsAll,
      maxItems: maxOrders,
      weigh: ({ request }) => request.lines.length,
      maxWeight: maxLines,
      maxInFlight: 2,
    })
  const batchers = new Map(deps.shards.all().map(({ name }) => [name, ofShard()]))
  return async (request) => {
    const shard = deps.shards.ofId(request.lines[0]?.variantId ?? '')
    return (batchers.get(shard.name) as ReturnType<typeof ofShard>).submit({ request, shard })
  }
}

/** Who is away is away for every order of the batch; it is not divided and asked again. */
const concernsAll = (error: unknown) =>
  error instanceof DatabaseUnavailable ||
  error instanceof OutcomeUnknown ||
  isShardRefusal(error) ||
  (isDomainError(error) && error.code === 'pricing-unavailable')

const unavailable = () =>
  orderErrors.error('pricing-unavailable', 'What the order costs could not be worked out.', {}, 1)

/** One request per request, in their order, with what promotions says of it. */
async function priceTogether(deps: AskDeps, batch: readonly Asking[]): Promise<OrderRequest[]> {
  // Any of the batch will do: it refuses if a shop of this database has been moved away since.
  const { db } = (batch[0] as Asking).shard
  const nowMs = deps.clock().getTime()
  const variantIds = new Set(batch.flatMap(({ request }) => request.lines.map(({ variantId }) => variantId)))
  const terms = new Map((await readTerms(db.autocommit, [...variantIds])).map((known) => [known.variantId, known]))
  const results = batch.map(({ request }): OrderRequest => ({ ...request, pricing: undefined, refusal: undefined }))
  const asking = new Map<number, ToPrice>()
  for (const [index, { request }] of batch.entries()) {
    const priced = priceLines(request, (variantId) => terms.get(variantId), nowMs)
    if (!isDomainError(priced)) asking.set(index, { request, priced })
  }
  if (asking.size === 0) return results
  const answers = await ask(deps, db, [...asking.values()])
  for (const [position, [index, { request, priced }]] of [...asking].entries())
    results[index] = withAnswer(request, priced, answers[position] as PriceOrderResponse)
  return results
}

async function ask(deps: AskDeps, db: Database, orders: readonly ToPrice[]): Promise<PriceOrderResponse[]> {
  const codesOf = ({ extras }: OrderRequest) => extras?.voucherCodes ?? []
  const withCodes = orders
    .filter(({ request }) => codesOf(request).length > 0)
    .map(({ request: { customerId }, priced }) => ({ customerId, shopId: priced.first.shopId }))
  const before = withCodes.length === 0 ? new Set() : await haveOrdered(db.autocommit, withCodes)
  const { answers } = await deps.pricing
    .priceOrders(
      {
        orders: orders.map(({ request, priced }) => ({
          shopId: priced.first.shopId,
          customerId: request.customerId,
          currencyCode: priced.first.currency,
          lines: priced.lines.map(({ variantId, productId, quantity, unitPriceMinor }) => ({
            variantId,
            productId,
            quantity,
            unitPriceMinor: BigInt(unitPriceMinor),
          })),
          voucherCodes: [...codesOf(request)],
          orderedBefore: before.has(`${request.customerId} ${priced.first.shopId}`),
          ...(request.extras?.delivery !== undefined && {
            destination: {
              method: request.extras.delivery.method,
              countryCode: request.extras.delivery.address.country,
              postcode: request.extras.delivery.address.postalCode ?? '',
            },
          }),
        })),
      },
      { timeoutMs: answerWithinMs },
    )
    .catch(() => {
      throw unavailable()
    })
  if (answers.length !== orders.length) throw unavailable()
  return answers
}

/** A refusal is the order's answer, unless the batch finds one of its own. */
function withAnswer(request: OrderRequest, priced: PricedLines, { answer }: PriceOrderResponse): OrderRequest {
  if (answer.case === 'priced') return { ...request, refusal: undefined, pricing: toPricing(answer.value, priced) }
  if (answer.case !== 'refusal') return { ...request, pricing: undefined, refusal: unavailable() }
  const { kind, reason, detail, code, minimumMinor } = answer.value
  return {
    ...request,
    pricing: undefined,
    refusal: orderErrors.error(kind === 'voucher' ? 'voucher-refused' : 'delivery-refused', detail, {
      reason,
      ...(code && { code }),
      ...(minimumMinor > 0n && { minimumMinor: Number(minimumMinor) }),
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

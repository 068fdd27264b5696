import {
  CheckoutService,
  type OrderToPlace,
  type PlaceOrdersRequest,
  PromotionTermsService,
} from '@souk/contracts/orders'
import type { Outbox } from '@souk/events'
import { isUuid, type Shards } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { cancelOrder } from './cancel-order.ts'
import { isDomainError, orderErrors } from './errors.ts'
import { type Contact, type Delivery, extrasOf } from './order-extras.ts'
import { type PaymentMethod, paymentMethods } from './order.ts'
import { adjustmentToContract } from './order-events.ts'
import { checkPaymentToken } from './payment-token.ts'
import type { PlaceOutcome } from './place-orders.ts'
import type { Placer } from './placer.ts'
import { hashBody, mergeLines, type OrderRequest } from './price-order.ts'
import { type Terms, windowAt } from './terms.ts'
import { readTerms } from './terms.sql.ts'
import { listUses, setRules, setUses, shopsOrderedFrom } from './uses.sql.ts'

export type CheckoutDeps = {
  shards: Shards
  clock: () => Date
  outbox: Outbox
  placer: Pick<Placer, 'place'>
  learnVariants(variantIds: readonly string[]): Promise<void>
}

const maxOrders = 100

/** Checkouts of carts, and what promotions tells and asks. */
export const checkoutRpc =
  (deps: CheckoutDeps): RpcHandlers =>
  (router) => {
    router.service(CheckoutService, {
      async placeOrders(request) {
        if (request.orders.length > maxOrders)
          throw new RangeError(`${maxOrders} orders at most are placed in one call, got ${request.orders.length}`)
        return { outcomes: await Promise.all(request.orders.map((order) => placeOne(deps, request, order))) }
      },
      priceLines: ({ lines, customerId }) => priceNow(deps, lines, customerId),
      async cancelOrders({ customerId, orderIds, correlationId }) {
        if (orderIds.length > maxOrders)
          throw new RangeError(`${maxOrders} orders at most are cancelled in one call, got ${orderIds.length}`)
        return { outcomes: await Promise.all(orderIds.map((id) => cancelOne(deps, customerId, id, correlationId))) }
      },
    })
    router.service(PromotionTermsService, {
      async setUses({ voucherId, shopId, version, uses }) {
        const { db } = deps.shards.ofOwner(shopId)
        const set = { voucherId, shopId, version: Number(version), uses: Number(uses) }
        const { granted, remaining } = await db.transaction((tx) => setUses(tx, set))
        return { granted: BigInt(granted), remaining: BigInt(remaining) }
      },
      async listUses({ shopId, voucherIds, customerId }) {
        const { db } = deps.shards.ofOwner(shopId)
        const rows = await listUses(db.autocommit, shopId, voucherIds, customerId === '' ? null : customerId)
        return {
          uses: rows.map((row) => ({
            voucherId: row.voucher_id,
            granted: BigInt(row.granted),
            remaining: BigInt(row.remaining),
            takenByCustomer: BigInt(row.taken_by_customer),
          })),
        }
      },
      async setRules({ shopId, version, ask }) {
        await setRules(deps.shards.ofOwner(shopId).db.autocommit, { shopId, version: Number(version), ask })
        return {}
      },
    })
  }

/** Refusals are answers here: one order of a checkout may be refused and its neighbours placed. */
async function placeOne(deps: CheckoutDeps, checkout: PlaceOrdersRequest, order: OrderToPlace) {
  try {
    return outcomeOf(await deps.placer.place(requestOf(checkout, order)))
  } catch (error) {
    if (!isDomainError(error)) throw error
    return outcomeOf({ kind: 'refused', error })
  }
}

/** Refusals are answers here too: one order may have moved on, and its neighbours be cancelled. */
async function cancelOne(deps: CheckoutDeps, customerId: string, orderId: string, correlationId: string) {
  try {
    if (!isUuid(orderId)) throw orderErrors.error('order-not-found', 'There is no order with this id.')
    await deps.shards.ofId(orderId).db.transaction((tx) =>
      cancelOrder(tx, deps, {
        orderId,
        mayCancel: (order) => order.customerId === customerId,
        byOf: () => 'customer',
        correlationId,
      }),
    )
    return { orderId, cancelled: true }
  } catch (error) {
    if (!isDomainError(error)) throw error
    return { orderId, cancelled: false, code: error.code, detail: error.message }
  }
}

function requestOf(checkout: PlaceOrdersRequest, order: OrderToPlace): OrderRequest {
  const { idempotencyKey, voucherCodes, delivery, contact, paymentToken } = order
  if (order.lines.length === 0 || order.lines.length > 1_000 || idempotencyKey === '' || !isUuid(checkout.customerId))
    throw new RangeError('an order has a key, a customer and 1 to 1,000 lines')
  const unknown = order.lines.find(({ variantId, quantity }) => !isUuid(variantId) || quantity < 1)
  if (unknown !== undefined)
    throw orderErrors.error('unknown-variant', `The variant ${unknown.variantId} is not for sale.`, {
      variantId: unknown.variantId,
    })
  const paymentMethod = (order.paymentMethod || 'cash-on-delivery') as PaymentMethod
  if (!Object.hasOwn(paymentMethods, paymentMethod)) throw new RangeError(`no payment method ${paymentMethod}`)
  if (paymentToken !== '') checkPaymentToken(paymentMethod, paymentToken)
  const lines = mergeLines(order.lines.map(({ variantId, quantity }) => ({ variantId, quantity })))
  const extras = extrasOf({
    voucherCodes,
    delivery: delivery && { method: delivery.method || 'standard', address: addressOf(delivery.address) },
    contact: contact && filled<Contact>(contact),
    checkoutId: checkout.checkoutId === '' ? undefined : checkout.checkoutId,
  })
  const token = paymentToken === '' ? undefined : paymentToken
  return {
    customerId: checkout.customerId,
    key: idempotencyKey,
    bodyHash: hashBody(lines, paymentMethod, false, token, extras),
    lines,
    paymentMethod,
    paymentToken: token,
    extras,
    correlationId: checkout.correlationId,
  }
}

/** A message without its empty fields: they mean that there is nothing. */
const filled = <T extends object>(message: object): T =>
  Object.fromEntries(Object.entries(message).filter(([name, value]) => !name.startsWith('$') && value !== '')) as T

function addressOf(address: { countryCode: string; postcode: string } | undefined): Delivery['address'] {
  const { countryCode = '', postcode = '', ...rest } = address ?? {}
  return {
    name: '',
    line1: '',
    city: '',
    ...filled<Partial<Delivery['address']>>(rest),
    ...(postcode !== '' && { postalCode: postcode }),
    country: countryCode,
  }
}

function outcomeOf(outcome: PlaceOutcome) {
  if (outcome.kind === 'placed') {
    const { order, repeated } = outcome
    return {
      outcome: {
        case: 'order' as const,
        value: {
          orderId: order.orderId,
          shopId: order.shopId,
          repeated,
          totalMinor: BigInt(order.totalMinor),
          currencyCode: order.currency,
          placedAtMs: BigInt(order.placedAtMs),
          adjustments: (order.extras?.pricing?.adjustments ?? []).map(adjustmentToContract),
        },
      },
    }
  }
  const { code, row, message, extra, retryAfterSeconds = 0 } = outcome.error
  return {
    outcome: {
      case: 'refusal' as const,
      value: {
        code,
        title: row.title,
        detail: message,
        status: row.status,
        figuresJson: JSON.stringify(extra),
        retryAfterSeconds,
      },
    },
  }
}

type AskedLine = { variantId: string; quantity: number }

/** What lines of any shops cost now, each shop's from its own shard. */
async function priceNow(deps: CheckoutDeps, asked: readonly AskedLine[], customerId: string) {
  const wanted = asked.filter(({ variantId }) => isUuid(variantId)).slice(0, 1_000)
  const byShard = Map.groupBy(wanted, ({ variantId }) => deps.shards.ofId(variantId))
  const known = new Map<string, Terms>()
  const orderedFrom: string[] = []
  for (const [{ db }, lines] of byShard) {
    const ids = [...new Set(lines.map(({ variantId }) => variantId))]
    let terms = await readTerms(db.autocommit, ids)
    const have = new Set(terms.map(({ variantId }) => variantId))
    const missing = ids.filter((variantId) => !have.has(variantId))
    if (missing.length > 0) {
      // Newer than their news: the catalogue is asked, and what it does not know is not for sale.
      await deps.learnVariants(missing).catch(() => {})
      terms = await readTerms(db.autocommit, ids)
    }
    for (const one of terms) known.set(one.variantId, one)
    const shopIds = [...new Set(terms.map(({ shopId }) => shopId))]
    if (isUuid(customerId)) orderedFrom.push(...(await shopsOrderedFrom(db.autocommit, customerId, shopIds)))
  }
  const nowMs = deps.clock().getTime()
  return {
    lines: wanted.flatMap(({ variantId, quantity }) => {
      const terms = known.get(variantId)
      if (terms === undefined || !terms.selling) return []
      const window = windowAt(terms, nowMs)
      return [
        {
          variantId,
          quantity,
          productId: terms.productId,
          shopId: terms.shopId,
          title: terms.title,
          unitPriceMinor: BigInt(window?.priceMinor ?? terms.priceMinor),
          currencyCode: terms.currency,
          saleWindowId: window?.saleWindowId ?? '',
          shopSelling: terms.shopSelling,
        },
      ]
    }),
    shopsOrderedFrom: orderedFrom,
  }
}

import { Overloaded } from '@souk/batching'
import type { DomainError } from '@souk/errors'
import type { Outbox } from '@souk/events'
import { type Answer, mayActFor, ok, type Principal, type Route, route } from '@souk/http'
import { bucketInId, type Database, listsOf, type Shards, type Tx, uuidv7 } from '@souk/postgres'
import { Type } from 'typebox'
import { cancelOrder } from './cancel-order.ts'
import { orderErrors } from './errors.ts'
import { orderWithShipments, OrderWithShipmentsView } from './fulfilment-views.ts'
import { shipmentsOf } from './fulfilment.sql.ts'
import { type Order, orderStatuses, type PaymentMethod, paymentMethods } from './order.ts'
import { listOfCustomer, listOfShop, lookedUntil, readOrders } from './orders.sql.ts'
import { type Contact, type Delivery, extrasBody, extrasOf } from './order-extras.ts'
import { checkPaymentToken } from './payment-token.ts'
import type { PlaceOutcome } from './place-orders.ts'
import type { Placer } from './placer.ts'
import { hashBody, mergeLines, type OrderRequest } from './price-order.ts'
import { type AcceptedRequest, findRequest, type Priority, priorities } from './requests.sql.ts'
import { waitingFor } from './steps.sql.ts'
import {
  AcceptedView,
  OrderDetailView,
  OrderListView,
  OrderView,
  orderView,
  placedView,
  progressOf,
  StatusView,
  ToPayView,
} from './views.ts'
import type { WroteLately } from './wrote-lately.ts'

export type RouteDeps = {
  placer: Placer
  /** Keeps an order that is to be placed later, on the shard of its shop. */
  accept(shard: string, request: AcceptedRequest): Promise<string | DomainError | undefined>
  shards: Shards
  outbox: Outbox
  clock: () => Date
  /** The variant a product's sale is about, running or next. */
  saleVariantOf(productId: string): Promise<string | undefined>
  limits: { ordersPerMinute: number; flashOrdersPerMinute: number }
  /** Lists of these accounts are read where they wrote. */
  wroteLately: WroteLately
}

const closed = { additionalProperties: false }
const uuid = Type.String({ format: 'uuid' })
const quantity = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Units, a whole number.' })
const method = Type.Enum(Object.keys(paymentMethods) as PaymentMethod[], { description: 'Left out: cash on delivery.' })
const paymentToken = Type.String({
  minLength: 1,
  maxLength: 200,
  description:
    'For cards: what the payment provider answered when the customer gave it the card. Never a card number. Left out: the customer completes the payment at `/v1/orders/{orderId}/payments`.',
})
const priority = Type.Enum(Object.keys(priorities) as Priority[], {
  description: 'For orders placed later. `high` is for API keys; for others it counts as `normal`.',
})
const page = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    cursor: Type.Optional(Type.String({ format: 'uuid', description: '`nextCursor` of the page before.' })),
  },
  closed,
)
const orderParams = Type.Object({ orderId: uuid }, closed)
const OrderToReadView = Type.Object({ ...OrderWithShipmentsView.properties, toPay: ToPayView }, closed)
const placingErrors = [
  'unknown-variant',
  'shop-not-selling',
  'several-shops',
  'out-of-stock',
  'cap-reached',
  'total-too-large',
  'order-key-mismatch',
  'orders-overloaded',
  'order-outcome-unknown',
  'terms-unavailable',
  'payment-token-unexpected',
  'card-number-refused',
  'voucher-refused',
  'voucher-used-up',
  'voucher-cap-reached',
  'delivery-refused',
  'price-changed',
  'pricing-unavailable',
]
const idempotency =
  'Send an `Idempotency-Key`: whoever repeats a request with the same key within 24 hours gets the first order again, never a second one.'

/** Nothing is remembered of a refusal: the same key may ask again. */
function answerTo(outcome: PlaceOutcome): Answer {
  if (outcome.kind === 'refused') throw outcome.error
  const headers: Record<string, string> = { location: `/v1/orders/${outcome.order.orderId}` }
  if (outcome.repeated) headers['idempotency-replayed'] = 'true'
  return { status: 201, body: placedView(outcome.order), headers }
}

export const orderRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'POST',
    url: '/v1/orders',
    operationId: 'placeOrder',
    tag: 'Orders',
    summary: 'Place an order',
    description: `All lines are granted or none is. Prices are ours, valid when the order is accepted. ${idempotency} With \`Prefer: respond-async\` the answer is 202 at once, and the order is placed soon after.`,
    access: { permission: 'orders:place' },
    idempotency: 'required',
    hot: true,
    limit: { name: 'orders', perMinute: deps.limits.ordersPerMinute, per: 'account' },
    bodyLimitBytes: 200_000,
    body: Type.Object(
      {
        lines: Type.Array(Type.Object({ variantId: uuid, quantity }, closed), { minItems: 1, maxItems: 1_000 }),
        paymentMethod: Type.Optional(method),
        paymentToken: Type.Optional(paymentToken),
        priority: Type.Optional(priority),
        ...extrasBody,
      },
      closed,
    ),
    answers: { 201: OrderView, 202: AcceptedView },
    errors: placingErrors,
    handle(request) {
      const order = orderRequest(request, mergeLines(request.body.lines), request.body, false)
      if (!prefersAsync(request.headers['prefer'])) return deps.placer.place(order).then(answerTo)
      return accept(deps, order, request, request.body.priority ?? 'normal')
    },
  }),
  route({
    method: 'POST',
    url: '/v1/orders/flash-sale/:productId',
    operationId: 'placeFlashSaleOrder',
    tag: 'Orders',
    summary: 'Buy one unit in a running sale',
    description: `One unit at the price of the sale; refused outside the sale. ${idempotency}`,
    access: { permission: 'orders:place' },
    idempotency: 'required',
    hot: true,
    limit: { name: 'flash-orders', perMinute: deps.limits.flashOrdersPerMinute, per: 'account' },
    bodyLimitBytes: 2_000,
    params: Type.Object({ productId: uuid }, closed),
    body: Type.Object(
      {
        variantId: Type.Optional(uuid),
        quantity: Type.Optional(Type.Literal(1, { description: 'One unit an order.' })),
        paymentMethod: Type.Optional(method),
        paymentToken: Type.Optional(paymentToken),
      },
      closed,
    ),
    answers: { 201: OrderView },
    errors: [...placingErrors, 'no-sale', 'sale-not-started'],
    async handle(request) {
      const variantId = request.body.variantId ?? (await deps.saleVariantOf(request.params.productId))
      if (variantId === undefined) throw orderErrors.error('no-sale', 'The product has no sale now or ahead.')
      return answerTo(
        await deps.placer.place({
          ...orderRequest(request, [{ variantId, quantity: 1 }], request.body, true),
          saleProductId: request.params.productId,
        }),
      )
    },
  }),
  route({
    method: 'GET',
    url: '/v1/orders/:orderId',
    operationId: 'getOrder',
    tag: 'Orders',
    summary: 'An order with its history and its shipments',
    access: 'signed-in',
    params: orderParams,
    answers: { 200: OrderToReadView },
    errors: ['order-not-found'],
    handle: async ({ params, me }) => {
      const order = await visibleOrder(deps.shards, params.orderId, me)
      const tx = deps.shards.ofId(order.orderId).db.autocommit
      const [shipments, toPay] = await Promise.all([shipmentsOf(tx, [order.orderId]), toPayOf(tx, order)])
      return ok({ ...orderWithShipments(order, shipments), toPay })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/orders/:orderId/status',
    operationId: 'getOrderStatus',
    tag: 'Orders',
    summary: 'How far an order is',
    description: 'For orders placed later (202) too: from `accepted` on, with the reason if it was refused.',
    access: 'signed-in',
    params: orderParams,
    answers: { 200: StatusView },
    errors: ['order-not-found'],
    handle: async ({ params, me }) => ok(await statusOf(deps.shards, params.orderId, me)),
  }),
  route({
    method: 'GET',
    url: '/v1/orders',
    operationId: 'listMyOrders',
    tag: 'Orders',
    summary: 'Your orders, newest first',
    access: { permission: 'orders:read-own' },
    query: page,
    answers: { 200: OrderListView },
    handle: async ({ query, me }) => {
      const limit = query.limit ?? 20
      const pages = await Promise.all(
        deps.shards.all().map((shard) => {
          // Whoever has just ordered looks for it.
          const tx = deps.wroteLately.has(me.accountId) ? shard.db.autocommit : listsOf(shard)
          return listOfCustomer(tx, me.accountId, query.cursor ?? null, limit + 1)
        }),
      )
      return ok(pageOf(newestFirst(pages.flat()), limit))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/orders',
    operationId: 'listShopOrders',
    tag: 'Orders',
    summary: "A shop's orders, newest first",
    description:
      'With a `status` a page may hold fewer than asked for, even none: go on while there is a `nextCursor`.',
    access: { duty: 'orders' },
    params: Type.Object({ shopId: uuid }, closed),
    query: Type.Object({ ...page.properties, status: Type.Optional(Type.Enum(orderStatuses)) }, closed),
    answers: { 200: OrderListView },
    errors: ['order-not-found'],
    handle: async ({ params, query, me }) => {
      if (!mayActFor(me, params.shopId, 'orders')) throw notFound()
      const limit = query.limit ?? 20
      const shard = deps.shards.ofOwner(params.shopId)
      const { status = null, cursor = null } = query
      // The first page is what is to be done now; further ones are history.
      const tx = cursor === null ? shard.db.autocommit : listsOf(shard)
      const orders = await listOfShop(tx, params.shopId, status, cursor, limit + 1)
      if (status === null || orders.length > limit) return ok(pageOf(orders, limit))
      // Fewer than a page within what may be looked at: older ones may follow.
      const { orderId } = await lookedUntil(tx, params.shopId, cursor)
      return ok({ items: orders.map(orderView), nextCursor: orderId })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/orders/:orderId/cancel',
    operationId: 'cancelOrder',
    tag: 'Orders',
    summary: 'Cancel an order that has not been shipped',
    description:
      'By its customer, by staff of the shop or by an operator. What it held can be sold again at once; what was paid is given back.',
    access: 'signed-in',
    params: orderParams,
    answers: { 200: OrderDetailView },
    errors: ['order-not-found', 'illegal-transition', 'shipment-under-way'],
    // `once` belongs to the request: taken out of it, it would have none.
    handle: (request) => {
      const { params, me, correlationId } = request
      deps.wroteLately.add(me.accountId)
      return request.once(deps.shards.ofId(params.orderId).db, async (tx) => {
        const order = await cancelOrder(tx, deps, {
          orderId: params.orderId,
          mayCancel: (candidate) => maySee(candidate, me),
          byOf: (candidate) => cancelledBy(candidate, me),
          correlationId,
        })
        return ok(orderView(order))
      })
    },
  }),
]

type PlacingRequest = {
  me: Principal
  idempotencyKey: string | undefined
  correlationId: string
  address: string
  headers: Readonly<Record<string, string | string[] | undefined>>
}

type PlacingBody = {
  paymentMethod?: PaymentMethod
  paymentToken?: string
  voucherCodes?: string[]
  delivery?: { method?: string; address: Delivery['address'] }
  contact?: Contact
}

function orderRequest(
  request: PlacingRequest,
  lines: OrderRequest['lines'],
  body: PlacingBody,
  saleOnly: boolean,
): OrderRequest {
  const { paymentMethod = 'cash-on-delivery', paymentToken } = body
  if (paymentToken !== undefined) checkPaymentToken(paymentMethod, paymentToken)
  const extras = extrasOf(body)
  return {
    customerId: request.me.accountId,
    key: request.idempotencyKey as string,
    bodyHash: hashBody(lines, paymentMethod, saleOnly, paymentToken, extras),
    lines,
    paymentMethod,
    paymentToken,
    saleOnly,
    extras,
    correlationId: request.correlationId,
  }
}

const prefersAsync = (prefer: string | string[] | undefined): boolean =>
  typeof prefer === 'string' && /(^|[,;\s])respond-async($|[,;\s])/i.test(prefer)

async function accept(deps: RouteDeps, order: OrderRequest, request: PlacingRequest, asked: Priority): Promise<Answer> {
  const acceptedAt = deps.clock()
  const priority = asked === 'high' && request.me.kind !== 'api-key' ? 'normal' : asked
  const { lines, paymentMethod, paymentToken, correlationId, saleOnly = false, extras } = order
  const first = lines[0]?.variantId ?? ''
  const kept = await deps
    .accept(deps.shards.ofId(first).name, {
      // In the bucket of the shop, as the variant's id has it: the order's own shard is known from the first moment.
      orderId: uuidv7(acceptedAt.getTime(), bucketInId(first)),
      customerId: order.customerId,
      key: order.key,
      bodyHash: order.bodyHash,
      body: JSON.stringify({ lines, paymentMethod, paymentToken, correlationId, saleOnly, extras }),
      priority: priorities[priority],
      networkAddress: request.address,
      userAgent: String(request.headers['user-agent'] ?? '').slice(0, 200),
      acceptedAt,
    })
    .catch(refuseOverload)
  if (typeof kept !== 'string') throw kept
  const statusUrl = `/v1/orders/${kept}/status`
  const body = { id: kept, status: 'accepted', statusUrl, estimateSeconds: 5, acceptedAt: acceptedAt.toISOString() }
  return { status: 202, body, headers: { location: statusUrl, 'preference-applied': 'respond-async' } }
}

/** The acceptor holds as much as it may; of this one nothing was kept. */
function refuseOverload(error: unknown): never {
  if (!(error instanceof Overloaded)) throw error
  throw orderErrors.error('orders-overloaded', 'Too many orders are waiting.', {}, error.retryAfterSeconds)
}

const notFound = () => orderErrors.error('order-not-found', 'There is no order with this id.')

const maySee = (order: Order, me: Principal): boolean =>
  order.customerId === me.accountId || mayActFor(me, order.shopId, 'orders')

const cancelledBy = (order: Order, me: Principal): 'customer' | 'shop' | 'operator' => {
  if (order.customerId === me.accountId) return 'customer'
  return me.duties.has(order.shopId) ? 'shop' : 'operator'
}

async function visibleOrder(shards: Shards, orderId: string, me: Principal): Promise<Order> {
  const [order] = await readOrders(shards.ofId(orderId).db.autocommit, [orderId])
  if (order === undefined || !maySee(order, me)) throw notFound()
  return order
}

async function statusOf(shards: Shards, orderId: string, me: Principal) {
  const { db } = shards.ofId(orderId)
  const statusUrl = `/v1/orders/${orderId}/status`
  const [order] = await readOrders(db.autocommit, [orderId])
  if (order !== undefined) {
    if (!maySee(order, me)) throw notFound()
    const lastAtMs = order.history.at(-1)?.[1]
    const toPay = await toPayOf(db.autocommit, order)
    return {
      id: orderId,
      status: order.status,
      progressPercent: toPay === null ? progressOf[order.status] : 80,
      statusUrl,
      refusal: null,
      toPay,
      acceptedAt: new Date(order.placedAtMs).toISOString(),
      finishedAt: order.status === 'placed' || lastAtMs === undefined ? null : new Date(lastAtMs).toISOString(),
    }
  }
  return requestStatus(db, orderId, statusUrl, me)
}

/** How and until when an order is to be paid, while it waits for that. */
async function toPayOf(tx: Tx, { orderId, status }: Order) {
  const waiting = status === 'placed' ? await waitingFor(tx, orderId) : undefined
  return waiting === undefined
    ? null
    : { url: `/v1/orders/${orderId}/payments`, until: waiting.deadlineAt.toISOString() }
}

async function requestStatus(db: Database, orderId: string, statusUrl: string, me: Principal) {
  const request = await findRequest(db.autocommit, orderId)
  if (request === undefined || request.customer_id !== me.accountId) throw notFound()
  const refused = request.state === 'refused'
  return {
    id: orderId,
    status: refused ? 'refused' : 'accepted',
    progressPercent: progressOf[refused ? 'refused' : 'accepted'],
    statusUrl,
    toPay: null,
    refusal: request.refusal && { code: request.refusal.code, detail: request.refusal.detail },
    acceptedAt: request.accepted_at.toISOString(),
    finishedAt: request.finished_at?.toISOString() ?? null,
  }
}

const newestFirst = (orders: Order[]) => orders.sort((a, b) => (a.orderId < b.orderId ? 1 : -1))

const pageOf = (orders: readonly Order[], limit: number) => ({
  items: orders.slice(0, limit).map(orderView),
  nextCursor: orders.length > limit ? (orders[limit - 1]?.orderId ?? null) : null,
})

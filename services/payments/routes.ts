import {
  created,
  cursorOf,
  mayActFor,
  ok,
  type Principal,
  type Route,
  type RouteRequest,
  readCursor,
  route,
} from '@souk/http'
import { uuidv7 } from '@souk/postgres'
import type { AuthoriseDeps } from './authorise-orders.ts'
import { holdsCardNumber } from './card-number.ts'
import { changePayments } from './change-payments.ts'
import type { Command } from './decide.ts'
import { paymentErrors } from './errors.ts'
import { listOfShop } from './lists.sql.ts'
import { lookSooner } from './operations.sql.ts'
import { operatorRoutes } from './operator-routes.ts'
import type { Payment } from './payment.ts'
import { readPayments } from './payments.sql.ts'
import {
  NewRefund,
  OrderParams,
  PageQuery,
  PaymentPage,
  PaymentParams,
  PaymentShape,
  PaymentsOfOrder,
  ProviderParams,
  Received,
  ShopParams,
  WalletShape,
} from './schemas.ts'
import { showPayments } from './views.ts'
import { listMovements, readBalances } from './wallet.sql.ts'
import { keepWebhook, type WebhookDeps } from './webhooks.ts'

export type RouteDeps = AuthoriseDeps & { webhooks: WebhookDeps; wakeWebhooks(): void }

const tag = 'Payments'
const duty = { duty: 'orders' } as const
const changing = ['payment-not-found', 'illegal-payment-move'] as const

export const notFound = () => paymentErrors.error('payment-not-found', 'There is no payment with this id.')

const worksHere = (me: Principal, { shopId }: Payment) => shopId !== '' && mayActFor(me, shopId, 'orders')

export const paymentRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/orders/:orderId/payments',
    operationId: 'listOrderPayments',
    summary: 'How an order is paid',
    description:
      'For its customer, with what he needs to pay: where to go (`redirectUrl`), or what the form of the provider needs. Empty until the money has been asked for, a moment after the order was placed. While the provider has not answered, the question of the customer, who may just come back from there, has it looked up.',
    tag,
    access: 'signed-in',
    params: OrderParams,
    answers: { 200: PaymentsOfOrder },
    errors: ['payment-not-found'],
    async handle({ params: { orderId }, me }) {
      const payment = await visible(deps, orderId, me)
      // Somebody else tells us too, but a webhook may be late or lost, and he is waiting.
      if (payment.state === 'pending' && payment.customerId === me.accountId)
        if (await lookSooner(deps.db.autocommit, orderId, deps.clock())) deps.wake()
      return ok({ items: await showPayments(deps.db.autocommit, [orderId], payment.customerId === me.accountId) })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/payments/:paymentId',
    operationId: 'getPayment',
    summary: 'A payment, its refunds and its history',
    tag,
    access: 'signed-in',
    params: PaymentParams,
    answers: { 200: PaymentShape },
    errors: ['payment-not-found'],
    async handle({ params: { paymentId }, me }) {
      const payment = await visible(deps, paymentId, me)
      return ok((await showPayments(deps.db.autocommit, [paymentId], payment.customerId === me.accountId))[0])
    },
  }),
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/payments',
    operationId: 'listShopPayments',
    summary: "A shop's payments, those asked for last first",
    tag,
    access: duty,
    params: ShopParams,
    query: PageQuery,
    answers: { 200: PaymentPage },
    errors: ['payment-not-found'],
    async handle({ params: { shopId }, query, me }) {
      if (!mayActFor(me, shopId, 'orders')) throw notFound()
      const place = readCursor('shop-payments', query.cursor, 'id', 'integer')
      const before = place && { askingId: place[0], place: place[1] }
      const rows = await listOfShop(deps.db.autocommit, shopId, before, query.limit + 1)
      const shown = rows.slice(0, query.limit)
      const last = shown.at(-1)
      return ok({
        items: await showPayments(
          deps.db.autocommit,
          shown.map(({ paymentId }) => paymentId),
        ),
        nextCursor:
          rows.length > query.limit && last !== undefined ? cursorOf('shop-payments', last.askingId, last.place) : null,
      })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/payments/:paymentId/refunds',
    operationId: 'refundPayment',
    summary: 'Send money back, all or a part',
    description:
      'Accepted for good when it is answered, and then sent by the provider, or put into the wallet at once. All refunds together are never more than was collected, however many ask at the same time.',
    tag,
    access: duty,
    params: PaymentParams,
    body: NewRefund,
    answers: { 201: PaymentShape },
    errors: [...changing, 'refund-too-large', 'text-holds-card-number'],
    handle: (request) =>
      changed(
        deps,
        request,
        () => {
          const { amountMinor = 0, reason = '' } = request.body
          if (holdsCardNumber(reason))
            throw paymentErrors.error('text-holds-card-number', 'The reason holds a card number.')
          const refundId = uuidv7(deps.clock().getTime())
          return { do: 'refund', refundId, amountMinor, cause: 'operator', askedBy: request.me.accountId, reason }
        },
        201,
      ),
  }),
  route({
    method: 'POST',
    url: '/v1/payments/:paymentId/capture',
    operationId: 'capturePayment',
    summary: 'Collect promised money',
    description: 'What takes a provider is done within seconds; the payment then says `captured`.',
    tag,
    access: duty,
    params: PaymentParams,
    answers: { 200: PaymentShape },
    errors: changing,
    handle: (request) => changed(deps, request, () => ({ do: 'capture' })),
  }),
  route({
    method: 'POST',
    url: '/v1/payments/:paymentId/void',
    operationId: 'voidPayment',
    summary: 'Let go of promised money',
    description: 'Nothing is collected any more. The order itself is not touched: cancel it to release its goods.',
    tag,
    access: duty,
    params: PaymentParams,
    answers: { 200: PaymentShape },
    errors: changing,
    handle: (request) => changed(deps, request, () => ({ do: 'void' })),
  }),
  route({
    method: 'GET',
    url: '/v1/wallet',
    operationId: 'getMyWallet',
    summary: 'What you have with us, and why',
    tag,
    access: 'signed-in',
    query: PageQuery,
    answers: { 200: WalletShape },
    async handle({ query, me }) {
      const place = readCursor('wallet', query.cursor, 'id')
      const rows = await listMovements(deps.db.autocommit, me.accountId, place?.[0] ?? null, query.limit + 1)
      const shown = rows.slice(0, query.limit)
      const last = shown.at(-1)
      return ok({
        balances: await readBalances(deps.db.autocommit, me.accountId),
        items: shown.map(({ movementId, currency, amountMinor, cause, causeId, note, made_at }) => ({
          id: movementId,
          currency,
          amountMinor,
          cause,
          causeId,
          note,
          at: made_at.toISOString(),
        })),
        nextCursor: rows.length > query.limit && last !== undefined ? cursorOf('wallet', last.movementId) : null,
      })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/payments/webhooks/:provider',
    operationId: 'receivePaymentWebhook',
    summary: 'What a payment provider tells by itself',
    description:
      'For payment providers. The signature over the raw body is checked, the webhook is kept and answered, and applied afterwards. Repeats do nothing.',
    tag,
    access: 'public',
    params: ProviderParams,
    rawBody: true,
    idempotency: 'none',
    bodyLimitBytes: 200_000,
    // A provider sends thousands a minute from one address after an outage of ours, and again what was turned away.
    limit: { name: 'payment-webhooks', perMinute: 60_000, per: 'address', instead: true },
    answers: { 200: Received },
    errors: ['provider-unknown', 'webhook-refused', 'webhook-unreadable', 'webhooks-unavailable'],
    async handle({ params, headers, body, address }) {
      const provider = deps.providers.named(params.provider)
      if (provider === undefined)
        throw paymentErrors.error('provider-unknown', `No provider ${params.provider} is set up.`)
      const raw = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
      await keepWebhook(deps.webhooks, provider, { headers, raw, address })
      deps.wakeWebhooks()
      return ok({ received: true })
    },
  }),
  ...operatorRoutes(deps),
]

async function visible(deps: RouteDeps, paymentId: string, me: Principal): Promise<Payment> {
  const [payment] = await readPayments(deps.db.autocommit, [paymentId])
  if (payment === undefined || (payment.customerId !== me.accountId && !worksHere(me, payment))) throw notFound()
  return payment
}

/** A change asked for by staff of the shop or an operator, once under its Idempotency-Key. */
async function changed(
  deps: RouteDeps,
  request: Pick<RouteRequest, 'me' | 'once' | 'correlationId'> & { params: { paymentId: string } },
  command: () => Command,
  status = 200,
) {
  const { paymentId } = request.params
  const [payment] = await readPayments(deps.db.autocommit, [paymentId])
  if (payment === undefined || !worksHere(request.me, payment)) throw notFound()
  return await request.once(deps.db, async (tx) => {
    await changePayments(tx, deps, [{ paymentId, command: command(), correlationId: request.correlationId }])
    const [body] = await showPayments(tx, [paymentId])
    return status === 201 ? created(body) : ok(body)
  })
}

import type {
  Client,
  Order,
  OrdersController,
  PaymentsController,
  TransactionSearchController,
} from '@paypal/paypal-server-sdk'
import {
  type AuthoriseAsk,
  type PaymentProvider,
  type ProviderAnswer,
  ProviderRefused,
  ProviderUnavailable,
} from '../provider.ts'
import { daysOf } from './days.ts'
import { notUnderstood } from './http.ts'
import { answerOf, isUnwanted, unwanted, amountOf, moneyOf, recordsOf, recordOf } from './paypal-answers.ts'
import { createPayPalWebhooks } from './paypal-webhooks.ts'
import { type AxiosRequest, axiosTransport, refusalOf } from './transport.ts'

export type PayPalSettings = {
  clientId: string
  clientSecret: string
  /** As PayPal shows them; part of what is signed. Each is believed. */
  webhookIds: readonly string[]
  /** Instead of https://api-m.paypal.com. */
  url: string | undefined
  timeoutMs: number
  clock: () => Date
}

type Api = { orders: OrdersController; payments: PaymentsController; transactions: TransactionSearchController }

const whole = 'return=representation'

/**
 * PayPal by its own library, which is loaded at the first call. A payment is an order there; the customer approves it at
 * PayPal, which then waits for us to take the money: `find` does that, under a key of the order, so it happens once. It
 * takes no tokens.
 *
 * Orders cannot be searched for by our reference: `find` needs PayPal's. An order whose answer was lost has moved no
 * money, because nobody has the link to approve it, and asking again under the same key gives the same order for six hours.
 */
export function createPayPalProvider(settings: PayPalSettings): PaymentProvider {
  const webhooks = createPayPalWebhooks(settings)
  let client: Promise<Api> | undefined
  const forget = () => {
    client = undefined
  }
  const paypal = () => (client ??= load(settings, forget))

  async function call<T>(reading: boolean, ask: (api: Api) => Promise<{ result: T }>): Promise<T> {
    try {
      return (await ask(await paypal())).result
    } catch (error) {
      // Ours come through as they are; the library's own are about answers that it could not read.
      throw (error as Error).name.startsWith('Provider') ? error : notUnderstood('paypal', reading, error)
    }
  }

  const orderOf = (id: string) => call(true, ({ orders }) => orders.getOrder({ id }))

  /** The customer has agreed and PayPal waits for us. A refusal by their bank leaves the order as it was. */
  async function completed(order: Order): Promise<Order> {
    const { id = '', status, intent } = order
    if (status !== 'APPROVED' || isUnwanted(order)) return order
    const take = { id, paypalRequestId: `complete-${id}`, prefer: whole }
    try {
      if (intent === 'AUTHORIZE') await call(false, ({ orders }) => orders.authorizeOrder(take))
      else await call(false, ({ orders }) => orders.captureOrder(take))
    } catch (error) {
      if (error instanceof ProviderRefused) return order
      throw error
    }
    return orderOf(id)
  }

  const unitOf = async (id: string) => (await orderOf(id)).purchaseUnits?.[0]?.payments

  return {
    name: 'paypal',
    methods: new Set(['card'] as const),
    async authorise(ask) {
      if (ask.token !== undefined) throw new ProviderRefused('tokens_are_not_taken')
      const order = await call(false, ({ orders }) =>
        orders.createOrder({ body: asked(ask) as never, paypalRequestId: ask.idempotencyKey, prefer: whole }),
      )
      return answerOf(order)
    },
    async capture({ providerReference, idempotencyKey, amountMinor, currency }) {
      const authorizationId = (await unitOf(providerReference))?.authorizations?.[0]?.id
      if (authorizationId === undefined) throw new ProviderRefused('nothing_to_capture')
      const body = { amount: moneyOf(amountMinor, currency), finalCapture: true }
      const capture = await call(false, ({ payments }) =>
        payments.captureAuthorizedPayment({ authorizationId, paypalRequestId: idempotencyKey, prefer: whole, body }),
      )
      return operated(capture)
    },
    async voidAuthorisation({ providerReference, idempotencyKey, amountMinor, currency }) {
      const payments = await unitOf(providerReference)
      if (payments?.captures?.length) throw new ProviderRefused('captured_already')
      const authorizationId = payments?.authorizations?.[0]?.id
      if (authorizationId !== undefined)
        await call<unknown>(false, (api) =>
          api.payments.voidPayment({ authorizationId, paypalRequestId: idempotencyKey }),
        )
      // Nothing is promised yet and an order cannot be called off: it is marked, and not completed if it is approved.
      else
        await call<unknown>(false, ({ orders }) => orders.patchOrder({ id: providerReference, body: [mark as never] }))
      return { kind: 'succeeded', providerReference, amountMinor, currency, captured: true, feeMinor: 0 }
    },
    async refund({ ourReference, providerReference, refundId, idempotencyKey, amountMinor, currency }) {
      const captureId = (await unitOf(providerReference))?.captures?.[0]?.id
      if (captureId === undefined) throw new ProviderRefused('nothing_was_captured')
      const body = { amount: moneyOf(amountMinor, currency), customId: ourReference, invoiceId: refundId }
      const refund = await call(false, ({ payments }) =>
        payments.refundCapturedPayment({ captureId, paypalRequestId: idempotencyKey, prefer: whole, body }),
      )
      return operated(refund)
    },
    async find(ourReference, providerReference) {
      if (providerReference === undefined) return undefined
      const record = recordOf(await completed(await orderOf(providerReference)))
      return record.ourReference === ourReference ? record : undefined
    },
    readWebhook: (headers, rawBody, nowMs) => webhooks.read(headers, rawBody, nowMs),
    async *listLedger(from, to) {
      // What PayPal's reports know of the last three hours is not complete.
      for (const { fromSeconds, toSeconds } of daysOf(from, to)) {
        const [startDate, endDate] = [fromSeconds, toSeconds].map((at) => new Date(at * 1_000).toISOString()) as [
          string,
          string,
        ]
        const day = []
        for (let page = 1, pages = 1; page <= pages; page += 1) {
          const search = { startDate, endDate, fields: 'transaction_info', pageSize: 500, page }
          const found = await call(true, ({ transactions }) => transactions.searchTransactions(search))
          day.push(...(found.transactionDetails ?? []))
          pages = Math.min(20, found.totalPages ?? 1)
        }
        yield* recordsOf(day.flatMap(({ transactionInfo }) => transactionInfo ?? []))
      }
    },
  }
}

const mark = { op: 'replace', path: "/purchase_units/@reference_id=='default'/description", value: unwanted }

const asked = ({ ourReference, amountMinor, currency, capture, returnUrl }: AuthoriseAsk) => ({
  intent: capture ? 'CAPTURE' : 'AUTHORIZE',
  purchaseUnits: [
    {
      customId: ourReference,
      invoiceId: ourReference,
      description: `Order ${ourReference}`,
      amount: moneyOf(amountMinor, currency),
    },
  ],
  paymentSource: {
    paypal: {
      experienceContext: {
        returnUrl,
        cancelUrl: returnUrl,
        userAction: 'PAY_NOW',
        shippingPreference: 'NO_SHIPPING',
        paymentMethodPreference: 'IMMEDIATE_PAYMENT_REQUIRED',
      },
    },
  },
})

/** A capture or a refund. */
function operated(made: {
  id?: string
  status?: string
  amount?: { currencyCode: string; value: string }
}): ProviderAnswer {
  const { id, status, amount } = made
  if (id === undefined || status === undefined) throw notUnderstood('paypal', false)
  if (status === 'DECLINED' || status === 'FAILED' || status === 'CANCELLED')
    return { kind: 'declined', providerReference: id, reason: status.toLowerCase() }
  if (status === 'PENDING')
    return { kind: 'pending', providerReference: id, redirectUrl: undefined, clientSecret: undefined }
  const { amountMinor, currency } = amountOf(amount, false)
  return { kind: 'succeeded', providerReference: id, amountMinor, currency, captured: true, feeMinor: 0 }
}

async function load(settings: PayPalSettings, forget: () => void): Promise<Api> {
  const sdk = await import('@paypal/paypal-server-sdk')
  const client: Client = new sdk.Client({
    environment: sdk.Environment.Production,
    clientCredentialsAuthCredentials: { oAuthClientId: settings.clientId, oAuthClientSecret: settings.clientSecret },
    httpClientOptions: { retryConfig: { maxNumberOfRetries: 0 } as never },
    // Two hosts are built in and its time-out is none: so its transport is ours.
    unstable_httpClientOptions: { adapter: transportOf(settings, forget) },
  })
  return {
    orders: new sdk.OrdersController(client),
    payments: new sdk.PaymentsController(client),
    transactions: new sdk.TransactionSearchController(client),
  }
}

function transportOf({ url, timeoutMs, clock }: PayPalSettings, forget: () => void) {
  const transport = axiosTransport({
    provider: 'paypal',
    url,
    timeoutMs,
    harmless: (path) => path.endsWith('/oauth2/token'),
  })
  return async (request: AxiosRequest) => {
    const answer = await transport(request)
    if (answer.status < 300) return answer
    const signingIn = new URL(request.url ?? '', 'https://paypal').pathname.endsWith('/oauth2/token')
    // The token was taken back: with a new one it will do. Nothing was done with the old.
    if (answer.status === 401 && !signingIn) {
      forget()
      throw new ProviderUnavailable('paypal no longer takes our token')
    }
    const reading = signingIn || (request.method ?? 'get').toLowerCase() === 'get'
    throw refusalOf('paypal', answer, reasonIn(answer.data), reading, clock().getTime())
  }
}

function reasonIn(body: string): string {
  try {
    const { name, error, details } = JSON.parse(body) as {
      name?: string
      error?: string
      details?: { issue?: string }[]
    }
    return String(details?.[0]?.issue ?? name ?? error ?? 'no reason').slice(0, 100)
  } catch {
    return 'no reason'
  }
}

import type Stripe from 'stripe'
import {
  type AuthoriseAsk,
  type PaymentProvider,
  type ProviderAnswer,
  type ProviderRecord,
  ProviderRefused,
  ProviderUnavailable,
} from '../provider.ts'
import { decimalsOf, rescale } from './amounts.ts'
import { daysOf } from './days.ts'
import { fetchLimited, lostAnswer, notUnderstood, refusal, retryAfterMsOf } from './http.ts'
import { mergeRecords } from './records.ts'
import { checkTimed, headerOf, readJson } from './signatures.ts'
import { isIntent, isRefund, readStripeEvent } from './stripe-answers.ts'

export type StripeSettings = {
  key: string
  /** Each of them is believed. */
  webhookSecrets: readonly string[]
  /** Instead of https://api.stripe.com. */
  url: string | undefined
  timeoutMs: number
  clock: () => Date
}

// Stripe counts these with other decimals than ISO 4217 does: https://docs.stripe.com/currencies#special-cases
const stripeDecimals: Record<string, number> = { ISK: 2, UGX: 2, MGA: 0 }
const toStripe = (minor: number, currency: string) => {
  const decimals = decimalsOf(currency)
  // Three decimals are taken only as far as the second.
  if (decimals === 3 && minor % 10 !== 0) throw new ProviderRefused('amount_not_payable_in_this_currency')
  return rescale(minor, decimals, stripeDecimals[currency] ?? decimals)
}
const fromStripe = (amount: number, currency: string) => {
  const decimals = decimalsOf(currency)
  return rescale(amount, stripeDecimals[currency] ?? decimals, decimals)
}

const expand = ['latest_charge.balance_transaction']

/** How far from the time in our reference a payment is looked for when search does not know it yet. */
const lookBackSeconds = 60
const lookAheadSeconds = 900

/** Stripe by its own library, which is loaded at the first call. Payment intents; a token is a payment method, `pm_…`. */
export function createStripeProvider(settings: StripeSettings): PaymentProvider {
  const { timeoutMs, clock } = settings
  let client: Promise<Stripe> | undefined
  const stripe = () => (client ??= load(settings))

  async function call<T>(reading: boolean, ask: (client: Stripe) => Promise<T>): Promise<T> {
    try {
      return await ask(await stripe())
    } catch (error) {
      throw inWordsOfThePort(error, reading, clock().getTime())
    }
  }

  async function intentOf(reading: boolean, ask: (client: Stripe) => Promise<Stripe.PaymentIntent>) {
    const intent: unknown = await call(reading, ask)
    if (!isIntent(intent)) throw notUnderstood('stripe', reading)
    return intent
  }

  const refundsOf = (id: string) =>
    call(true, (client) => client.refunds.list({ payment_intent: id, limit: 100 }).autoPagingToArray({ limit: 1_000 }))

  async function recordOf(intent: Stripe.PaymentIntent): Promise<ProviderRecord> {
    const currency = intent.currency.toUpperCase()
    const refunds = intent.status === 'succeeded' ? await refundsOf(intent.id) : []
    if (!refunds.every(isRefund)) throw notUnderstood('stripe', true)
    const kept = refunds.map((refund) => ({
      refundId: refund.metadata?.refund_id ?? '',
      providerReference: refund.id,
      amountMinor: fromStripe(refund.amount, currency),
      state: refundState(refund.status),
    }))
    const captured = intent.status === 'succeeded'
    return {
      ourReference: intent.metadata.our_reference ?? '',
      providerReference: intent.id,
      state: stateOf(intent),
      amountMinor: fromStripe(intent.amount, currency),
      capturedMinor: captured ? fromStripe(intent.amount_received, currency) : 0,
      refundedMinor: kept.filter(({ state }) => state !== 'failed').reduce((sum, one) => sum + one.amountMinor, 0),
      feeMinor: feeOf(intent),
      currency,
      refunds: kept,
      reason: reasonOf(intent),
      captures: captured ? 1 : 0,
      redirectUrl: intent.next_action?.redirect_to_url?.url ?? undefined,
      clientSecret: intent.client_secret ?? undefined,
      changedAtMs: Math.max(intent.created, ...refunds.map(({ created }) => created)) * 1_000,
    }
  }

  /** Search lags by up to a minute and more; the list does not, and our reference says when to look. */
  async function findByOurs(ourReference: string): Promise<Stripe.PaymentIntent[]> {
    const query = `metadata['our_reference']:'${ourReference.replaceAll(/[^\w-]/g, '')}'`
    const found = await call(true, (client) => client.paymentIntents.search({ query, expand: within('data') }))
    if (!found.data?.every(isIntent)) throw notUnderstood('stripe', true)
    if (found.data.length > 0) return found.data
    const madeAt = secondsOf(ourReference) ?? Math.floor(clock().getTime() / 1_000)
    const created = { gte: madeAt - lookBackSeconds, lt: madeAt + lookAheadSeconds }
    const recent = await call(true, (client) =>
      client.paymentIntents.list({ created, limit: 100, expand: within('data') }).autoPagingToArray({ limit: 2_000 }),
    )
    return recent.filter((intent) => isIntent(intent) && intent.metadata.our_reference === ourReference)
  }

  return {
    name: 'stripe',
    methods: new Set(['card'] as const),
    async authorise(ask) {
      try {
        const idempotency = { idempotencyKey: ask.idempotencyKey }
        const intent = await intentOf(false, (client) => client.paymentIntents.create(asked(ask), idempotency))
        return answerOf(intent)
      } catch (error) {
        const declined = declineOf(error)
        if (declined === undefined) throw error
        return declined
      }
    },
    async capture({ providerReference, idempotencyKey, amountMinor, currency }) {
      const amount_to_capture = toStripe(amountMinor, currency)
      const intent = await intentOf(false, (client) =>
        client.paymentIntents.capture(providerReference, { amount_to_capture, expand }, { idempotencyKey }),
      )
      const code = intent.currency.toUpperCase()
      return { ...succeeded(intent), amountMinor: fromStripe(intent.amount_received, code) }
    },
    async voidAuthorisation({ providerReference, idempotencyKey }) {
      const intent = await intentOf(false, (client) =>
        client.paymentIntents.cancel(providerReference, {}, { idempotencyKey }),
      )
      return { ...succeeded(intent), captured: true }
    },
    async refund({ ourReference, providerReference, refundId, idempotencyKey, amountMinor, currency }) {
      const metadata = { our_reference: ourReference, refund_id: refundId }
      const amount = toStripe(amountMinor, currency)
      const refund: unknown = await call(false, (client) =>
        client.refunds.create({ payment_intent: providerReference, amount, metadata }, { idempotencyKey }),
      )
      if (!isRefund(refund)) throw notUnderstood('stripe', false)
      const state = refundState(refund.status)
      if (state === 'failed')
        return { kind: 'declined', reason: refund.failure_reason ?? 'failed', providerReference: refund.id }
      if (state === 'pending')
        return { kind: 'pending', providerReference: refund.id, redirectUrl: undefined, clientSecret: undefined }
      const code = refund.currency.toUpperCase()
      return {
        kind: 'succeeded',
        providerReference: refund.id,
        amountMinor: fromStripe(refund.amount, code),
        currency: code,
        captured: true,
        feeMinor: 0,
      }
    },
    async find(ourReference, providerReference) {
      const intents =
        providerReference === undefined
          ? await findByOurs(ourReference)
          : [await intentOf(true, (client) => client.paymentIntents.retrieve(providerReference, { expand }))]
      const ours = intents.filter((intent) => intent.metadata.our_reference === ourReference)
      return mergeRecords(await Promise.all(ours.map(recordOf)))
    },
    readWebhook(headers, rawBody, nowMs) {
      checkTimed(headerOf(headers, 'stripe-signature'), rawBody, settings.webhookSecrets, nowMs)
      return readStripeEvent(readJson(rawBody))
    },
    async *listLedger(from, to) {
      // Stripe lists the newest first: a day is fetched, turned round, and then the next.
      for (const { fromSeconds: gte, toSeconds: lt } of daysOf(from, to)) {
        const created = { gte, lt }
        const day = await call(true, (client) =>
          client.paymentIntents
            .list({ created, limit: 100, expand: within('data') })
            .autoPagingToArray({ limit: 10_000 }),
        )
        for (const intent of day.toReversed()) yield await recordOf(intent)
      }
    },
  }

  async function load({ key, url }: StripeSettings): Promise<Stripe> {
    const { default: StripeClient } = await import('stripe')
    const at = url === undefined ? undefined : new URL(url)
    const limited = async (input: string | URL | Request, init: RequestInit = {}) => {
      const { status, headers, text } = await fetchLimited(input instanceof Request ? input.url : String(input), init, {
        timeoutMs,
        maxBytes: 8 * 1_048_576,
      })
      // Whatever stands between us and Stripe may answer too; without an error in the body the library takes it for success.
      const body = status >= 400 && !text.includes('"error"') ? JSON.stringify({ error: { type: 'api_error' } }) : text
      return new Response(status === 204 ? null : body, { status, headers })
    }
    return new StripeClient(key, {
      // Ours decide when something is repeated; theirs would do so on their own.
      maxNetworkRetries: 0,
      timeout: timeoutMs,
      telemetry: false,
      httpClient: StripeClient.createFetchHttpClient(limited),
      ...(at !== undefined && {
        host: at.hostname,
        port: at.port || (at.protocol === 'https:' ? 443 : 80),
        protocol: at.protocol === 'https:' ? ('https' as const) : ('http' as const),
      }),
    })
  }
}

const within = (list: string) => expand.map((path) => `${list}.${path}`)

/** When a UUIDv7 was made; undefined for anything else. */
const secondsOf = (reference: string): number | undefined =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(reference)
    ? Math.floor(Number.parseInt(reference.slice(0, 8) + reference.slice(9, 13), 16) / 1_000)
    : undefined

const asked = (ask: AuthoriseAsk): Stripe.PaymentIntentCreateParams => ({
  amount: toStripe(ask.amountMinor, ask.currency),
  currency: ask.currency.toLowerCase(),
  allowed_payment_method_types: ['card'],
  capture_method: ask.capture ? 'automatic' : 'manual',
  metadata: { our_reference: ask.ourReference, ...(ask.token !== undefined && { with_token: 'yes' }) },
  expand,
  ...(ask.token !== undefined && { confirm: true, payment_method: ask.token, return_url: ask.returnUrl }),
})

function stateOf({ status, last_payment_error, metadata }: Stripe.PaymentIntent): ProviderRecord['state'] {
  if (status === 'succeeded') return 'captured'
  if (status === 'requires_capture') return 'authorised'
  if (status === 'canceled') return 'voided'
  // In the browser the customer may try another card; what we confirmed with a token is over.
  return last_payment_error && metadata.with_token !== undefined ? 'declined' : 'pending'
}

const refundState = (status: string | null): 'pending' | 'succeeded' | 'failed' =>
  status === 'succeeded' ? 'succeeded' : status === 'failed' || status === 'canceled' ? 'failed' : 'pending'

const reasonOf = ({ last_payment_error: error }: Stripe.PaymentIntent): string =>
  error?.decline_code ?? error?.code ?? ''

function feeOf({ latest_charge: charge, currency }: Stripe.PaymentIntent): number {
  const booked = charge !== null && typeof charge === 'object' ? charge.balance_transaction : null
  // In the currency of the account, which need not be that of the payment.
  if (booked === null || typeof booked !== 'object' || booked.currency !== currency) return 0
  const code = currency.toUpperCase()
  return Math.round(booked.fee * 10 ** (decimalsOf(code) - (stripeDecimals[code] ?? decimalsOf(code))))
}

const succeeded = (intent: Stripe.PaymentIntent) => {
  const currency = intent.currency.toUpperCase()
  return {
    kind: 'succeeded' as const,
    providerReference: intent.id,
    amountMinor: fromStripe(intent.amount, currency),
    currency,
    captured: intent.status === 'succeeded',
    feeMinor: feeOf(intent),
  }
}

function answerOf(intent: Stripe.PaymentIntent): ProviderAnswer {
  const state = stateOf(intent)
  if (state === 'captured' || state === 'authorised') return succeeded(intent)
  if (state === 'declined' || state === 'voided')
    return { kind: 'declined', providerReference: intent.id, reason: reasonOf(intent) || state }
  return {
    kind: 'pending',
    providerReference: intent.id,
    redirectUrl: intent.next_action?.redirect_to_url?.url ?? undefined,
    clientSecret: intent.client_secret ?? undefined,
  }
}

type StripeFailure = {
  type: string
  statusCode?: number
  code?: string
  decline_code?: string
  detail?: unknown
  headers?: Record<string, string>
  payment_intent?: { id?: string }
}

function inWordsOfThePort(error: unknown, reading: boolean, nowMs: number): Error {
  const { type, statusCode, code, detail, headers } = error as StripeFailure
  if (typeof type !== 'string' || !type.startsWith('Stripe')) return error as Error
  if (statusCode === undefined || type === 'StripeConnectionError')
    return lostAnswer('stripe', detail ?? error, reading)
  // An answer that is no JSON comes with the status it had.
  if (statusCode < 400) return notUnderstood('stripe', reading, error)
  if (code === 'idempotency_key_in_use') return new ProviderUnavailable('stripe is still at it', { cause: error })
  const refused = refusal('stripe', statusCode, code ?? type, reading, retryAfterMsOf(headers?.['retry-after'], nowMs))
  refused.cause = error
  return refused
}

/** The bank said no: an answer, not a failure. */
function declineOf(error: unknown): ProviderAnswer | undefined {
  const { type, decline_code, code, payment_intent } = ((error as Error).cause ?? {}) as StripeFailure
  if (type !== 'StripeCardError' || payment_intent?.id === undefined) return undefined
  return { kind: 'declined', reason: decline_code ?? code ?? 'card_declined', providerReference: payment_intent.id }
}

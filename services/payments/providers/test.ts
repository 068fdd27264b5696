import { testProviderSecrets } from '@souk/stand-ins/test-provider/secrets'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import {
  type AuthoriseAsk,
  type OperationAsk,
  type PaymentProvider,
  type ProviderAnswer,
  type ProviderError,
  ProviderOutcomeUnknown,
  type ProviderRecord,
  WebhookRefused,
} from '../provider.ts'
import { callHttp, notUnderstood, refusal, retryAfterMsOf } from './http.ts'
import { mergeRecords } from './records.ts'
import { checkTimed, headerOf, readJson } from './signatures.ts'

const Charge = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100 }),
  reference: Type.String({ maxLength: 100 }),
  state: Type.Enum(['pending', 'authorised', 'captured', 'declined', 'voided']),
  amountMinor: Type.Integer({ minimum: 0 }),
  capturedMinor: Type.Integer({ minimum: 0 }),
  refundedMinor: Type.Integer({ minimum: 0 }),
  feeMinor: Type.Integer({ minimum: 0 }),
  currency: Type.String({ minLength: 3, maxLength: 3 }),
  captures: Type.Integer({ minimum: 0 }),
  reason: Type.String({ maxLength: 100 }),
  refunds: Type.Array(
    Type.Object({
      id: Type.String({ maxLength: 100 }),
      refundId: Type.String({ maxLength: 100 }),
      amountMinor: Type.Integer({ minimum: 0 }),
      state: Type.Enum(['pending', 'succeeded', 'failed']),
    }),
    { maxItems: 1_000 },
  ),
  changedAtMs: Type.Integer(),
  payUrl: Type.Optional(Type.String({ maxLength: 500 })),
})
const Failure = Type.Object({
  error: Type.Object({ code: Type.String({ maxLength: 100 }), status: Type.Optional(Type.Integer()) }),
})
const Results = Type.Object({ results: Type.Array(Type.Union([Type.Object({ charge: Charge }), Failure])) })
const Page = Type.Object({
  items: Type.Array(Charge),
  nextCursor: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
})
const Webhook = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100 }),
  kind: Type.String({ maxLength: 100 }),
  reference: Type.String({ maxLength: 100 }),
  occurredAtMs: Type.Integer(),
})
type Charge = Static<typeof Charge>

const isCharge = Compile(Charge)
const isFailure = Compile(Failure)
const isResults = Compile(Results)
const isPage = Compile(Page)
const isWebhook = Compile(Webhook)

/** The largest batch the provider takes. */
const batchSize = 500

export type TestProviderSettings = { url: string; secret: string; timeoutMs: number; clock: () => Date }

/** The test provider: a process of its own that behaves as asked. See docs/guides/payments.md. */
export function createTestProvider({ url, secret, timeoutMs, clock }: TestProviderSettings): PaymentProvider {
  const { apiKey, webhookSecret } = testProviderSecrets(secret)
  const base = url.replace(/\/$/, '')

  async function call<T>(check: { Check(value: unknown): value is T }, path: string, body?: object, maxBytes?: number) {
    const reading = body === undefined
    const answer = await callHttp({
      provider: 'test',
      method: reading ? 'GET' : 'POST',
      url: `${base}${path}`,
      headers: { authorization: `Bearer ${apiKey}` },
      timeoutMs,
      reading,
      ...(body !== undefined && { body }),
      ...(maxBytes !== undefined && { maxBytes }),
    })
    if (answer.status !== 200) {
      const reason = isFailure.Check(answer.body) ? answer.body.error.code : 'no reason'
      const waitMs = retryAfterMsOf(answer.headers.get('retry-after'), clock().getTime())
      throw refusal('test', answer.status, reason, reading, waitMs)
    }
    if (!check.Check(answer.body)) throw notUnderstood('test', reading)
    return answer.body
  }

  const post = (charge: OperationAsk, what: string, refundId?: string) =>
    call(isCharge, `/charges/${encodeURIComponent(charge.providerReference)}/${what}`, {
      idempotencyKey: charge.idempotencyKey,
      amountMinor: charge.amountMinor,
      ...(refundId !== undefined && { refundId }),
    })

  async function authoriseSome(asks: readonly AuthoriseAsk[]): Promise<(ProviderAnswer | ProviderError)[]> {
    try {
      const { results } = await call(isResults, '/charges/batch', { charges: asks.map(wire) }, 4 * 1_048_576)
      if (results.length !== asks.length)
        throw new ProviderOutcomeUnknown('test answered for other payments than asked')
      return results.map((result) =>
        'charge' in result
          ? answerOf(result.charge)
          : refusal('test', result.error.status ?? 500, result.error.code, false),
      )
    } catch (error) {
      return asks.map(() => error as ProviderError)
    }
  }

  return {
    name: 'test',
    methods: new Set(['card', 'bank-transfer'] as const),
    authorise: async (ask) => answerOf(await call(isCharge, '/charges', wire(ask))),
    async authoriseMany(asks) {
      const parts: (readonly AuthoriseAsk[])[] = []
      for (let at = 0; at < asks.length; at += batchSize) parts.push(asks.slice(at, at + batchSize))
      const answers = (await Promise.all(parts.map(authoriseSome))).flat()
      // Nobody could be asked at all: that is the provider's failure, and its circuit breaker should see it.
      const [first] = answers
      if (first instanceof Error && answers.every((answer) => answer === first)) throw first
      return answers
    },
    async capture(ask) {
      const charge = await post(ask, 'capture')
      return { ...answerOf(charge), ...(charge.state === 'captured' && { amountMinor: charge.capturedMinor }) }
    },
    async voidAuthorisation(ask) {
      const { id, amountMinor, currency } = await post(ask, 'void')
      return { kind: 'succeeded', providerReference: id, amountMinor, currency, captured: true, feeMinor: 0 }
    },
    async refund(ask) {
      const charge = await post(ask, 'refund', ask.refundId)
      const made = charge.refunds.find(({ refundId }) => refundId === ask.refundId)
      if (made === undefined) throw new ProviderOutcomeUnknown('test did not say what it gave back')
      const { id, amountMinor } = made
      return {
        kind: 'succeeded',
        providerReference: id,
        amountMinor,
        currency: charge.currency,
        captured: true,
        feeMinor: 0,
      }
    },
    async find(ourReference) {
      const { items } = await call(isPage, `/charges?reference=${encodeURIComponent(ourReference)}`)
      return mergeRecords(items.map(recordOf))
    },
    readWebhook(headers, rawBody, nowMs) {
      checkTimed(headerOf(headers, 'souk-test-signature'), rawBody, [webhookSecret], nowMs)
      const webhook = readJson(rawBody)
      if (!isWebhook.Check(webhook)) throw new WebhookRefused('unreadable', 'the webhook is not of the agreed form')
      const { id, kind, reference, occurredAtMs } = webhook
      return { eventId: id, kind, ourReference: reference || undefined, occurredAtMs }
    },
    async *listLedger(from, to) {
      let cursor: number | null = 0
      while (cursor !== null) {
        const path: string = `/ledger?from=${from.getTime()}&to=${to.getTime()}&cursor=${cursor}&limit=1000`
        const page: Static<typeof Page> = await call(isPage, path, undefined, 8 * 1_048_576)
        yield* page.items.map(recordOf)
        cursor = page.nextCursor ?? null
      }
    },
  }
}

const wire = ({
  ourReference,
  idempotencyKey,
  method,
  amountMinor,
  currency,
  token,
  capture,
  returnUrl,
}: AuthoriseAsk) => ({
  reference: ourReference,
  idempotencyKey,
  method,
  amountMinor,
  currency,
  token,
  capture,
  returnUrl,
})

function answerOf(charge: Charge): ProviderAnswer {
  const { id: providerReference, state, amountMinor, currency, reason, feeMinor } = charge
  if (state === 'pending')
    return { kind: 'pending', providerReference, redirectUrl: charge.payUrl, clientSecret: undefined }
  if (state === 'declined' || state === 'voided')
    return { kind: 'declined', providerReference, reason: reason || state }
  return { kind: 'succeeded', providerReference, amountMinor, currency, captured: state === 'captured', feeMinor }
}

const recordOf = (charge: Charge): ProviderRecord => ({
  ourReference: charge.reference,
  providerReference: charge.id,
  state: charge.state,
  amountMinor: charge.amountMinor,
  capturedMinor: charge.capturedMinor,
  refundedMinor: charge.refundedMinor,
  feeMinor: charge.feeMinor,
  currency: charge.currency,
  refunds: charge.refunds.map(({ id, refundId, amountMinor, state }) => ({
    refundId,
    providerReference: id,
    amountMinor,
    state,
  })),
  reason: charge.reason,
  captures: charge.captures,
  redirectUrl: charge.payUrl,
  changedAtMs: charge.changedAtMs,
})

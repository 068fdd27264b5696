import { createHash } from 'node:crypto'
import type Razorpay from 'razorpay'
import {
  type AuthoriseAsk,
  type PaymentProvider,
  type ProviderAnswer,
  ProviderOutcomeUnknown,
  type ProviderRecord,
  ProviderRefused,
  ProviderUnavailable,
  WebhookRefused,
} from '../provider.ts'
import { daysOf } from './days.ts'
import { notUnderstood } from './http.ts'
import * as answers from './razorpay-answers.ts'
import { mergeRecords } from './records.ts'
import { headerOf, hmacSha256, isSame, readJson } from './signatures.ts'
import { axiosTransport, type AxiosRequest, refusalOf } from './transport.ts'

export type RazorpaySettings = {
  keyId: string
  keySecret: string
  webhookSecrets: readonly string[]
  /** Instead of https://api.razorpay.com. */
  url: string | undefined
  timeoutMs: number
  clock: () => Date
}

type Checker<T> = { Check(value: unknown): value is T }

/**
 * Razorpay by its own library, which is loaded at the first call. A payment is an order there; the customer pays it with
 * Razorpay Checkout, which is opened with the order's id (our `clientSecret`). It takes no tokens.
 *
 * Orders know no idempotency key, but their receipt is unique: it is our reference, and is looked for before an order is
 * made. Promised money cannot be let go there; an order is marked, never captured, and Razorpay gives it back in time.
 */
export function createRazorpayProvider(settings: RazorpaySettings): PaymentProvider {
  let client: Promise<Razorpay> | undefined
  const razorpay = () => (client ??= load(settings))

  async function call<T>(reading: boolean, check: Checker<T>, ask: (client: Razorpay) => Promise<unknown>): Promise<T> {
    let answer: unknown
    try {
      answer = await ask(await razorpay())
    } catch (error) {
      // The library wraps what its transport threw.
      const { error: inner } = error as { error?: unknown }
      throw inner instanceof Error ? inner : error
    }
    if (!check.Check(answer)) throw notUnderstood('razorpay', reading)
    return answer
  }

  const orderOf = (id: string) => call(true, answers.order, (client) => client.orders.fetch(id))
  const paymentsOf = async (id: string) =>
    (await call(true, answers.payments, (client) => client.orders.fetchPayments(id))).items
  const ordersOf = async (receipt: string) =>
    (await call(true, answers.orders, (client) => client.orders.all({ receipt, count: 100 }))).items

  /** The payment of an order that is worth something: taken, else promised. */
  async function payingOf(id: string): Promise<answers.Payment | undefined> {
    const all = await paymentsOf(id)
    return all.find(isTaken) ?? all.find(({ status }) => status === 'authorized')
  }

  async function recordOf(order: answers.Order): Promise<ProviderRecord> {
    const all = await paymentsOf(order.id)
    const taken = all.filter(isTaken)
    const refunds = (
      await Promise.all(
        taken.map(({ id }) =>
          call(true, answers.refunds, (client) => client.payments.fetchMultipleRefund(id, { count: 100 })),
        ),
      )
    ).flatMap(({ items }) => items)
    const promised = all.some(({ status }) => status === 'authorized')
    const isVoid = answers.noteIn(order.notes, 'voided') !== ''
    const kept = refunds.map((one) => ({
      refundId: answers.noteIn(one.notes, 'refund_id'),
      providerReference: one.id,
      amountMinor: one.amount,
      state: refundState(one.status),
    }))
    const failed = all.find(({ status }) => status === 'failed')
    return {
      ourReference: order.receipt ?? '',
      providerReference: order.id,
      state: taken.length > 0 ? 'captured' : isVoid ? 'voided' : promised ? 'authorised' : 'pending',
      amountMinor: order.amount,
      capturedMinor: sum(taken, ({ amount }) => amount),
      refundedMinor: sum(kept, ({ amountMinor, state }) => (state === 'failed' ? 0 : amountMinor)),
      feeMinor: sum(taken, ({ fee }) => fee ?? 0),
      currency: order.currency,
      refunds: kept,
      reason: failed?.error_reason ?? '',
      captures: taken.length,
      clientSecret: order.id,
      changedAtMs:
        1_000 *
        Math.max(order.created_at, ...all.map((one) => one.created_at), ...refunds.map((one) => one.created_at)),
    }
  }

  const pending = (order: answers.Order): ProviderAnswer => ({
    kind: 'pending',
    providerReference: order.id,
    redirectUrl: undefined,
    clientSecret: order.id,
  })

  return {
    name: 'razorpay',
    methods: new Set(['card'] as const),
    async authorise(ask) {
      if (ask.token !== undefined) throw new ProviderRefused('tokens_are_not_taken')
      const [known] = await ordersOf(ask.ourReference)
      if (known !== undefined) return pending(sameAs(known, ask))
      return pending(await call(false, answers.order, (client) => client.orders.create(asked(ask) as never)))
    },
    async capture({ providerReference, amountMinor, currency }) {
      const [order, paying] = [await orderOf(providerReference), await payingOf(providerReference)]
      if (answers.noteIn(order.notes, 'voided') !== '') throw new ProviderRefused('voided')
      if (paying === undefined) throw new ProviderRefused('nothing_to_capture')
      if (paying.amount !== amountMinor) throw new ProviderRefused('only_the_whole_amount_can_be_captured')
      const taken = isTaken(paying)
        ? paying
        : await call(false, answers.payment, (client) => client.payments.capture(paying.id, amountMinor, currency))
      return succeeded(taken.id, taken.amount, taken.currency, taken.fee ?? 0)
    },
    async voidAuthorisation({ providerReference, currency }) {
      const paying = await payingOf(providerReference)
      if (paying !== undefined && isTaken(paying)) throw new ProviderRefused('captured_already')
      const notes = { ...(await notesToKeep(providerReference)), voided: 'yes' }
      const order = await call(false, answers.order, (client) => client.orders.edit(providerReference, { notes }))
      return succeeded(order.id, order.amount, currency, 0)
    },
    async refund({ ourReference, providerReference, refundId, idempotencyKey, amountMinor }) {
      const paying = await payingOf(providerReference)
      if (paying === undefined || !isTaken(paying)) throw new ProviderRefused('nothing_was_captured')
      const notes = { our_reference: ourReference, refund_id: refundId, key: idempotencyKey }
      const made = await call(false, answers.refund, (client) =>
        client.payments.refund(paying.id, { amount: amountMinor, notes }),
      )
      const state = refundState(made.status)
      if (state === 'failed') return { kind: 'declined', reason: 'refund_failed', providerReference: made.id }
      if (state === 'pending')
        return { kind: 'pending', providerReference: made.id, redirectUrl: undefined, clientSecret: undefined }
      return succeeded(made.id, made.amount, made.currency, 0)
    },
    async find(ourReference, providerReference) {
      const found = providerReference === undefined ? await ordersOf(ourReference) : [await orderOf(providerReference)]
      const ours = found.filter(({ receipt }) => receipt === ourReference)
      return mergeRecords(await Promise.all(ours.map(recordOf)))
    },
    async readWebhook(headers, rawBody) {
      const given = headerOf(headers, 'x-razorpay-signature')
      let right = false
      for (const secret of settings.webhookSecrets) right = isSame(hmacSha256(secret, rawBody), given) || right
      if (!right) throw new WebhookRefused('forged', 'the signature does not belong to this body and secret')
      const event = readJson(rawBody)
      if (!answers.webhook.Check(event)) throw new WebhookRefused('unreadable', 'it is no event of Razorpay')
      const { payment, order, refund } = event.payload
      const said = (refund && answers.noteIn(refund.entity.notes, 'our_reference')) || order?.entity.receipt
      const orderId = payment?.entity.order_id
      return {
        // Their header with an id is not signed: what is signed is what makes an event the same.
        eventId: createHash('sha256').update(rawBody).digest('hex'),
        kind: event.event,
        // A payment knows only its order.
        ourReference: said || (orderId ? ((await orderOf(orderId)).receipt ?? undefined) : undefined),
        occurredAtMs: event.created_at * 1_000,
      }
    },
    async *listLedger(from, to) {
      for (const { fromSeconds, toSeconds } of daysOf(from, to)) {
        const day: answers.Order[] = []
        for (let skip = 0; ; skip += 100) {
          const range = { from: fromSeconds, to: toSeconds - 1, count: 100, skip }
          const { items } = await call(true, answers.orders, (client) => client.orders.all(range))
          day.push(...items)
          if (items.length < 100) break
        }
        for (const order of day.toReversed()) yield await recordOf(order)
      }
    },
  }

  async function notesToKeep(orderId: string): Promise<Record<string, string>> {
    const { notes } = await orderOf(orderId)
    return Array.isArray(notes)
      ? {}
      : Object.fromEntries(Object.entries(notes).map(([name, note]) => [name, String(note)]))
  }
}

const isTaken = ({ status }: answers.Payment): boolean => status === 'captured' || status === 'refunded'
const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((all, item) => all + of(item), 0)

const refundState = (status: string): 'pending' | 'succeeded' | 'failed' =>
  status === 'processed' ? 'succeeded' : status === 'failed' ? 'failed' : 'pending'

const succeeded = (
  providerReference: string,
  amountMinor: number,
  currency: string,
  feeMinor: number,
): ProviderAnswer => ({
  kind: 'succeeded',
  providerReference,
  amountMinor,
  currency,
  captured: true,
  feeMinor,
})

const asked = ({ ourReference, amountMinor, currency, capture }: AuthoriseAsk) => ({
  amount: amountMinor,
  currency,
  receipt: ourReference,
  notes: { our_reference: ourReference },
  payment: {
    capture: capture ? 'automatic' : 'manual',
    // Minutes; what is not captured by then is given back at once.
    capture_options: {
      manual_expiry_period: 7_200,
      refund_speed: 'normal',
      ...(capture && { automatic_expiry_period: 20 }),
    },
  },
})

function sameAs(known: answers.Order, ask: AuthoriseAsk): answers.Order {
  if (known.amount !== ask.amountMinor || known.currency !== ask.currency)
    throw new ProviderRefused('the_reference_was_used_for_another_amount')
  return known
}

async function load(settings: RazorpaySettings): Promise<Razorpay> {
  const { default: Client } = await import('razorpay')
  const client = new Client({ key_id: settings.keyId, key_secret: settings.keySecret })
  const transport = axiosTransport({
    provider: 'razorpay',
    url: settings.url,
    timeoutMs: settings.timeoutMs,
    addHeaders,
  })
  // Its host is fixed, it has no time limit, and it turns a broken connection into a TypeError: so its transport is ours.
  const { rq } = client.api as unknown as { rq: { defaults: { adapter: (request: AxiosRequest) => Promise<unknown> } } }
  rq.defaults.adapter = async (request) => {
    const reading = (request.method ?? 'get').toLowerCase() === 'get'
    const answer = await transport(request).catch((error: unknown) => throwInside(error))
    if (answer.status < 300) return answer
    const reason = reasonIn(answer.data)
    const waiting = answer.status === 409 ? new ProviderUnavailable('razorpay is still at it') : undefined
    return throwInside(waiting ?? refusalOf('razorpay', answer, reason, reading, settings.clock().getTime()))
  }
  return client
}

/** In the form in which the library passes it on whole. */
function throwInside(error: unknown): never {
  const inside = error instanceof Error ? error : new ProviderOutcomeUnknown('razorpay gave no answer')
  throw Object.assign(new Error(inside.message), { response: { status: 0, data: { error: inside } } })
}

function reasonIn(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { reason?: string; code?: string } }
    const { reason, code } = error ?? {}
    return String((reason && reason !== 'NA' ? reason : code) ?? 'no reason').slice(0, 100)
  } catch {
    return 'no reason'
  }
}

/** Refunds have a key, for which the library has no place; 10 letters, digits and hyphens at least. */
function addHeaders({ data }: AxiosRequest, path: string): Record<string, string> {
  if (!path.endsWith('/refund') || typeof data !== 'string') return {}
  const { notes } = JSON.parse(data) as { notes?: { key?: string } }
  if (notes?.key === undefined) return {}
  return { 'x-refund-idempotency': createHash('sha256').update(notes.key).digest('hex') }
}

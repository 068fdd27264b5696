import { createHmac } from 'node:crypto'
import { type StandIn, type StandInReply, type StandInRequest, startStandIn } from '../stand-in.ts'
import { type Form, readForm, textOf } from './form.ts'

type Intent = {
  id: string
  amount: number
  currency: string
  status: 'requires_payment_method' | 'requires_action' | 'requires_capture' | 'succeeded' | 'canceled' | 'processing'
  captureMethod: string
  amountReceived: number
  metadata: Form
  created: number
  declined: string | undefined
  refunds: StripeRefund[]
}
type StripeRefund = { id: string; amount: number; metadata: Form; created: number; intent: string }

export type StripeStandIn = StandIn & {
  intents: ReadonlyMap<string, Intent>
  /** The customer in Stripe's form in the browser. */
  visit(intentId: string, decision: 'pay' | 'decline'): void
  /** An event about this payment, as Stripe would send it. */
  event(intentId: string, atMs: number, secret: string): { headers: Record<string, string>; body: string }
}

class StripeError extends Error {
  readonly status: number
  readonly error: object
  constructor(status: number, error: object) {
    super('refused')
    this.status = status
    this.error = error
  }
}
const invalid = (code: string, message: string, status = 400) =>
  new StripeError(status, { type: 'invalid_request_error', code, message })

/**
 * Payment intents, refunds and search as Stripe answers them, with its idempotency: the first answer again for the same key
 * and parameters (with `idempotent-replayed`), 400 `idempotency_error` for others. Search lags behind, as Stripe's does.
 */
export async function startStripe(options: { key: string; searchLags?: boolean }): Promise<StripeStandIn> {
  const intents = new Map<string, Intent>()
  const answers = new Map<string, { asked: string; reply: StandInReply }>()
  let last = 0
  const id = (prefix: string) => `${prefix}_${String((last += 1)).padStart(14, '0')}`

  const charge = (intent: Intent, expand: readonly string[]) => {
    const full = expand.some((path) => path.includes('latest_charge'))
    if (intent.status !== 'succeeded' && intent.status !== 'requires_capture') return null
    if (!full) return `ch_${intent.id}`
    return {
      id: `ch_${intent.id}`,
      object: 'charge',
      balance_transaction:
        intent.status === 'succeeded' && expand.some((path) => path.includes('balance_transaction'))
          ? {
              id: `txn_${intent.id}`,
              object: 'balance_transaction',
              currency: intent.currency,
              fee: feeOf(intent.amountReceived),
            }
          : null,
    }
  }
  const shown = (intent: Intent, expand: readonly string[] = []) => ({
    id: intent.id,
    object: 'payment_intent',
    amount: intent.amount,
    amount_received: intent.amountReceived,
    capture_method: intent.captureMethod,
    client_secret: `${intent.id}_secret_x`,
    created: intent.created,
    currency: intent.currency,
    last_payment_error: intent.declined === undefined ? null : declinedError(intent.declined),
    latest_charge: charge(intent, expand),
    metadata: intent.metadata,
    next_action: null,
    status: intent.status,
  })
  const shownRefund = (refund: StripeRefund, currency: string) => ({
    id: refund.id,
    object: 'refund',
    amount: refund.amount,
    currency,
    created: refund.created,
    metadata: refund.metadata,
    payment_intent: refund.intent,
    status: 'succeeded',
  })

  function settle(intent: Intent): void {
    const manual = intent.captureMethod === 'manual'
    intent.status = manual ? 'requires_capture' : 'succeeded'
    intent.amountReceived = manual ? 0 : intent.amount
  }

  function create(form: Form, expand: readonly string[], wrongAmount: boolean): StandInReply {
    const amount = Number(form.amount) + (wrongAmount ? 100 : 0)
    if (!Number.isSafeInteger(amount) || amount < 1)
      throw invalid('parameter_invalid_integer', 'Invalid integer: amount')
    const intent: Intent = {
      id: id('pi'),
      amount,
      currency: textOf(form.currency),
      status: 'requires_payment_method',
      captureMethod: textOf(form.capture_method) || 'automatic',
      amountReceived: 0,
      metadata: (form.metadata as Form) ?? {},
      created: Math.floor(Date.now() / 1_000),
      declined: undefined,
      refunds: [],
    }
    const method = form.payment_method
    if (form.confirm === 'true' && typeof method === 'string') {
      if (!method.startsWith('pm_')) throw invalid('resource_missing', `No such PaymentMethod: '${method}'`, 404)
      if (/declined/i.test(method)) {
        intent.declined = 'insufficient_funds'
        intents.set(intent.id, intent)
        throw new StripeError(402, { ...declinedError('insufficient_funds'), payment_intent: shown(intent) })
      }
      settle(intent)
    }
    intents.set(intent.id, intent)
    return { status: 200, body: shown(intent, expand) }
  }

  function refund(form: Form): StandInReply {
    const intent = known(textOf(form.payment_intent))
    if (intent.status !== 'succeeded') throw invalid('charge_not_captured', 'This payment was not captured.')
    const before = intent.refunds.reduce((sum, one) => sum + one.amount, 0)
    const amount = form.amount === undefined ? intent.amountReceived - before : Number(form.amount)
    if (before === intent.amountReceived) throw invalid('charge_already_refunded', 'Charge has already been refunded.')
    if (before + amount > intent.amountReceived) throw invalid('amount_too_large', 'Refund amount is greater.')
    const made = { id: id('re'), amount, metadata: (form.metadata as Form) ?? {}, created: now(), intent: intent.id }
    intent.refunds.push(made)
    return { status: 200, body: shownRefund(made, intent.currency) }
  }

  const known = (intentId: string): Intent => {
    const intent = intents.get(intentId)
    if (intent === undefined) throw invalid('resource_missing', `No such payment_intent: '${intentId}'`, 404)
    return intent
  }
  const wrongState = (intent: Intent) =>
    invalid('payment_intent_unexpected_state', `This PaymentIntent's status is ${intent.status}.`)

  function act(intent: Intent, what: string, form: Form, expand: readonly string[]): StandInReply {
    if (what === 'capture') {
      const amount = Number(form.amount_to_capture ?? intent.amount)
      if (intent.status !== 'requires_capture') throw wrongState(intent)
      if (amount > intent.amount) throw invalid('amount_too_large', 'Amount is too large.')
      intent.status = 'succeeded'
      intent.amountReceived = amount
    } else if (intent.status === 'succeeded' || intent.status === 'canceled') throw wrongState(intent)
    else intent.status = 'canceled'
    return { status: 200, body: shown(intent, expand) }
  }

  function list(
    query: Form,
    all: readonly { id: string; created: number }[],
    show: (id: string) => object,
  ): StandInReply {
    const created = (query.created ?? {}) as Record<string, string>
    const within = all.filter(
      (one) => one.created >= Number(created.gte ?? 0) && one.created < Number(created.lt ?? Infinity),
    )
    const newestFirst = within.toReversed()
    const from = query.starting_after ? newestFirst.findIndex((one) => one.id === query.starting_after) + 1 : 0
    const page = newestFirst.slice(from, from + Number(query.limit ?? 10))
    return {
      status: 200,
      body: {
        object: 'list',
        data: page.map((one) => show(one.id)),
        has_more: from + page.length < newestFirst.length,
      },
    }
  }

  function answer(request: StandInRequest, wrongAmount: boolean): StandInReply {
    if (request.headers.authorization !== `Bearer ${options.key}`)
      throw new StripeError(401, { type: 'invalid_request_error', message: 'Invalid API Key provided' })
    const form = readForm(request.method === 'GET' ? request.query : new URLSearchParams(request.body))
    const expand = Object.values((form.expand ?? {}) as Record<string, string>)
    const { method, path } = request
    const refunds = () =>
      [...intents.values()].flatMap((intent) => intent.refunds).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    if (method === 'POST' && path === '/v1/payment_intents') return create(form, expand, wrongAmount)
    if (method === 'POST' && path === '/v1/refunds') return refund(form)
    if (method === 'GET' && path === '/v1/refunds') {
      const wanted = refunds().filter((one) => form.payment_intent === undefined || one.intent === form.payment_intent)
      return list(form, wanted, (wantedId) => {
        const found = wanted.find((one) => one.id === wantedId) as StripeRefund
        return shownRefund(found, known(found.intent).currency)
      })
    }
    if (method === 'GET' && path === '/v1/payment_intents')
      return list(form, [...intents.values()], (intentId) => shown(known(intentId), expand))
    if (method === 'GET' && path === '/v1/payment_intents/search') return search(textOf(form.query), expand)
    const [, intentId = '', what] = /^\/v1\/payment_intents\/(\w+)(?:\/(capture|cancel))?$/.exec(path) ?? []
    if (intentId !== '' && method === 'GET') return { status: 200, body: shown(known(intentId), expand) }
    if (what !== undefined && method === 'POST') return act(known(intentId), what, form, expand)
    throw invalid('unknown_url', `Unrecognized request URL (${method}: ${path}).`, 404)
  }

  function search(query: string, expand: readonly string[]): StandInReply {
    const [, name = '', value] = /^metadata\['(\w+)'\]:'([^']*)'$/.exec(query) ?? []
    if (name === '') throw invalid('search_query_invalid', 'We were unable to parse your search query.')
    const found = [...intents.values()].filter((intent) => intent.metadata[name] === value)
    const data = options.searchLags ? [] : found.map((intent) => shown(intent, expand))
    return { status: 200, body: { object: 'search_result', data, has_more: false } }
  }

  function once(request: StandInRequest, wrongAmount: boolean): StandInReply {
    const key = request.headers['idempotency-key']
    const asked = `${request.path} ${request.body}`
    const before = key === undefined ? undefined : answers.get(key)
    if (before !== undefined && before.asked !== asked)
      return failed(new StripeError(400, { type: 'idempotency_error', message: 'Keys for idempotent requests…' }))
    if (before !== undefined)
      return { ...before.reply, headers: { 'idempotent-replayed': 'true', 'original-request': 'req_1' } }
    let reply: StandInReply
    try {
      reply = answer(request, wrongAmount)
    } catch (error) {
      if (!(error instanceof StripeError)) throw error
      reply = failed(error)
    }
    // Kept as it was, also when it was a refusal by the bank; requests that failed validation are not kept.
    if (key !== undefined && (reply.status === 200 || reply.status === 402)) answers.set(key, { asked, reply })
    return reply
  }

  const standIn = await startStandIn({ operationOf, answer: once })
  return {
    ...standIn,
    intents,
    visit(intentId, decision) {
      const intent = known(intentId)
      if (decision === 'pay') settle(intent)
      else intent.declined = 'card_declined'
    },
    event(intentId, atMs, secret) {
      const body = JSON.stringify({
        id: `evt_${intentId}`,
        object: 'event',
        api_version: '2026-10-28.endive',
        created: Math.floor(atMs / 1_000),
        data: { object: shown(known(intentId)) },
        livemode: false,
        type: 'payment_intent.succeeded',
      })
      return { headers: { 'stripe-signature': signAsStripe(body, atMs, secret) }, body }
    },
  }
}

/** `t=…,v1=…`: HMAC-SHA256 of "seconds.body"; v0 is what Stripe adds for test events and nobody is to believe. */
export function signAsStripe(body: string, atMs: number, secret: string): string {
  const seconds = Math.floor(atMs / 1_000)
  const sign = (with_: string) => createHmac('sha256', with_).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${sign(secret)},v0=${sign('v0')}`
}

const now = () => Math.floor(Date.now() / 1_000)
const feeOf = (amount: number) => Math.round(amount * 0.014) + 25
const declinedError = (code: string) => ({
  type: 'card_error',
  code: 'card_declined',
  decline_code: code,
  message: 'Your card was declined.',
})
const failed = ({ status, error }: StripeError): StandInReply => ({ status, body: { error } })

function operationOf({ method, path }: StandInRequest): string | undefined {
  if (method === 'GET') return 'find'
  if (path === '/v1/payment_intents') return 'authorise'
  if (path === '/v1/refunds') return 'refund'
  return path.endsWith('/capture') ? 'capture' : undefined
}

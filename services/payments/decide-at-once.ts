import { holdsCardNumber } from './card-number.ts'
import { type CustomerRecord, type FraudLimits, fraudScore, fraudThreshold, nobodyYet } from './fraud.ts'
import {
  type FailureReason,
  isMethod,
  type Payment,
  type PaymentHistory,
  type PaymentMethod,
  type PaymentState,
} from './payment.ts'
import type { NewIntent } from './payments.sql.ts'
import type { ProviderMethod, ProvidersAtHand } from './provider.ts'

export type PaymentAsk = {
  orderId: string
  shopId: string
  customerId: string
  method: string
  /** Empty: none. */
  token: string
  amountMinor: number
  currency: string
  correlationId: string
}

export type Judged = {
  payment: Payment
  intent: NewIntent | undefined
  failure: { reason: FailureReason; detail: string } | undefined
  correlationId: string
}

export type Known = {
  commissions: ReadonlyMap<string, number>
  taxBp: number
  /** Of wallets that are locked, by "customer currency". */
  balances: ReadonlyMap<string, number>
  customers: ReadonlyMap<string, CustomerRecord>
  fraud: FraudLimits | undefined
  providers: Pick<ProvidersAtHand, 'forMethod'>
  nowMs: number
}

/** What can be said of payments when they are asked for, in the order of asking. Pure. */
export function decideAtOnce(asks: readonly PaymentAsk[], known: Known): Judged[] {
  const spent = new Map<string, number>()
  // Most begin in one way, all at this instant: what is the same for thousands is made once, and written once.
  const begun = new Map<PaymentState, PaymentHistory>()
  const beginning = (state: PaymentState): PaymentHistory => {
    let history = begun.get(state)
    if (history === undefined) begun.set(state, (history = [[state, known.nowMs]]))
    return history
  }
  return asks.map((ask) => {
    const verdict = judge(ask, known, spent)
    const { state } = verdict
    const why =
      verdict.failure && [verdict.failure.reason, verdict.failure.detail].filter((word) => word !== '').join(': ')
    const payment: Payment = {
      paymentId: ask.orderId,
      shopId: ask.shopId,
      customerId: ask.customerId,
      // What nobody knows has failed, and is shown as what it was called.
      method: ask.method as PaymentMethod,
      state,
      version: 1,
      amountMinor: ask.amountMinor,
      capturedMinor: state === 'captured' ? ask.amountMinor : 0,
      refundedMinor: 0,
      currency: ask.currency,
      commissionBp: known.commissions.get(ask.shopId) ?? 0,
      taxBp: known.taxBp,
      history: why === undefined ? beginning(state) : [[state, known.nowMs, why]],
    }
    const { failure, provider, score } = verdict
    const intent =
      provider === undefined
        ? undefined
        : {
            paymentId: ask.orderId,
            customerId: ask.customerId,
            amountMinor: ask.amountMinor,
            provider,
            token: state === 'created' && ask.token !== '' ? ask.token : null,
            score,
          }
    return { payment, intent, failure, correlationId: ask.correlationId }
  })
}

type Verdict = {
  state: PaymentState
  failure?: { reason: FailureReason; detail: string }
  provider?: string
  score: number
}

const fail = (reason: FailureReason, detail = ''): Verdict => ({
  state: 'failed',
  failure: { reason, detail },
  score: 0,
})

function judge(ask: PaymentAsk, known: Known, spent: Map<string, number>): Verdict {
  const { method } = ask
  if (method === 'cash-on-delivery') return { state: 'authorised', score: 0 }
  if (!isMethod(method)) return fail('declined', 'a method of payment nobody here knows')
  if (holdsCardNumber(ask.token)) return fail('declined', 'card numbers are never taken')
  // Nothing to pay: nobody needs to be asked.
  if (ask.amountMinor === 0) return { state: 'captured', score: 0 }
  if (method === 'wallet') {
    const key = `${ask.customerId} ${ask.currency}`
    const before = spent.get(key) ?? 0
    if ((known.balances.get(key) ?? 0) - before < ask.amountMinor) return fail('insufficient-funds')
    spent.set(key, before + ask.amountMinor)
    return { state: 'captured', score: 0 }
  }
  const provider = known.providers.forMethod(method as ProviderMethod, ask.token !== '')?.name
  if (provider === undefined) return fail('provider', 'no provider is set up for this method')
  if (known.fraud === undefined) return { state: 'created', provider, score: 0 }
  const customer = known.customers.get(ask.customerId) ?? nobodyYet
  const { score, why } = fraudScore({ ...ask, method }, customer, known.fraud)
  if (score <= fraudThreshold) return { state: 'created', provider, score }
  return { ...fail('fraud', why.join(', ')), provider, score }
}

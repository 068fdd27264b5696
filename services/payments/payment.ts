import { paymentErrors } from './errors.ts'

/** Every legal move of a payment. What is not here is refused. */
export const transitions = {
  created: { wait: 'pending', authorise: 'authorised', capture: 'captured', fail: 'failed' },
  pending: { authorise: 'authorised', capture: 'captured', fail: 'failed' },
  authorised: { capture: 'captured', release: 'voided' },
  captured: { refundPart: 'partly-refunded', refundAll: 'refunded' },
  'partly-refunded': { refundPart: 'partly-refunded', refundAll: 'refunded', restore: 'captured' },
  refunded: { restorePart: 'partly-refunded', restore: 'captured' },
  // Money that comes after all: it is taken into the books, and goes back at once.
  voided: { capture: 'captured' },
  failed: { authorise: 'authorised', capture: 'captured' },
  // Given back before anybody asked for it.
  'called-off': {},
} as const satisfies Record<string, Partial<Record<string, string>>>

export type PaymentState = keyof typeof transitions
export type PaymentMove =
  | 'wait'
  | 'authorise'
  | 'capture'
  | 'release'
  | 'fail'
  | 'refundPart'
  | 'refundAll'
  | 'restorePart'
  | 'restore'

export const paymentStates = Object.keys(transitions) as PaymentState[]
/** Where a payment may begin: those decided at once never wait. */
export const firstStates: readonly PaymentState[] = ['created', 'authorised', 'captured', 'failed', 'called-off']

/** @throws illegal-payment-move */
export function next(from: PaymentState, move: PaymentMove): PaymentState {
  const moves: Partial<Record<PaymentMove, PaymentState>> = transitions[from]
  return moves[move] ?? refuse(from, move)
}

/** @throws illegal-payment-move */
export function refuse(from: PaymentState, move: PaymentMove): never {
  throw paymentErrors.error('illegal-payment-move', `A payment that is ${from} cannot ${words[move]}.`, { state: from })
}

const words: Record<PaymentMove, string> = {
  wait: 'wait for its customer',
  authorise: 'be promised',
  capture: 'be collected',
  release: 'be let go of',
  fail: 'fail',
  refundPart: 'be refunded in part',
  refundAll: 'be refunded',
  restorePart: 'have a refund taken back',
  restore: 'have its refunds taken back',
}

/** Every state with when it was reached, in Unix milliseconds, and why, where that is not in the word itself. */
export type PaymentHistory = readonly (readonly [state: PaymentState, atMs: number, why?: string])[]

/** Whether a history is a path through the transitions that begins where payments begin. */
export const isPath = (states: readonly string[]): boolean =>
  states.every((state, index) => {
    const from = states[index - 1]
    if (from === undefined) return (firstStates as readonly string[]).includes(state)
    return Object.values((transitions as Record<string, object>)[from] ?? {}).includes(state)
  }) && states.length > 0

/**
 * How an order can be paid. `at-once`: known when it is asked. `captured`: the money is ours then, too. A refund of what
 * was paid in cash goes to the customer's wallet: nobody comes to the door again.
 */
export const paymentMethods = {
  card: { decided: 'by-provider', refundedTo: 'provider' },
  'bank-transfer': { decided: 'by-provider', refundedTo: 'provider' },
  wallet: { decided: 'at-once', captured: true, refundedTo: 'wallet' },
  'cash-on-delivery': { decided: 'at-once', captured: false, refundedTo: 'wallet' },
} as const
export type PaymentMethod = keyof typeof paymentMethods

export const isMethod = (text: string): text is PaymentMethod => Object.hasOwn(paymentMethods, text)

/** When the money of a card or a bank transfer is taken. */
export type CapturePolicy = 'authorisation' | 'shipment'

export type Payment = {
  readonly paymentId: string
  readonly shopId: string
  readonly customerId: string
  readonly method: PaymentMethod
  readonly state: PaymentState
  readonly version: number
  readonly amountMinor: number
  readonly capturedMinor: number
  /** Of captured: promised back or sent back. */
  readonly refundedMinor: number
  readonly currency: string
  readonly commissionBp: number
  readonly taxBp: number
  readonly history: PaymentHistory
}

/** The side of a payment that its provider knows. */
export type Intent = {
  readonly provider: string
  readonly token: string | null
  readonly providerReference: string | null
  readonly redirectUrl: string | null
  readonly clientSecret: string | null
  readonly score: number
  readonly feeMinor: number
  readonly alarm: string | null
}

export type RefundState = 'waiting' | 'sent' | 'settled' | 'failed'

export type Refund = {
  readonly refundId: string
  readonly amountMinor: number
  readonly cause: string
  readonly state: RefundState
  readonly toWallet: boolean
  readonly providerReference: string | null
  readonly askedBy: string
  readonly reason: string
}

/** An order to give back that has not been carried out. `amountMinor` 0: all that is left. */
export type GiveBack = {
  readonly causeId: string
  readonly cause: string
  readonly amountMinor: number
  readonly correlationId: string
}

/** All that a decision about a payment needs, read under its lock. */
export type Dossier = {
  readonly payment: Payment
  readonly intent: Intent | undefined
  readonly refunds: readonly Refund[]
  /** Those that wait. */
  readonly giveBacks: readonly GiveBack[]
  /** Nobody has spoken with the provider yet, and nobody is about to: it can be called off without asking. */
  readonly unasked: boolean
}

export type OperationKind = 'authorise' | 'capture' | 'void' | 'refund' | 'look'

/** What became of a payment: what is written, entered in the ledger and told. */
export type Fact =
  | {
      readonly kind: 'waited'
      readonly providerReference: string
      readonly redirectUrl: string | null
      readonly clientSecret: string | null
    }
  | { readonly kind: 'authorised'; readonly providerReference: string | null }
  | {
      readonly kind: 'captured'
      readonly amountMinor: number
      readonly feeMinor: number
      readonly providerReference: string | null
    }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly detail: string }
  | { readonly kind: 'released'; readonly why: string }
  | { readonly kind: 'refund-asked'; readonly refund: Refund }
  | { readonly kind: 'refund-sent'; readonly refundId: string; readonly providerReference: string }
  | { readonly kind: 'refund-settled'; readonly refundId: string; readonly providerReference: string | null }
  | { readonly kind: 'refund-failed'; readonly refundId: string; readonly reason: string }
  | { readonly kind: 'gave-back'; readonly causeId: string }
  | {
      readonly kind: 'wanted'
      readonly operation: OperationKind
      readonly refundId: string | null
      readonly inMs: number
      readonly mustLook: boolean
    }
  | { readonly kind: 'called-off'; readonly operation: OperationKind }
  | { readonly kind: 'alarmed'; readonly what: string }

export type FailureReason = 'declined' | 'expired' | 'cancelled' | 'insufficient-funds' | 'fraud' | 'provider'

export const wanted = (
  operation: OperationKind,
  refundId: string | null = null,
  more: { inMs?: number; mustLook?: boolean } = {},
): Fact => ({
  kind: 'wanted',
  operation,
  refundId,
  inMs: more.inMs ?? 0,
  mustLook: more.mustLook ?? false,
})

/** What of a payment can still be sent back. */
export const leftToRefund = ({ capturedMinor, refundedMinor }: Payment): number => capturedMinor - refundedMinor

export const isCollected = (state: PaymentState): boolean =>
  state === 'captured' || state === 'partly-refunded' || state === 'refunded'

/** Whether all of it is to go back, as soon as there is anything. */
export const isUnwanted = ({ giveBacks }: Dossier): boolean => giveBacks.some(({ amountMinor }) => amountMinor === 0)

const refundMove = (before: number, after: number, captured: number): PaymentMove | undefined => {
  if (after === before) return undefined
  if (after > before) return after === captured ? 'refundAll' : 'refundPart'
  return after === 0 ? 'restore' : 'restorePart'
}

/** The dossier after a fact. @throws illegal-payment-move, refund-too-large */
export function evolve(dossier: Dossier, fact: Fact, atMs: number): Dossier {
  const { payment, intent } = dossier
  switch (fact.kind) {
    case 'waited': {
      const { providerReference, redirectUrl, clientSecret } = fact
      const known = intent && { ...intent, providerReference, redirectUrl, clientSecret }
      return { ...dossier, payment: moved(payment, 'wait', atMs), intent: known, unasked: false }
    }
    case 'authorised':
      return {
        ...dossier,
        payment: moved(payment, 'authorise', atMs),
        intent: intent && decided(intent, fact.providerReference),
        unasked: false,
      }
    case 'captured': {
      const late = payment.state === 'failed' || payment.state === 'voided'
      const after = moved({ ...payment, capturedMinor: fact.amountMinor }, 'capture', atMs, late ? 'late' : undefined)
      const known = intent && { ...decided(intent, fact.providerReference), feeMinor: fact.feeMinor }
      return { ...dossier, payment: after, intent: known, unasked: false }
    }
    case 'failed':
      return {
        ...dossier,
        payment: moved(payment, 'fail', atMs, fact.detail === '' ? fact.reason : `${fact.reason}: ${fact.detail}`),
        intent: intent && decided(intent, null),
        unasked: false,
      }
    case 'released':
      return { ...dossier, payment: moved(payment, 'release', atMs, fact.why) }
    case 'refund-asked': {
      const { refund } = fact
      if (refund.amountMinor < 1 || refund.amountMinor > leftToRefund(payment))
        throw paymentErrors.error(
          'refund-too-large',
          `Of this payment ${leftToRefund(payment)} can be refunded, not ${refund.amountMinor}.`,
          { leftMinor: leftToRefund(payment) },
        )
      const after = refunded(payment, refund.amountMinor, atMs)
      return { ...dossier, payment: after, refunds: [...dossier.refunds, refund] }
    }
    case 'refund-sent':
      return withRefund(dossier, fact.refundId, { state: 'sent', providerReference: fact.providerReference })
    case 'refund-settled':
      return withRefund(dossier, fact.refundId, {
        state: 'settled',
        ...(fact.providerReference !== null && { providerReference: fact.providerReference }),
      })
    case 'refund-failed': {
      const refund = dossier.refunds.find(({ refundId }) => refundId === fact.refundId)
      const after = withRefund(dossier, fact.refundId, { state: 'failed', reason: fact.reason })
      return { ...after, payment: refunded(payment, -(refund?.amountMinor ?? 0), atMs) }
    }
    case 'gave-back':
      return { ...dossier, giveBacks: dossier.giveBacks.filter(({ causeId }) => causeId !== fact.causeId) }
    case 'alarmed':
      return { ...dossier, intent: intent && { ...intent, alarm: fact.what } }
    case 'wanted':
    case 'called-off':
      return dossier
  }
}

/** Once it is decided nobody needs the token or the secret any more. */
const decided = (intent: Intent, providerReference: string | null): Intent => ({
  ...intent,
  token: null,
  redirectUrl: null,
  clientSecret: null,
  providerReference: providerReference ?? intent.providerReference,
})

const moved = (payment: Payment, move: PaymentMove, atMs: number, why?: string): Payment => {
  const state = next(payment.state, move)
  const step = why === undefined ? ([state, atMs] as const) : ([state, atMs, why] as const)
  return { ...payment, state, version: payment.version + 1, history: [...payment.history, step] }
}

function refunded(payment: Payment, byMinor: number, atMs: number): Payment {
  const refundedMinor = payment.refundedMinor + byMinor
  const move = refundMove(payment.refundedMinor, refundedMinor, payment.capturedMinor)
  return move === undefined ? payment : moved({ ...payment, refundedMinor }, move, atMs)
}

const withRefund = (dossier: Dossier, refundId: string, change: Partial<Refund>): Dossier => ({
  ...dossier,
  refunds: dossier.refunds.map((refund) => (refund.refundId === refundId ? { ...refund, ...change } : refund)),
})

import {
  type CapturePolicy,
  type Dossier,
  evolve,
  type Fact,
  type FailureReason,
  type GiveBack,
  isCollected,
  isUnwanted,
  leftToRefund,
  type OperationKind,
  type Payment,
  paymentMethods,
  refuse,
  wanted,
} from './payment.ts'
import type { ProviderAnswer, ProviderRecord } from './provider.ts'

/** What is asked of a payment, or learned about it. */
export type Command =
  /** What the provider has written down: the truth. `undefined`: it has never heard of the payment. */
  | { readonly do: 'learn'; readonly record: ProviderRecord | undefined }
  /** What it answered to one of our calls. */
  | {
      readonly do: 'answer'
      readonly operation: OperationKind
      readonly refundId: string | null
      readonly answer: ProviderAnswer
    }
  /** It said no to the call itself. */
  | {
      readonly do: 'refused'
      readonly operation: OperationKind
      readonly refundId: string | null
      readonly reason: string
    }
  /** Cash was taken at the door: for what arrived; undefined: for all of it. */
  | { readonly do: 'collect'; readonly dueMinor?: number | undefined }
  /** Goods have left: promised money is collected. */
  | { readonly do: 'ship' }
  /** By a person. */
  | { readonly do: 'capture' }
  | { readonly do: 'void' }
  | {
      readonly do: 'refund'
      readonly refundId: string
      /** 0: all that is left. */
      readonly amountMinor: number
      readonly cause: string
      readonly askedBy: string
      readonly reason: string
    }
  /** Carry out what is to be given back: nothing else has happened. */
  | { readonly do: 'follow' }

export type Rules = {
  readonly capture: CapturePolicy
  /** Of refunds that nobody chose an id for. */
  newId(): string
}

/** A fact, and how things were before it. */
export type Step = { readonly before: Dossier; readonly fact: Fact }

/** How long after a customer was sent to the provider it is first asked what came of it; webhooks usually come before. */
const firstLookMs = 15_000

/**
 * What follows from a command: facts, in order, and the dossier after them. What is to be given back is carried out in
 * the same breath, so no money stays a moment longer than it has to.
 * @throws illegal-payment-move, refund-too-large, for what a person asked
 */
export function decide(
  dossier: Dossier,
  command: Command,
  rules: Rules,
  atMs: number,
): { steps: Step[]; after: Dossier } {
  const steps: Step[] = []
  let now = dossier
  const happen = (...given: readonly Fact[]) => {
    for (const fact of given) {
      const before = now
      now = evolve(now, fact, atMs)
      steps.push({ before, fact })
    }
  }
  happen(...factsOf(now, command))
  // Later ones of what was learned (refunds after the capture) depend on what the first ones made of it.
  if (command.do === 'learn' && command.record !== undefined) happen(...learnRefunds(now, command.record, rules))
  for (;;) {
    const following = follow(now, rules)
    if (following.length === 0) break
    happen(...following)
    if (following.every(({ kind }) => kind === 'wanted')) break
  }
  return { steps, after: now }
}

function factsOf(dossier: Dossier, command: Command): Fact[] {
  const { payment, intent } = dossier
  switch (command.do) {
    case 'follow':
      return []
    case 'learn':
      return learn(dossier, command.record)
    case 'answer':
      return command.operation === 'refund' ? refundAnswered(dossier, command) : answered(dossier, command)
    case 'refused':
      return refused(dossier, command)
    case 'collect':
      if (payment.method !== 'cash-on-delivery' || payment.state !== 'authorised') return []
      return collected(payment.amountMinor, command.dueMinor)
    case 'ship':
      return payment.state === 'authorised' && intent !== undefined && !isUnwanted(dossier) ? [wanted('capture')] : []
    case 'capture':
      // Refuses what could not become of it, before anybody is asked.
      if (payment.state !== 'authorised') refuse(payment.state, 'capture')
      return [intent === undefined ? captured(payment.amountMinor, 0, null) : wanted('capture')]
    case 'void':
      if (payment.state !== 'authorised') refuse(payment.state, 'release')
      return [intent === undefined ? { kind: 'released', why: 'voided' } : wanted('void')]
    case 'refund': {
      const amountMinor = command.amountMinor === 0 ? leftToRefund(payment) : command.amountMinor
      if (!isCollected(payment.state)) refuse(payment.state, 'refundAll')
      return refundFacts(dossier, { ...command, amountMinor })
    }
  }
}

/** All that was handed over may have been free: then nothing was taken, and nothing is waited for. */
function collected(amountMinor: number, dueMinor = amountMinor): Fact[] {
  const taken = Math.min(dueMinor, amountMinor)
  return taken === 0 && amountMinor > 0 ? [{ kind: 'released', why: 'nothing-due' }] : [captured(taken, 0, null)]
}

const captured = (amountMinor: number, feeMinor: number, providerReference: string | null): Fact => ({
  kind: 'captured',
  amountMinor,
  feeMinor,
  providerReference,
})

const failed = (reason: FailureReason, detail = ''): Fact => ({ kind: 'failed', reason, detail: detail.slice(0, 200) })

function refundFacts(
  { payment }: Dossier,
  asked: { refundId: string; amountMinor: number; cause: string; askedBy: string; reason: string },
): Fact[] {
  const toWallet = paymentMethods[payment.method].refundedTo === 'wallet'
  const { refundId, amountMinor, cause, askedBy, reason } = asked
  const refund = {
    refundId,
    amountMinor,
    cause,
    askedBy,
    reason,
    toWallet,
    state: 'waiting',
    providerReference: null,
  } as const
  return [
    { kind: 'refund-asked', refund },
    toWallet ? { kind: 'refund-settled', refundId, providerReference: null } : wanted('refund', refundId),
  ]
}

const isOpen = (dossier: Dossier) => dossier.payment.state === 'created' || dossier.payment.state === 'pending'

type Answered = Extract<Command, { do: 'answer' }>

/** An answer is believed as far as it says what we asked for; the amounts are compared as those of a record are. */
function answered(dossier: Dossier, { operation, answer }: Answered): Fact[] {
  const { payment } = dossier
  const { providerReference } = answer
  if (answer.kind === 'pending') {
    if (operation !== 'authorise' || payment.state !== 'created') return [wanted('look', null, { inMs: firstLookMs })]
    return [
      {
        kind: 'waited',
        providerReference,
        redirectUrl: answer.redirectUrl ?? null,
        clientSecret: answer.clientSecret ?? null,
      },
      wanted('look', null, { inMs: firstLookMs }),
    ]
  }
  if (answer.kind === 'declined') {
    if (operation !== 'authorise') return refused(dossier, { operation, reason: answer.reason })
    return isOpen(dossier) ? [failed('declined', answer.reason)] : [wanted('look')]
  }
  if (operation === 'void')
    return isOpen(dossier)
      ? [failed(reasonOfGivingBack(dossier))]
      : payment.state === 'authorised'
        ? [released(dossier)]
        : []
  const wrong = wrongMoney(dossier, answer)
  if (wrong !== undefined) return wrong
  return promise(
    dossier,
    providerReference,
    operation === 'capture' || answer.captured,
    answer.amountMinor,
    answer.feeMinor,
  )
}

/** The money is promised, or ours. Also when it comes late: then it goes into the books before it goes back. */
function promise(
  { payment: { state } }: Dossier,
  providerReference: string,
  isCaptured: boolean,
  amountMinor: number,
  feeMinor: number,
): Fact[] {
  if (isCollected(state)) return []
  if (isCaptured) return [captured(amountMinor, feeMinor, providerReference)]
  return state === 'authorised' || state === 'voided' ? [] : [{ kind: 'authorised', providerReference }]
}

/** Another amount or currency than was asked for is not accepted: an alarm, and whatever was taken goes back. */
function wrongMoney(dossier: Dossier, said: { amountMinor: number; currency: string }): Fact[] | undefined {
  const { payment } = dossier
  if (said.amountMinor === payment.amountMinor && said.currency === payment.currency) return undefined
  const what = `the provider has ${said.amountMinor} ${said.currency} where ${payment.amountMinor} ${payment.currency} was asked for`
  const alarm: Fact = { kind: 'alarmed', what }
  return isOpen(dossier)
    ? [alarm, failed('provider', 'wrong amount'), wanted('void', null, { mustLook: true })]
    : isCollected(payment.state)
      ? [alarm]
      : [alarm, wanted('void', null, { mustLook: true })]
}

const released = (dossier: Dossier): Fact => ({
  kind: 'released',
  why: dossier.giveBacks[0]?.cause ?? 'voided',
})

const reasonOfGivingBack = ({ giveBacks }: Dossier): FailureReason =>
  giveBacks.some(({ cause }) => cause === 'expired') ? 'expired' : 'cancelled'

function refused(
  dossier: Dossier,
  { operation, refundId = null, reason }: { operation: OperationKind; refundId?: string | null; reason: string },
): Fact[] {
  switch (operation) {
    case 'authorise':
      return isOpen(dossier) ? [failed('declined', reason)] : [wanted('look')]
    case 'refund': {
      const open = dossier.refunds.some((each) => each.refundId === refundId && each.state === 'waiting')
      if (!open || refundId === null) return []
      return [
        { kind: 'refund-failed', refundId, reason },
        { kind: 'alarmed', what: `refund ${refundId} was refused: ${reason}` },
      ]
    }
    case 'void':
      // Not every provider lets go of a payment its customer has not decided about. What still comes is sent back then.
      if (isOpen(dossier)) return [failed(reasonOfGivingBack(dossier)), wanted('look')]
      return [wanted('look')]
    case 'capture':
      // It may have been done already, by us or at the provider: what is true is for the look to say.
      return [wanted('look')]
    case 'look':
      return []
  }
}

function refundAnswered(dossier: Dossier, { refundId, answer }: Answered): Fact[] {
  const refund = dossier.refunds.find((each) => each.refundId === refundId)
  if (refund === undefined || (refund.state !== 'waiting' && refund.state !== 'sent')) return []
  const { providerReference } = answer
  if (answer.kind === 'declined') return refused(dossier, { operation: 'refund', refundId, reason: answer.reason })
  if (answer.kind === 'pending')
    return refund.state === 'sent'
      ? []
      : [
          { kind: 'refund-sent', refundId: refund.refundId, providerReference },
          wanted('look', null, { inMs: firstLookMs }),
        ]
  const facts: Fact[] = [{ kind: 'refund-settled', refundId: refund.refundId, providerReference }]
  if (answer.amountMinor !== refund.amountMinor || answer.currency !== dossier.payment.currency)
    facts.push({
      kind: 'alarmed',
      what: `refund ${refund.refundId} of ${refund.amountMinor} was sent as ${answer.amountMinor} ${answer.currency}`,
    })
  return facts
}

/** Make of a payment what the provider says it is. However often and in whatever order it is said. */
function learn(dossier: Dossier, record: ProviderRecord | undefined): Fact[] {
  const { payment } = dossier
  if (record === undefined) return isOpen(dossier) && isUnwanted(dossier) ? [failed(reasonOfGivingBack(dossier))] : []
  const facts: Fact[] = []
  if (record.captures > 1)
    facts.push({ kind: 'alarmed', what: `the provider has captured it ${record.captures} times` })
  const { providerReference, feeMinor } = record
  switch (record.state) {
    case 'pending':
      if (payment.state === 'created' && (record.redirectUrl ?? record.clientSecret) !== undefined)
        facts.push({
          kind: 'waited',
          providerReference,
          redirectUrl: record.redirectUrl ?? null,
          clientSecret: record.clientSecret ?? null,
        })
      return facts
    case 'declined':
      return isOpen(dossier) ? [...facts, failed('declined', record.reason)] : facts
    case 'voided':
      if (isOpen(dossier)) return [...facts, failed(reasonOfGivingBack(dossier), record.reason)]
      return payment.state === 'authorised' ? [...facts, released(dossier)] : facts
    case 'authorised':
    case 'captured': {
      const wrong = wrongMoney(dossier, record)
      // Sent back already, after it had not been accepted.
      const isOver = record.state === 'captured' && record.refundedMinor >= record.capturedMinor
      if (wrong !== undefined) return isOpen(dossier) || !isOver ? wrong : facts
      const amountMinor = Math.min(record.capturedMinor, payment.amountMinor)
      return [...facts, ...promise(dossier, providerReference, record.state === 'captured', amountMinor, feeMinor)]
    }
  }
}

function learnRefunds(dossier: Dossier, record: ProviderRecord, rules: Rules): Fact[] {
  const facts: Fact[] = []
  let left = leftToRefund(dossier.payment)
  if (!isCollected(dossier.payment.state)) return facts
  for (const said of record.refunds) {
    const { providerReference } = said
    const ours = dossier.refunds.find(
      (refund) => refund.refundId === said.refundId || refund.providerReference === providerReference,
    )
    if (ours === undefined) {
      // Somebody sent money back with the provider's own tools: it belongs in our books, too.
      if (said.state !== 'succeeded' || said.amountMinor > left || said.amountMinor < 1) continue
      left -= said.amountMinor
      const refundId = rules.newId()
      facts.push(
        {
          kind: 'refund-asked',
          refund: {
            refundId,
            amountMinor: said.amountMinor,
            cause: 'operator',
            askedBy: 'provider',
            reason: 'made with the tools of the provider',
            toWallet: false,
            state: 'sent',
            providerReference,
          },
        },
        { kind: 'refund-settled', refundId, providerReference },
      )
    } else if (ours.state === 'waiting' || ours.state === 'sent') {
      const { refundId } = ours
      if (said.state === 'succeeded') facts.push({ kind: 'refund-settled', refundId, providerReference })
      else if (said.state === 'failed')
        facts.push(
          { kind: 'refund-failed', refundId, reason: 'the provider could not send it' },
          { kind: 'alarmed', what: `refund ${refundId} failed at the provider` },
        )
      else if (ours.state === 'waiting') facts.push({ kind: 'refund-sent', refundId, providerReference })
    }
  }
  return facts
}

/** Why cash may have to go back for goods nobody handed over: what orders calls it, who do not know what was taken. */
const undelivered = 'undelivered'

/** At the door less than the whole is taken exactly when part of the goods is missing; that part was never paid. */
const wasNeverTaken = ({ method, amountMinor, capturedMinor }: Payment, { cause }: GiveBack): boolean =>
  cause === undelivered && method === 'cash-on-delivery' && capturedMinor < amountMinor

/** What is to be given back, as far as the payment allows it now. Empty: nothing, or it has to wait. */
function follow(dossier: Dossier, rules: Rules): Fact[] {
  const { payment, intent } = dossier
  const last = payment.history.at(-1)
  // Came after it had been given up: nobody asked for it any more.
  if (payment.state === 'captured' && last?.[2] === 'late' && leftToRefund(payment) > 0)
    return refundFacts(dossier, {
      refundId: rules.newId(),
      amountMinor: leftToRefund(payment),
      cause: 'late',
      askedBy: 'payments',
      reason: '',
    })
  if (payment.state === 'authorised' && payment.history.at(-2)?.[0] === 'failed') return [wanted('void')]
  const giveBack = dossier.giveBacks.find(({ amountMinor }) => amountMinor === 0) ?? dossier.giveBacks[0]
  if (giveBack === undefined) {
    // Promised, where the promise was to be collected in the same breath: a provider may need two.
    const isDue = payment.state === 'authorised' && intent !== undefined && rules.capture === 'authorisation'
    return isDue ? [wanted('capture')] : []
  }
  const done: Fact = { kind: 'gave-back', causeId: giveBack.causeId }
  switch (payment.state) {
    case 'created':
      if (giveBack.amountMinor !== 0 || !dossier.unasked) return []
      return [failed(reasonOfGivingBack(dossier)), { kind: 'called-off', operation: 'authorise' }, done]
    case 'pending':
      return giveBack.amountMinor === 0 ? [wanted('void')] : []
    case 'authorised':
      if (giveBack.amountMinor !== 0) return []
      return intent === undefined ? [released(dossier), done] : [wanted('void')]
    case 'captured':
    case 'partly-refunded': {
      const left = leftToRefund(payment)
      const amountMinor = giveBack.amountMinor === 0 ? left : Math.min(giveBack.amountMinor, left)
      if (amountMinor === 0 || wasNeverTaken(payment, giveBack)) return [done]
      const cause = giveBack.cause === undelivered ? 'returned' : giveBack.cause
      const asked = { refundId: rules.newId(), amountMinor, cause, askedBy: 'orders', reason: '' }
      return [...refundFacts(dossier, asked), done]
    }
    case 'refunded':
    case 'voided':
    case 'failed':
    case 'called-off':
      return [done]
  }
}

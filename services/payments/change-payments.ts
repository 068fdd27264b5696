import {
  paymentCaptured,
  paymentFailed,
  paymentInitiated,
  paymentRefunded,
  paymentsAuthorised,
  paymentsAuthorisedAtOnce,
} from '@souk/contracts'
import { type NewEvent, newEvent, type Outbox } from '@souk/events'
import { type Tx, uuidv7 } from '@souk/postgres'
import { type Command, decide, type Rules, type Step } from './decide.ts'
import { createJournals, entryOf } from './ledger.ts'
import { callOff, type Wanted, wantOperations } from './operations.sql.ts'
import { type CapturePolicy, type Dossier, isUnwanted, type Payment } from './payment.ts'
import {
  finishGiveBacks,
  insertJournals,
  lockDossiers,
  updateIntents,
  updatePayments,
  upsertRefunds,
} from './payments.sql.ts'
import { type Movement, moveWallets } from './wallet.sql.ts'

export type ChangeDeps = {
  outbox: Outbox
  clock: () => Date
  capture: CapturePolicy
  /** After it an order ends unpaid; told to whoever sends the customer a link. */
  deadlineMs: number
  /** Something is to be done at a provider. */
  wake(): void
  onAlarm(paymentId: string, what: string): void
}

export type Asked = { paymentId: string; command: Command; correlationId: string }

/** As each payment is afterwards, and what happened to it. */
export type Changed = Map<string, { after: Dossier; steps: Step[] }>

/**
 * Carry out commands on payments: lock, decide, write, tell. A fixed number of statements, however many payments.
 * Unknown ones are left out.
 * @throws illegal-payment-move, refund-too-large
 */
export const changePayments = async (tx: Tx, deps: ChangeDeps, asked: readonly Asked[]): Promise<Changed> =>
  changeLocked(tx, deps, await lockDossiers(tx, [...new Set(asked.map(({ paymentId }) => paymentId))]), asked)

/** As `changePayments`, for those who have to look at something else under the lock. */
export async function changeLocked(
  tx: Tx,
  deps: ChangeDeps,
  dossiers: ReadonlyMap<string, Dossier>,
  asked: readonly Asked[],
): Promise<Changed> {
  const atMs = deps.clock().getTime()
  const rules: Rules = { capture: deps.capture, newId: () => uuidv7(atMs) }
  const changes = new Map<string, Change>()
  for (const { paymentId, command, correlationId } of asked) {
    const known = changes.get(paymentId)
    const dossier = known?.after ?? dossiers.get(paymentId)
    if (dossier === undefined) continue
    const { steps, after } = decide(dossier, command, rules, atMs)
    changes.set(paymentId, {
      before: known?.before ?? dossier,
      after,
      steps: known === undefined ? steps : [...known.steps, ...steps],
      correlationId,
    })
  }
  await save(tx, deps, [...changes.values()], new Date(atMs))
  return changes
}

type Change = { before: Dossier; after: Dossier; steps: Step[]; correlationId: string }

async function save(tx: Tx, deps: ChangeDeps, all: readonly Change[], now: Date): Promise<void> {
  const changes = all.filter(({ steps }) => steps.length > 0)
  if (changes.length === 0) return
  const nowMs = now.getTime()
  const journals = createJournals()
  const events = createNews(deps, nowMs)
  const wanted: Wanted[] = []
  const calledOff: string[] = []
  const gaveBack: { paymentId: string; causeId: string }[] = []
  const movements: Movement[] = []
  for (const { after, steps, correlationId } of changes) {
    const { paymentId, customerId, currency, shopId } = after.payment
    const provider = after.intent?.provider
    for (const { before, fact } of steps) {
      const refundOf = (refundId: string) => before.refunds.find((refund) => refund.refundId === refundId)
      const entry = entryOf(before.payment, provider, fact, refundOf)
      if (entry !== undefined) journals.enter(shopId, currency, entry)
      events.tell(before, fact, correlationId)
      if (fact.kind === 'wanted' && provider !== undefined)
        wanted.push({
          operationId: uuidv7(nowMs),
          paymentId,
          provider,
          kind: fact.operation,
          refundId: fact.refundId,
          mustLook: fact.mustLook,
          dueAtMs: nowMs + fact.inMs,
          correlationId,
        })
      else if (fact.kind === 'called-off') calledOff.push(paymentId)
      else if (fact.kind === 'gave-back') gaveBack.push({ paymentId, causeId: fact.causeId })
      else if (fact.kind === 'alarmed') tx.afterCommit(() => deps.onAlarm(paymentId, fact.what))
      else if (fact.kind === 'refund-settled') {
        const refund = refundOf(fact.refundId)
        if (refund?.toWallet)
          movements.push({
            movementId: uuidv7(nowMs),
            customerId,
            currency,
            amountMinor: refund.amountMinor,
            cause: 'refund',
            causeId: fact.refundId,
            note: '',
          })
      }
    }
  }
  const moved = changes.filter(({ before, after }) => before.payment !== after.payment)
  if (moved.length > 0)
    await updatePayments(
      tx,
      moved.map(({ after }) => after.payment),
    )
  const known = changes.flatMap(({ before, after }) =>
    after.intent === undefined || before.intent === after.intent
      ? []
      : [{ ...after.intent, paymentId: after.payment.paymentId }],
  )
  if (known.length > 0) await updateIntents(tx, known)
  const refunds = changes.flatMap(({ before, after }) =>
    after.refunds
      .filter((refund) => !before.refunds.includes(refund))
      .map((refund) => ({ ...refund, paymentId: after.payment.paymentId })),
  )
  if (refunds.length > 0) await upsertRefunds(tx, refunds, now)
  if (gaveBack.length > 0) await finishGiveBacks(tx, gaveBack)
  if (calledOff.length > 0) await callOff(tx, calledOff, 'authorise')
  if (wanted.length > 0) {
    await wantOperations(tx, lastOfEach(wanted), now)
    tx.afterCommit(deps.wake)
  }
  if (movements.length > 0) await moveWallets(tx, movements, now)
  const closed = journals.close()
  if (closed.length > 0)
    await insertJournals(
      tx,
      closed,
      closed.map(() => uuidv7(nowMs)),
      now,
    )
  await deps.outbox.append(tx, events.all())
}

/** One statement can write a row once. */
function lastOfEach(wanted: readonly Wanted[]): Wanted[] {
  const last = new Map<string, Wanted>()
  for (const each of wanted) {
    const key = `${each.paymentId} ${each.kind} ${each.refundId}`
    const known = last.get(key)
    last.set(
      key,
      known === undefined
        ? each
        : { ...each, dueAtMs: Math.min(known.dueAtMs, each.dueAtMs), mustLook: known.mustLook || each.mustLook },
    )
  }
  return [...last.values()]
}

/**
 * What others are told. Promises of one batch go out together, one event for each shop.
 * @param atOnce whoever asked is told the same in the answer
 */
export function createNews(deps: Pick<ChangeDeps, 'deadlineMs'>, nowMs: number, atOnce = false) {
  const events: NewEvent[] = []
  const authorised = new Map<string, { payment: Payment; captured: boolean; correlationId: string }[]>()
  const promise = (payment: Payment, captured: boolean, correlationId: string) => {
    const ofShop = authorised.get(payment.shopId)
    if (ofShop === undefined) authorised.set(payment.shopId, [{ payment, captured, correlationId }])
    else ofShop.push({ payment, captured, correlationId })
  }
  const about = (correlationId: string) => ({ occurredAtMs: nowMs, correlationId })
  const common = ({ payment }: Dossier) => ({
    paymentId: payment.paymentId,
    orderId: payment.paymentId,
    shopId: payment.shopId,
    customerId: payment.customerId,
    currencyCode: payment.currency,
  })

  function fail(payment: Payment, provider: string, reason: string, detail: string, correlationId: string): void {
    const { paymentId, shopId, customerId, method, currency } = payment
    events.push(
      newEvent(
        paymentFailed,
        {
          paymentId,
          orderId: paymentId,
          shopId,
          customerId,
          method,
          provider,
          reason,
          detail,
          amountMinor: BigInt(payment.amountMinor),
          currencyCode: currency,
          failedAtMs: BigInt(nowMs),
        },
        about(correlationId),
      ),
    )
  }

  return {
    promise,
    fail,
    tell(before: Dossier, fact: Step['fact'], correlationId: string): void {
      const { payment, intent } = before
      const provider = intent?.provider ?? ''
      const wasOpen = payment.state === 'created' || payment.state === 'pending'
      switch (fact.kind) {
        case 'waited':
          events.push(
            newEvent(
              paymentInitiated,
              {
                ...common(before),
                method: payment.method,
                provider,
                amountMinor: BigInt(payment.amountMinor),
                deadlineMs: BigInt(nowMs + deps.deadlineMs),
                initiatedAtMs: BigInt(nowMs),
              },
              about(correlationId),
            ),
          )
          return
        case 'authorised':
        case 'captured': {
          const isCaptured = fact.kind === 'captured'
          // Of what nobody wants any more only the refund is told.
          if (wasOpen && !isUnwanted(before)) promise(payment, isCaptured, correlationId)
          else if (isCaptured && payment.state === 'authorised')
            events.push(
              newEvent(
                paymentCaptured,
                { ...common(before), amountMinor: BigInt(fact.amountMinor), capturedAtMs: BigInt(nowMs) },
                about(correlationId),
              ),
            )
          return
        }
        case 'failed':
          fail(payment, provider, fact.reason, fact.detail, correlationId)
          return
        case 'refund-sent':
        case 'refund-settled': {
          const refund = before.refunds.find(({ refundId }) => refundId === fact.refundId)
          if (
            refund === undefined ||
            (fact.kind === 'refund-settled' && refund.state === 'sent' && refund.askedBy !== 'provider')
          )
            return
          events.push(
            newEvent(
              paymentRefunded,
              {
                ...common(before),
                refundId: refund.refundId,
                amountMinor: BigInt(refund.amountMinor),
                refundedMinor: BigInt(payment.refundedMinor),
                cause: refund.cause,
                refundedAtMs: BigInt(nowMs),
              },
              about(correlationId),
            ),
          )
          return
        }
        default:
      }
    },
    all: (): NewEvent[] => [
      ...[...authorised].map(([shopId, of]) => {
        const payload = {
          shopId,
          payments: of.map(({ payment, captured }) => ({
            paymentId: payment.paymentId,
            orderId: payment.paymentId,
            customerId: payment.customerId,
            method: payment.method,
            amountMinor: BigInt(payment.amountMinor),
            currencyCode: payment.currency,
            captured,
          })),
          authorisedAtMs: BigInt(nowMs),
        }
        const told = about(of.length === 1 ? (of[0]?.correlationId ?? '') : '')
        return atOnce ? newEvent(paymentsAuthorisedAtOnce, payload, told) : newEvent(paymentsAuthorised, payload, told)
      }),
      ...events,
    ],
  }
}

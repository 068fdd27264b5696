import { paymentFailed, paymentsAuthorised } from '@souk/contracts'
import { type Consumer, type Event, isEvent } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { cancelOrders } from './cancel-order.ts'
import { isBeingIssued } from './fulfilment.sql.ts'
import { methodsDecidedAtOnce } from './order.ts'
import { lockStatuses } from './orders.sql.ts'
import type { SagaDeps } from './run-saga.ts'
import type { CancelReason } from './saga.ts'
import { type NewStep, replaceSteps, undoAgain } from './steps.sql.ts'

type Answer = { readonly reason: CancelReason | undefined; readonly detail: string; readonly correlationId: string }

/** The step whose answers come from payments. */
const step = 'payment'

/**
 * Takes in what payments learned later. An order that was paid goes on at its next step, one that was refused ends here.
 * An order that ended before its money came has the money sent back. Which of the two came first, the money or the end,
 * is decided by the lock of the order's row.
 */
export const paymentAnswersConsumer = (deps: SagaDeps & { wake(): void }): Consumer => ({
  name: 'orders.payment-answers',
  events: [paymentsAuthorised, paymentFailed],
  async handle(tx, events) {
    const answers = answersIn(events)
    if (answers.size === 0) return
    await takeIn(tx, deps, answers)
    tx.afterCommit(deps.wake)
  },
})

/** The last word on each order. Answers given when they were asked for are known already. */
function answersIn(events: readonly Event[]): Map<string, Answer> {
  const answers = new Map<string, Answer>()
  for (const event of events) {
    const { correlationId } = event
    if (isEvent(event, paymentsAuthorised)) {
      for (const { orderId, method } of event.payload.payments)
        if (!methodsDecidedAtOnce.has(method)) answers.set(orderId, { reason: undefined, detail: '', correlationId })
    } else if (isEvent(event, paymentFailed)) {
      const { orderId, reason, detail } = event.payload
      const words = detail === '' ? reason : `${reason}: ${detail}`
      answers.set(orderId, {
        reason: reason === 'expired' ? 'payment-expired' : 'payment-refused',
        detail: words,
        correlationId,
      })
    }
  }
  return answers
}

async function takeIn(tx: Tx, deps: SagaDeps, answers: ReadonlyMap<string, Answer>): Promise<void> {
  const now = deps.clock()
  const { steps } = deps.saga
  const following = steps[steps.findIndex(({ name }) => name === step) + 1]
  const statuses = await lockStatuses(tx, [...answers.keys()])
  const rows: NewStep[] = []
  const tooLate: string[] = []
  const refused: { orderId: string; reason: CancelReason; correlationId: string }[] = []
  for (const [orderId, { reason, detail, correlationId }] of answers) {
    const status = statuses.get(orderId)
    if (reason !== undefined) {
      if (status !== 'placed' && status !== 'confirmed') continue
      // Whose goods are being handed over at this moment is not stopped any more: the debt is for people to collect.
      if (status === 'confirmed' && (await isBeingIssued(tx, orderId))) continue
      rows.push({ orderId, step, state: 'refused', reason, detail, correlationId })
      refused.push({ orderId, reason, correlationId })
    } else if (status === 'placed') {
      // Also where no row waits yet: the answer may come before the one that was to wait for it is written.
      const next = following?.name ?? step
      if (following !== undefined) rows.push({ orderId, step, state: 'done', correlationId })
      rows.push({ orderId, step: next, state: 'due', nextAtMs: now.getTime(), correlationId })
    } else if (status === 'cancelled') tooLate.push(orderId)
  }
  await replaceSteps(tx, rows, now)
  await undoAgain(tx, tooLate, step, 'paid after the order had ended', now)
  await cancelOrders(tx, deps, refused, ['placed', 'confirmed'])
}

import type { Database } from '@souk/postgres'
import { cancelOrders } from './cancel-order.ts'
import { confirmOrders } from './confirm-orders.ts'
import type { Order } from './order.ts'
import { lockStatuses, readOrders } from './orders.sql.ts'
import { cancellationsOf, rowOf, runSteps, type SagaDeps } from './run-saga.ts'
import { letsGo, retreat, type Standing, type Turn } from './saga.ts'
import { type ClaimedStep, claimSteps, finishSteps, type NewStep, releaseHeld, replaceSteps } from './steps.sql.ts'
import type { Case, Step, UndoCase } from './steps/step.ts'

export type ContinueDeps = SagaDeps & { db: Database }

/**
 * Twice what the slowest answers to one claim may take (two steps, 10 s each): who is later than that is taken for dead,
 * and orders that were in the hands of a process that was killed go on after less than a minute.
 */
const usualLeaseMs = 40_000
/** After a failure in small company: one order that makes a call fail then fails few others with it. */
const groupAfterFailure = 16

/**
 * Go on with what is due: failed steps, answers that have come or have not come in time, steps to be undone. Claim, ask,
 * write: nobody is asked anything inside a transaction, and what was found is written only while the claim holds.
 * @returns how many steps were looked at.
 */
export async function continueSagas(deps: ContinueDeps, limit = 256): Promise<number> {
  const now = deps.clock()
  const claimed = await claimSteps(
    deps.db.autocommit,
    now,
    new Date(now.getTime() + (deps.saga.leaseMs ?? usualLeaseMs)),
    limit,
  )
  if (claimed.length === 0) return 0
  const orders = new Map(
    (await readOrders(deps.db.autocommit, [...new Set(claimed.map(({ orderId }) => orderId))])).map((order) => [
      order.orderId,
      order,
    ]),
  )
  const groups = grouped(claimed.flatMap((row) => workOf(deps, row, orders.get(row.orderId))))
  // All at once, so that the last of them comes as early within the lease as the first.
  await Promise.all(groups.map((group) => work(deps, group)))
  return claimed.length
}

type Work = { readonly row: ClaimedStep; readonly index: number; readonly order: Order }

/** A row whose order or step is not known here (of a release after this one) is left to whoever knows it. */
function workOf({ saga }: SagaDeps, row: ClaimedStep, order: Order | undefined): Work[] {
  const index = saga.steps.findIndex(({ name }) => name === row.step)
  return order === undefined || index < 0 ? [] : [{ row, index, order }]
}

function grouped(all: readonly Work[]): Work[][] {
  const fresh = all.filter(({ row }) => row.attempts < 2)
  const failed = all.filter(({ row }) => row.attempts >= 2)
  const groups = fresh.length === 0 ? [] : [fresh]
  for (let at = 0; at < failed.length; at += groupAfterFailure) groups.push(failed.slice(at, at + groupAfterFailure))
  return groups
}

const isUndoing = ({ row }: Work) => row.state === 'undoing' || row.state === 'undo-stuck'

async function work(deps: ContinueDeps, group: readonly Work[]): Promise<void> {
  await Promise.all([
    goBack(deps, group.filter(isUndoing)),
    goOn(
      deps,
      group.filter((one) => !isUndoing(one)),
    ),
  ])
}

const caseOf = ({ order, row }: Work): Case => ({
  order: {
    ...order,
    totalMinor: BigInt(order.totalMinor),
    currencyCode: order.currency,
    paymentToken: row.input,
  },
  correlationId: row.correlationId,
})

async function goOn(deps: ContinueDeps, group: readonly Work[]): Promise<void> {
  if (group.length === 0) return
  // An order that is not placed any more needs no asking, only to be entered.
  const open = group.filter(({ order }) => order.status === 'placed')
  const cases = open.map(caseOf)
  const standings = await runSteps(
    deps,
    cases,
    open.map(({ row, index }): Turn => ({ step: index, attempts: row.attempts, deadlineAtMs: row.deadlineAtMs })),
  )
  const standingOf = new Map(open.map((one, at) => [one, standings[at] as Standing]))
  await deps.db.transaction(async (tx) => {
    const now = deps.clock()
    const statuses = await lockStatuses(
      tx,
      group.map(({ order }) => order.orderId),
    )
    const isPlaced = ({ order }: Work) => statuses.get(order.orderId) === 'placed'
    const { steps } = deps.saga
    const kept = await finishSteps(
      tx,
      group.map((one) => {
        const standing = isPlaced(one) ? standingOf.get(one) : undefined
        return { ...claimedRow(steps, one, standing), fence: one.row.fence }
      }),
      now,
    )
    const mine = open.filter((one) => isPlaced(one) && kept.has(one.order.orderId))
    const mineCases = mine.map(caseOf)
    const mineStandings = mine.map((one) => standingOf.get(one) as Standing)
    await replaceSteps(
      tx,
      mine.flatMap((one, at) => {
        const row = rowOf(steps, mineCases[at] as Case, mineStandings[at] as Standing)
        return row === undefined || row.step === one.row.step ? [] : [row]
      }),
      now,
    )
    const through = mine.filter((_, at) => mineStandings[at]?.kind === 'confirm')
    await confirmOrders(tx, deps, through.map(caseOf))
    tx.afterCommit(() => {
      for (const { order } of through) deps.meters.confirmed(now.getTime() - order.placedAtMs)
    })
    await cancelOrders(tx, deps, cancellationsOf(mineCases, mineStandings))
  })
}

/** The step that was claimed, as it is now: done, unless the order stands at it still. */
function claimedRow(steps: readonly Step[], one: Work, standing: Standing | undefined): NewStep {
  const { orderId, step, correlationId, deadlineAtMs, attempts } = one.row
  const row = standing && rowOf(steps, caseOf(one), standing)
  return row?.step === step ? row : { orderId, step, state: 'done', correlationId, deadlineAtMs, attempts }
}

async function goBack(deps: ContinueDeps, group: readonly Work[]): Promise<void> {
  const { saga, clock, random = Math.random, meters } = deps
  for (const [index, step] of [...saga.steps.entries()].toReversed()) {
    const here = group.filter((one) => one.index === index)
    if (here.length === 0) continue
    const outcomes = await step.undo(
      here.map(({ order, row }): UndoCase => ({ order, reason: row.reason, correlationId: row.correlationId })),
    )
    meters.undid(step.name, outcomes)
    await deps.db.transaction(async (tx) => {
      const now = clock()
      const undoings = outcomes.map((outcome, at) =>
        retreat((here[at] as Work).row.attempts, outcome, now.getTime(), random()),
      )
      const kept = await finishSteps(
        tx,
        here.map(({ row }, at) => {
          const { orderId, correlationId, reason, fence, deadlineAtMs } = row
          return {
            orderId,
            step: step.name,
            correlationId,
            reason,
            fence,
            deadlineAtMs,
            ...undoings[at],
          } as NewStep & {
            fence: number
          }
        }),
        now,
      )
      const before = saga.steps[index - 1]
      if (before === undefined) return
      await releaseHeld(
        tx,
        here
          .filter(({ order }, at) => kept.has(order.orderId) && letsGo(undoings[at] as never))
          .map(({ order }) => ({ orderId: order.orderId, step: before.name })),
        now,
      )
    })
  }
}

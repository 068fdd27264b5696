import { orderCancelled, orderPlaced } from '@souk/contracts'
import type { OrderCancelled, OrderPlaced } from '@souk/contracts/orders'
import { type Consumer, type Event, isEvent, type Outbox } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { cancelOrders } from './cancel-order.ts'
import { confirmOrders } from './confirm-orders.ts'
import type { SagaMeters } from './metrics.ts'
import { advance, beginning, letsGo, retreat, type SagaRules, type Standing, type Turn, type Undoing } from './saga.ts'
import { insertSteps, type NewStep, replaceSteps } from './steps.sql.ts'
import type { Case, Step, UndoCase } from './steps/step.ts'

export type Saga = Omit<SagaRules, 'steps'> & {
  readonly steps: readonly Step[]
  /** How long whoever goes on with orders may hold them. */
  readonly leaseMs?: number
}

export type SagaDeps = {
  saga: Saga
  outbox: Outbox
  clock: () => Date
  meters: SagaMeters
  /** From 0 to 1. */
  random?: () => number
}

/**
 * Run the steps for many orders, each step once for all that have come to it. Outside of any transaction. Resolves to
 * where each order then stands, in their order; nowhere is that `run`.
 * @param turns where each begins; all at the first step when it is left out.
 */
export async function runSteps(deps: SagaDeps, cases: readonly Case[], turns?: readonly Turn[]): Promise<Standing[]> {
  const { saga, clock, meters, random = Math.random } = deps
  const standings: Standing[] = turns?.map((turn) => ({ kind: 'run', ...turn })) ?? cases.map(() => beginning)
  for (const [index, step] of saga.steps.entries()) {
    const here: number[] = []
    for (let at = 0; at < standings.length; at += 1) {
      const standing = standings[at] as Standing
      if (standing.kind === 'run' && standing.step === index) here.push(at)
    }
    if (here.length === 0) continue
    const batch = here.length === cases.length ? cases : here.map((at) => cases[at] as Case)
    const outcomes = await step.run(batch)
    const nowMs = clock().getTime()
    for (const [at, outcome] of outcomes.entries()) {
      const place = here[at] as number
      standings[place] = advance(saga, standings[place] as Standing & Turn, outcome, nowMs, random())
    }
    meters.ran(step.name, outcomes)
  }
  return standings
}

/**
 * Undo every step of cancelled orders, the last first, whether it was run or not: what is called off before it began then
 * comes to nothing when it does. Resolves to how each step of each order is to be kept, in the order of the steps.
 */
export async function undoSteps(deps: SagaDeps, cases: readonly UndoCase[]): Promise<Undoing[][]> {
  const { saga, clock, meters, random = Math.random } = deps
  const kept = cases.map((): Undoing[] => saga.steps.map(() => ({ state: 'held' })))
  let open = cases.map((_, at) => at)
  for (const [index, step] of [...saga.steps.entries()].toReversed()) {
    if (open.length === 0) break
    const outcomes = await step.undo(open.map((at) => cases[at] as UndoCase))
    const nowMs = clock().getTime()
    outcomes.forEach((outcome, at) => {
      ;(kept[open[at] as number] as Undoing[])[index] = retreat(0, outcome, nowMs, random())
    })
    meters.undid(step.name, outcomes)
    open = open.filter((at) => letsGo((kept[at] as Undoing[])[index] as Undoing))
  }
  return kept
}

type Prepared = {
  readonly cases: readonly Case[]
  readonly standings: readonly Standing[]
  readonly placedAtMs: readonly number[]
  readonly cancelled: readonly UndoCase[]
  readonly undone: readonly Undoing[][]
}

/**
 * Drives the saga from our own events, thousands of orders at a time. The other services are asked before the
 * transaction; inside it stands only what is to be kept. Orders for which every step succeeds at once cost one update and
 * one event; rows are written for those that wait, failed or were cancelled.
 *
 * A cancelled order, whoever cancelled it and the saga itself included, is undone when its event comes round: there is one
 * way back, and it begins with the event.
 */
export const sagaConsumer = (deps: SagaDeps): Consumer => ({
  // 2,048: about eight batches of a sale at once, and as many as one call may carry.
  name: 'orders.saga',
  events: [orderPlaced, orderCancelled],
  batchSize: 2_048,
  prepare: (events) => prepareBatch(deps, events),
  handle: (tx, _events, prepared) => applyBatch(tx, deps, prepared as Prepared),
})

async function prepareBatch(deps: SagaDeps, events: readonly Event[]): Promise<Prepared> {
  const cancelled = new Map<string, UndoCase>()
  for (const { type, payload, correlationId } of events)
    if (type === orderCancelled.type) {
      const order = payload as unknown as OrderCancelled
      cancelled.set(order.orderId, { order, reason: order.reason, correlationId })
    }
  const placed = new Map<string, Case>()
  const placedAtMs: number[] = []
  for (const event of events) {
    if (!isEvent(event, orderPlaced)) continue
    const order: OrderPlaced = event.payload
    if (cancelled.has(order.orderId) || placed.has(order.orderId)) continue
    placed.set(order.orderId, { order, correlationId: event.correlationId })
    placedAtMs.push(event.occurredAtMs)
  }
  const cases = [...placed.values()]
  const standings = await runSteps(deps, cases)
  const undoing = [...cancelled.values()]
  return { cases, standings, placedAtMs, cancelled: undoing, undone: await undoSteps(deps, undoing) }
}

async function applyBatch(tx: Tx, deps: SagaDeps, prepared: Prepared): Promise<void> {
  const { cases, standings, cancelled, undone } = prepared
  const { steps } = deps.saga
  const now = deps.clock()
  const confirmed = cases.filter((_, at) => standings[at]?.kind === 'confirm')
  await confirmOrders(tx, deps, confirmed)
  if (confirmed.length < cases.length) {
    await insertSteps(
      tx,
      cases.flatMap((one, at) => rowOf(steps, one, standings[at] as Standing) ?? []),
      now,
    )
    await cancelOrders(tx, deps, cancellationsOf(cases, standings))
  }
  await replaceSteps(
    tx,
    cancelled.flatMap((one, at) =>
      (undone[at] as Undoing[]).map((undoing, step) => undoRow(steps, one, step, undoing)),
    ),
    now,
  )
  tx.afterCommit(() => {
    for (const [at, standing] of standings.entries())
      if (standing.kind === 'confirm') deps.meters.confirmed(now.getTime() - (prepared.placedAtMs[at] as number))
  })
}

export const cancellationsOf = (cases: readonly Case[], standings: readonly Standing[]) =>
  cases.flatMap(({ order, correlationId }, at) => {
    const standing = standings[at] as Standing
    return standing.kind === 'cancel' ? [{ orderId: order.orderId, reason: standing.reason, correlationId }] : []
  })

/** What is kept of an order that stands here; nothing of one that has come through. */
export function rowOf(steps: readonly Step[], { order, correlationId }: Case, standing: Standing): NewStep | undefined {
  if (standing.kind === 'confirm' || standing.kind === 'run') return undefined
  const step = steps[standing.step] as Step
  const row = { orderId: order.orderId, step: step.name, correlationId }
  switch (standing.kind) {
    case 'cancel':
      return { ...row, state: 'refused', reason: standing.reason, detail: standing.detail }
    case 'wait':
      return { ...row, state: 'pending', nextAtMs: standing.deadlineAtMs, deadlineAtMs: standing.deadlineAtMs }
    default: {
      const { attempts, nextAtMs, deadlineAtMs, detail } = standing
      const state = standing.kind === 'stuck' ? 'stuck' : 'due'
      return { ...row, state, attempts, nextAtMs, deadlineAtMs, detail, input: order.paymentToken }
    }
  }
}

const undoRow = (
  steps: readonly Step[],
  { order, reason, correlationId }: UndoCase,
  step: number,
  undoing: Undoing,
): NewStep => ({
  orderId: order.orderId,
  step: (steps[step] as Step).name,
  reason,
  correlationId,
  ...undoing,
})

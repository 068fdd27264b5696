import { Type } from 'typebox'
import { type Order, orderStatuses } from './order.ts'
import type { StepRow, StuckRow } from './steps.sql.ts'
import type { Timeline } from './timeline.ts'

const closed = { additionalProperties: false }
const id = Type.String({ format: 'uuid' })
const at = Type.String({ format: 'date-time' })
const minor = Type.Integer({ description: 'In minor units: 1999 is 19.99 EUR.' })

const StepView = Type.Object(
  {
    step: Type.String(),
    state: Type.String({
      description:
        '`pending` waits for an answer, `due` for its next attempt; `stuck` and `undo-stuck` are out of attempts.',
    }),
    attempts: Type.Integer({ description: 'Failed ones.' }),
    nextAt: Type.Union([at, Type.Null()]),
    deadlineAt: Type.Union([at, Type.Null()]),
    reason: Type.String(),
    detail: Type.String(),
  },
  closed,
)

export const TimelineView = Type.Object(
  {
    id,
    status: Type.Enum(orderStatuses),
    shopId: id,
    customerId: id,
    totalMinor: minor,
    currency: Type.String({ description: 'ISO 4217.' }),
    paymentMethod: Type.String(),
    entries: Type.Array(
      Type.Object(
        {
          at,
          kind: Type.Enum(['state', 'event', 'step', 'payment', 'goods', 'shipment', 'return', 'message']),
          what: Type.String(),
          detail: Type.String(),
        },
        closed,
      ),
      { description: 'The oldest first.' },
    ),
    steps: Type.Array(StepView, {
      description: 'Of steps that waited, failed or were undone. Empty for customers, and where all went at once.',
    }),
    payments: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          method: Type.String(),
          provider: Type.String(),
          state: Type.String(),
          amountMinor: minor,
          capturedMinor: minor,
          refundedMinor: minor,
          currency: Type.String(),
        },
        closed,
      ),
    ),
    notes: Type.Array(Type.String(), { description: 'What is missing here, and why.' }),
  },
  closed,
)

export const StuckView = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          id,
          shopId: id,
          status: Type.Enum(orderStatuses),
          step: Type.String(),
          undoing: Type.Boolean({ description: 'The order is cancelled, and the step could not be undone.' }),
          reason: Type.String(),
          attempts: Type.Integer(),
          placedAt: at,
          since: at,
          nextAttemptAt: at,
        },
        closed,
      ),
    ),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  },
  closed,
)

export const SagaView = Type.Object({ id, status: Type.Enum(orderStatuses), steps: Type.Array(StepView) }, closed)

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

const stepView = (row: StepRow) => ({
  step: row.step,
  state: row.state,
  attempts: row.attempts,
  nextAt: iso(row.nextAtMs),
  deadlineAt: iso(row.deadlineAtMs),
  reason: row.reason,
  detail: row.detail,
})

export const sagaView = (order: Pick<Order, 'orderId' | 'status'>, steps: readonly StepRow[]) => ({
  id: order.orderId,
  status: order.status,
  steps: steps.map(stepView),
})

export const timelineView = (order: Order, timeline: Timeline) => ({
  id: order.orderId,
  status: order.status,
  shopId: order.shopId,
  customerId: order.customerId,
  totalMinor: order.totalMinor,
  currency: order.currency,
  paymentMethod: order.paymentMethod,
  entries: timeline.entries.map(({ atMs, kind, what, detail }) => ({
    at: new Date(atMs).toISOString(),
    kind,
    what,
    detail,
  })),
  steps: timeline.steps.map(stepView),
  payments: timeline.payments,
  notes: timeline.notes,
})

export const stuckView = (row: StuckRow) => ({
  id: row.orderId,
  shopId: row.shopId,
  status: row.status,
  step: row.step,
  undoing: row.state === 'undo-stuck',
  reason: row.detail,
  attempts: row.attempts,
  placedAt: row.placedAt.toISOString(),
  since: row.since.toISOString(),
  nextAttemptAt: row.nextAt.toISOString(),
})

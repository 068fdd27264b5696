import type { AssignmentService } from '@souk/contracts/inventory'
import type { MessageService } from '@souk/contracts/notifications'
import type { PaymentService } from '@souk/contracts/payments'
import type { Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { fulfilmentEntries } from './fulfilment-story.ts'
import { shipmentsOf } from './fulfilment.sql.ts'
import { externalPayment, type Order } from './order.ts'
import { returnsOf } from './returns.sql.ts'
import { stepsOf } from './steps.sql.ts'

export type TimelineDeps = {
  payments: Pick<Client<typeof PaymentService>, 'getStory'>
  goods: Pick<Client<typeof AssignmentService>, 'getStory'>
  messages: Pick<Client<typeof MessageService>, 'listOfOrder'>
}

export type TimelineEntry = {
  atMs: number
  kind: 'state' | 'event' | 'step' | 'payment' | 'goods' | 'shipment' | 'return' | 'message'
  what: string
  detail: string
}

export type TimelinePayment = {
  id: string
  method: string
  provider: string
  state: string
  amountMinor: number
  capturedMinor: number
  refundedMinor: number
  currency: string
}

export type Timeline = {
  /** The oldest first. */
  entries: TimelineEntry[]
  steps: Awaited<ReturnType<typeof stepsOf>>
  payments: TimelinePayment[]
  /** What could not be told, and why. */
  notes: string[]
}

/** Whoever asks waits for the slowest of the others; a note says who did not answer. */
const answerWithinMs = 2_000

const eventOf: Record<string, string> = {
  placed: 'order_placed',
  confirmed: 'order_confirmed',
  cancelled: 'order_cancelled',
  'partly-shipped': 'order_shipped',
  shipped: 'order_shipped',
  delivered: 'order_delivered',
  returned: 'order_returned',
}

/**
 * The whole story of an order, put together from all who had a part in it.
 * @param inside for those who run the shop or the marketplace: steps, events, providers and what went wrong.
 */
export async function timelineOf(deps: TimelineDeps, tx: Tx, order: Order, inside: boolean): Promise<Timeline> {
  const { orderId, shopId, customerId } = order
  const notes: string[] = []
  const ask = async <Answer>(who: string, question: Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await question
    } catch {
      notes.push(`${who} did not answer: what it knows is missing here.`)
      return undefined
    }
  }
  const options = { timeoutMs: answerWithinMs }
  const [rows, shipments, returns, money, goods, sent] = await Promise.all([
    stepsOf(tx, orderId),
    shipmentsOf(tx, [orderId]),
    returnsOf(tx, [orderId]),
    ask('payments', deps.payments.getStory({ orderId }, options)),
    inside ? ask('inventory', deps.goods.getStory({ orderId, shopId }, options)) : undefined,
    ask('notifications', deps.messages.listOfOrder({ orderId, customerId }, options)),
  ])
  const steps = inside ? rows : []
  const why = rows.find(({ reason }) => reason !== '')?.reason ?? ''
  const entries = order.history.flatMap(([status, atMs], index): TimelineEntry[] => {
    const state = { atMs, kind: 'state', what: status, detail: status === 'cancelled' ? why : '' } as const
    if (!inside || order.paymentMethod === (externalPayment as string)) return [state]
    return [state, { atMs, kind: 'event', what: `orders.${eventOf[status]}`, detail: `${orderId}/${index + 1}` }]
  })
  for (const step of steps)
    entries.push({
      atMs: step.updatedAt.getTime(),
      kind: 'step',
      what: `${step.step} ${step.state}`,
      detail: [step.reason, step.detail, step.attempts > 0 ? `${step.attempts} failed attempts` : '']
        .filter(Boolean)
        .join('; '),
    })
  for (const payment of money?.payments ?? [])
    for (const { atMs, what, detail } of inside ? payment.entries : [])
      entries.push({ atMs: Number(atMs), kind: 'payment', what, detail })
  entries.push(...fulfilmentEntries(shipments, returns, order, inside))
  for (const { atMs, what, detail } of goods?.entries ?? [])
    entries.push({ atMs: Number(atMs), kind: 'goods', what, detail })
  for (const message of sent?.messages ?? []) {
    const { kind, channel, state, recordedAtMs, sentAtMs, attempts, detail } = message
    entries.push({
      atMs: Number(sentAtMs || recordedAtMs),
      kind: 'message',
      what: `${kind} by ${channel}: ${state}`,
      detail: inside ? [detail, attempts > 1 ? `${attempts} attempts` : ''].filter(Boolean).join('; ') : '',
    })
  }
  return {
    entries: entries.sort((a, b) => a.atMs - b.atMs),
    steps,
    payments: (money?.payments ?? []).map((payment) => ({
      id: payment.paymentId,
      method: payment.method,
      provider: inside ? payment.provider : '',
      state: payment.state,
      amountMinor: Number(payment.amountMinor),
      capturedMinor: Number(payment.capturedMinor),
      refundedMinor: Number(payment.refundedMinor),
      currency: payment.currencyCode,
    })),
    notes,
  }
}

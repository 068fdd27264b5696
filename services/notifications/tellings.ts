import { createHash } from 'node:crypto'
import {
  orderCancelled,
  orderConfirmed,
  orderDelivered,
  orderReturned,
  orderShipped,
  paymentFailed,
  paymentInitiated,
  paymentRefunded,
} from '@souk/contracts'
import { type Event, isEvent } from '@souk/events'
import { orderNumber } from './message.ts'
import type { Telling } from './record-messages.ts'

/** Reasons the customer did not choose. Who cancelled himself need not be told. */
const untold = new Set(['customer'])

/** What an event of orders gives reason to tell; nothing for those told of otherwise. */
export function tellingOfOrder(event: Event): Telling | undefined {
  // First, for it is nearly all there is on a sale day: ids only, the order's number is made from one of them.
  if (isEvent(event, orderConfirmed)) {
    const { orderId, customerId, shopId, confirmedAtMs } = event.payload
    return {
      kind: 'order-confirmed',
      customerId,
      causeId: orderId,
      occurredAtMs: Number(confirmedAtMs),
      aboutId: orderId,
      shopId,
      parameters: null,
    }
  }
  if (isEvent(event, orderShipped)) {
    const { payload } = event
    const about = aboutOrder(payload)
    return {
      ...about,
      kind: 'order-shipped',
      causeId: payload.shipmentId,
      occurredAtMs: Number(payload.shippedAtMs),
      parameters: {
        ...about.parameters,
        units: payload.lines.reduce((sum, line) => sum + line.quantity, 0),
        complete: payload.complete ? 'yes' : 'no',
        tracked: payload.carrier !== '' && payload.trackingNumber !== '' ? 'yes' : 'no',
        carrier: payload.carrier,
        trackingNumber: payload.trackingNumber,
        trackingUrl: /^https?:\/\//.test(payload.trackingUrl) ? payload.trackingUrl : '',
      },
    }
  }
  if (isEvent(event, orderDelivered)) {
    const { payload } = event
    const occurredAtMs = Number(payload.deliveredAtMs)
    return { ...aboutOrder(payload), kind: 'order-delivered', causeId: payload.orderId, occurredAtMs }
  }
  if (isEvent(event, orderReturned)) {
    const { payload } = event
    const about = aboutOrder(payload)
    return {
      ...about,
      kind: 'order-returned',
      causeId: payload.returnId,
      occurredAtMs: Number(payload.returnedAtMs),
      parameters: {
        ...about.parameters,
        units: payload.lines.reduce((sum, line) => sum + line.quantity, 0),
        refund: { minor: Number(payload.refundMinor), currency: payload.currencyCode },
      },
    }
  }
  if (isEvent(event, orderCancelled)) {
    const { payload } = event
    if (untold.has(payload.reason)) return undefined
    const about = aboutOrder(payload)
    return {
      ...about,
      kind: 'order-cancelled',
      causeId: payload.orderId,
      occurredAtMs: Number(payload.cancelledAtMs),
      parameters: { ...about.parameters, reason: payload.reason },
    }
  }
  return undefined
}

export function tellingOfPayment(event: Event): Telling | undefined {
  if (isEvent(event, paymentFailed)) {
    const { payload } = event
    const about = aboutOrder(payload)
    return {
      ...about,
      kind: 'payment-failed',
      causeId: payload.paymentId,
      occurredAtMs: Number(payload.failedAtMs),
      parameters: { ...about.parameters, amount: amountOf(payload), reason: payload.reason },
    }
  }
  if (isEvent(event, paymentInitiated)) {
    const { payload } = event
    const about = aboutOrder(payload)
    return {
      ...about,
      kind: 'payment-needed',
      causeId: payload.paymentId,
      occurredAtMs: Number(payload.initiatedAtMs),
      parameters: { ...about.parameters, amount: amountOf(payload), deadline: Number(payload.deadlineMs) },
    }
  }
  if (isEvent(event, paymentRefunded)) {
    const { payload } = event
    const about = aboutOrder(payload)
    return {
      ...about,
      kind: 'payment-refunded',
      causeId: payload.refundId,
      occurredAtMs: Number(payload.refundedAtMs),
      parameters: { ...about.parameters, amount: amountOf(payload), cause: payload.cause },
    }
  }
  return undefined
}

const aboutOrder = ({ orderId, customerId, shopId }: { orderId: string; customerId: string; shopId: string }) => ({
  customerId,
  shopId,
  aboutId: orderId,
  parameters: { order: orderNumber(orderId) },
})

const amountOf = ({ amountMinor, currencyCode }: { amountMinor: bigint; currencyCode: string }) => ({
  minor: Number(amountMinor),
  currency: currencyCode,
})

/** What is told to several, each by a message of his own: the same for the same two, and different for any others. */
export function causeFor(causeId: string, accountId: string): string {
  const hex = createHash('sha256').update(`${causeId} ${accountId}`).digest('hex')
  return `${causeId.slice(0, 19)}8${hex.slice(0, 3)}-${hex.slice(3, 15)}`
}

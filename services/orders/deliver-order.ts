import type { Outbox } from '@souk/events'
import { bucketInId, type Tx, uuidv7 } from '@souk/postgres'
import { orderErrors } from './errors.ts'
import { moveShipments, shipmentsOf } from './fulfilment.sql.ts'
import { next, type Order } from './order.ts'
import { orderDeliveredEvent } from './order-events.ts'
import { lockOrder, saveOrder } from './orders.sql.ts'
import { dueAtTheDoor, type Return, undeliveredLines } from './return.ts'
import { insertReturn, returnsOf } from './returns.sql.ts'
import { moveOrder, orderNotFound } from './ship-order.ts'
import type { Shipment } from './shipment.ts'

export type DeliverOrder = {
  orderId: string
  shopId: string
  /** Left out: all that are on their way. */
  shipmentId?: string
  /** `failed`: refused at the door or not to be found; the goods come back. */
  outcome: 'delivered' | 'failed'
  correlationId: string
}

/**
 * Say that shipments arrived, or did not. The order is delivered when nothing of it is left to ship or on its way and
 * something arrived. What could not be delivered is on its way back: a return of the shop's own, approved already.
 * Repeating is harmless. Throws order-not-found, shipment-not-found, illegal-transition.
 */
export async function deliverOrder(
  tx: Tx,
  { outbox, clock }: { outbox: Outbox; clock: () => Date },
  command: DeliverOrder,
): Promise<{ order: Order; shipments: Shipment[] }> {
  const order = await lockOrder(tx, command.orderId)
  if (order === undefined || order.shopId !== command.shopId) throw orderNotFound()
  const shipments = await shipmentsOf(tx, [order.orderId])
  const meant = shipments.filter(
    ({ shipmentId }) => command.shipmentId === undefined || shipmentId === command.shipmentId,
  )
  if (command.shipmentId !== undefined && meant.length === 0)
    throw orderErrors.error('shipment-not-found', 'The order has no shipment with this id.')
  const arrived = meant.filter(({ state }) => state === 'issued')
  if (arrived.length === 0) {
    if (meant.some(({ state }) => state === command.outcome)) return { order, shipments }
    throw orderErrors.error('illegal-transition', 'Nothing of this is on its way.', {
      from: order.status,
      action: 'deliver',
    })
  }
  const now = clock()
  const state = command.outcome
  await moveShipments(
    tx,
    arrived.map(({ shipmentId }) => shipmentId),
    { state, at: now },
  )
  const after = shipments.map((each) => (arrived.includes(each) ? { ...each, state, endedAtMs: now.getTime() } : each))
  // Without a shipment that failed there is nothing on its way back that matters here, and nothing to be asked.
  const returns = after.some((each) => each.state === 'failed') ? await returnsOf(tx, [order.orderId]) : []
  if (state === 'failed')
    for (const shipment of arrived) {
      const coming = comingBack(order, shipment, returns, now, command.correlationId)
      await insertReturn(tx, coming, now)
      returns.push(coming)
    }
  if (!isDelivered(order, after)) return { order, shipments: after }
  const delivered = moveOrder(order, next(order.status, 'deliver'), now)
  await saveOrder(tx, delivered)
  await outbox.append(tx, [
    orderDeliveredEvent(delivered, after, dueAtTheDoor(delivered, returns), now.getTime(), command.correlationId),
  ])
  return { order: delivered, shipments: after }
}

const isDelivered = (order: Order, shipments: readonly Shipment[]): boolean =>
  order.status === 'shipped' &&
  shipments.every(({ state }) => state !== 'issued' && state !== 'issuing') &&
  shipments.some(({ state }) => state === 'delivered')

function comingBack(
  order: Order,
  shipment: Shipment,
  before: readonly Return[],
  now: Date,
  correlationId: string,
): Return {
  const lines = undeliveredLines(order, shipment.lines, before)
  return {
    returnId: uuidv7(now.getTime(), bucketInId(order.orderId)),
    orderId: order.orderId,
    shopId: order.shopId,
    customerId: order.customerId,
    origin: 'undelivered',
    shipmentId: shipment.shipmentId,
    state: 'approved',
    reason: 'undelivered',
    note: '',
    answer: '',
    refundMinor: lines.reduce((sum, { refundMinor }) => sum + refundMinor, 0),
    actorId: null,
    correlationId,
    requestedAtMs: now.getTime(),
    decidedAtMs: now.getTime(),
    receivedAtMs: null,
    settledAtMs: null,
    lines,
  }
}

import type { AssignmentService } from '@souk/contracts/inventory'
import type { Outbox } from '@souk/events'
import { bucketInId, type Database, type Tx, uuidv7 } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { orderErrors } from './errors.ts'
import {
  findShipment,
  insertShipment,
  isBeingIssued,
  lowerGranted,
  moveShipments,
  shipmentsOf,
} from './fulfilment.sql.ts'
import type { CountFulfilment } from './metrics-fulfilment.ts'
import { next, type Order, type OrderHistory } from './order.ts'
import { orderShippedEvent } from './order-events.ts'
import { lockOrder, saveOrder } from './orders.sql.ts'
import { type AskedLine, isComplete, linesToShip, partsAtMost, type Shipment } from './shipment.ts'

/** How long a call for goods may take; the job leaves a shipment alone for longer than that. */
export const callTimeoutMs = 10_000
export const firstTryAgainMs = 15_000

export type ShipOrder = {
  orderId: string
  shopId: string
  /** Left out: all that is left. */
  lines?: readonly AskedLine[]
  carrier: string
  trackingNumber: string
  trackingUrl: string
  actorId: string
  correlationId: string
}

/**
 * First half: record what is to leave, under the lock of the order. Never more than was ordered, whoever ships at the same
 * time; from now on the order cannot be cancelled, until inventory has answered.
 * @throws order-not-found, illegal-transition, nothing-to-ship, more-than-left, too-many-parts
 */
export async function recordShipment(tx: Tx, clock: () => Date, command: ShipOrder): Promise<Shipment> {
  const order = await lockOrder(tx, command.orderId)
  if (order === undefined || order.shopId !== command.shopId) throw orderNotFound()
  next(order.status, 'shipPart')
  const before = await shipmentsOf(tx, [order.orderId])
  if (before.length >= partsAtMost)
    throw orderErrors.error(
      'too-many-parts',
      `The order has ${before.length} shipments, and that is the most it can have.`,
    )
  const now = clock()
  const { carrier, trackingNumber, trackingUrl, actorId, correlationId } = command
  const shipment: Shipment = {
    shipmentId: uuidv7(now.getTime(), bucketInId(order.orderId)),
    orderId: order.orderId,
    shopId: order.shopId,
    state: 'issuing',
    carrier,
    trackingNumber,
    trackingUrl,
    refusal: null,
    actorId,
    correlationId,
    createdAtMs: now.getTime(),
    issuedAtMs: null,
    endedAtMs: null,
    lines: linesToShip(order, before, command.lines),
  }
  await insertShipment(tx, shipment, new Date(now.getTime() + firstTryAgainMs))
  return shipment
}

export const orderNotFound = () => orderErrors.error('order-not-found', 'There is no order with this id.')

/**
 * For whoever wants to end an order and holds its lock: not while inventory may be handing out its goods.
 * @throws shipment-under-way
 */
export async function refuseWhileIssuing(tx: Tx, orderId: string): Promise<void> {
  if (await isBeingIssued(tx, orderId))
    throw orderErrors.error('shipment-under-way', 'Goods of the order are being handed over at this moment.', {}, 5)
}

export type ShipDeps = {
  db: Database
  outbox: Outbox
  clock: () => Date
  goods: Pick<Client<typeof AssignmentService>, 'issue'>
  count: CountFulfilment
}

/**
 * Second half, outside any transaction and as often as need be: ask inventory for the goods, then write what it said. The
 * shipment's id makes repeating harmless on both sides. Resolves to the shipment as it then is.
 */
export async function finishShipment(deps: ShipDeps, shipmentId: string): Promise<Shipment> {
  const shipment = await findShipment(deps.db.autocommit, shipmentId)
  if (shipment === undefined) throw orderErrors.error('shipment-not-found', 'There is no shipment with this id.')
  if (shipment.state !== 'issuing') return shipment
  const { orderId, shopId, actorId } = shipment
  const lines = shipment.lines.map(({ variantId, quantity }) => ({ variantId, quantity: BigInt(quantity) }))
  const answer = await deps.goods.issue({ shipmentId, orderId, shopId, lines, actorId }, { timeoutMs: callTimeoutMs })
  return deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId)
    const shipments = await shipmentsOf(tx, [orderId])
    const current = shipments.find((each) => each.shipmentId === shipmentId)
    if (order === undefined || current === undefined) throw orderNotFound()
    if (current.state === 'refused' && answer.issued)
      throw new Error(`inventory handed out shipment ${shipmentId}, which it had refused`)
    // Somebody else asked for the same, was given the same answer, and wrote it first.
    if (current.state !== 'issuing') return current
    if (answer.issued) return writeIssued(tx, deps, order, current, shipments)
    const now = deps.clock()
    const refusal = { variantId: answer.variantId, reason: answer.reason }
    tx.afterCommit(() => deps.count('shipment', 'refused'))
    await moveShipments(tx, [shipmentId], { state: 'refused', at: now, refusal })
    return { ...current, state: 'refused', refusal, endedAtMs: now.getTime() }
  })
}

async function writeIssued(
  tx: Tx,
  { outbox, clock, count }: ShipDeps,
  order: Order,
  shipment: Shipment,
  shipments: readonly Shipment[],
): Promise<Shipment> {
  const now = clock()
  const issued: Shipment = { ...shipment, state: 'issued', issuedAtMs: now.getTime() }
  const all = shipments.map((each) => (each.shipmentId === issued.shipmentId ? issued : each))
  const shipped = moveOrder(order, next(order.status, isComplete(order, all) ? 'ship' : 'shipPart'), now)
  await moveShipments(tx, [issued.shipmentId], { state: 'issued', at: now })
  await lower(tx, order, issued)
  await saveOrder(tx, shipped)
  await outbox.append(tx, [orderShippedEvent(shipped, issued, now.getTime())])
  tx.afterCommit(() => count('shipment', 'issued'))
  return issued
}

/** One version further. */
export const moveOrder = (order: Order, status: Order['status'], at: Date, entry?: OrderHistory[number][0]): Order => ({
  ...order,
  status,
  version: order.version + 1,
  history: [...order.history, [entry ?? status, at.getTime()]],
})

async function lower(tx: Tx, order: Order, shipment: Shipment): Promise<void> {
  const quantities = new Map<string, number>()
  for (const { lineNo, variantId, quantity } of shipment.lines) {
    const allotmentId = order.lines[lineNo - 1]?.saleWindowId ?? variantId
    quantities.set(allotmentId, (quantities.get(allotmentId) ?? 0) + quantity)
  }
  const changed = await lowerGranted(tx, [...quantities.keys()], [...quantities.values()])
  if (changed !== quantities.size)
    throw new Error(`${quantities.size} allotments hold shipment ${shipment.shipmentId}, ${changed} were found`)
}

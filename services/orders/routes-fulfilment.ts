import { created, mayActFor, ok, type Principal, type Route, route } from '@souk/http'
import type { Database, Shards } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import { Type } from 'typebox'
import { deliverOrder } from './deliver-order.ts'
import { orderErrors } from './errors.ts'
import {
  orderWithShipments,
  OrderWithShipmentsView,
  ShipmentsView,
  ShipmentView,
  shipmentView,
} from './fulfilment-views.ts'
import { findShipment, shipmentsOf } from './fulfilment.sql.ts'
import { listToShip } from './list-to-ship.ts'
import type { Order } from './order.ts'
import { readOrders } from './orders.sql.ts'
import { finishShipment, orderNotFound, recordShipment, type ShipDeps } from './ship-order.ts'
import { OrderListView, orderView } from './views.ts'

export type FulfilmentDeps = Omit<ShipDeps, 'db'> & { shards: Shards; log: Logger }

const closed = { additionalProperties: false }
const uuid = Type.String({ format: 'uuid' })
export const quantity = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Units, a whole number.' })
const text = (maxLength: number, description: string) => Type.Optional(Type.String({ maxLength, description }))
const params = Type.Object({ shopId: uuid, orderId: uuid }, closed)

export const mustActFor = (me: Principal, shopId: string): void => {
  if (!mayActFor(me, shopId, 'orders')) throw orderNotFound()
}

export const maySee = (order: Order, me: Principal): boolean =>
  order.customerId === me.accountId || mayActFor(me, order.shopId, 'orders')

export async function orderVisibleTo(shards: Shards, orderId: string, me: Principal): Promise<Order> {
  const [order] = await readOrders(shards.ofId(orderId).db.autocommit, [orderId])
  if (order === undefined || !maySee(order, me)) throw orderNotFound()
  return order
}

const finish = (deps: FulfilmentDeps, db: Database, shipmentId: string) =>
  finishShipment({ ...deps, db }, shipmentId).catch((error: unknown) => {
    deps.count('shipment', 'waiting')
    deps.log.warn({ shipmentId, error }, 'a shipment waits for inventory; it is taken up again')
    return findShipment(db.autocommit, shipmentId)
  })

export const fulfilmentRoutes = (deps: FulfilmentDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/orders-to-ship',
    operationId: 'listOrdersToShip',
    tag: 'Orders',
    summary: 'Orders a shop has to ship, the oldest first',
    description:
      'Confirmed or shipped in part. A page may hold fewer than asked for, even none: go on while there is a `nextCursor`.',
    access: { duty: 'orders' },
    params: Type.Object({ shopId: uuid }, closed),
    query: Type.Object(
      {
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
        cursor: Type.Optional(Type.String({ format: 'uuid', description: '`nextCursor` of the page before.' })),
      },
      closed,
    ),
    answers: { 200: OrderListView },
    errors: ['order-not-found'],
    async handle({ params: { shopId }, query, me }) {
      mustActFor(me, shopId)
      const { db } = deps.shards.ofOwner(shopId)
      const { orders, nextCursor } = await listToShip(
        db.autocommit,
        deps.clock(),
        shopId,
        query.cursor ?? null,
        query.limit ?? 20,
      )
      return ok({ items: orders.map(orderView), nextCursor })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/shops/:shopId/orders/:orderId/shipments',
    operationId: 'shipOrder',
    tag: 'Orders',
    summary: 'Ship an order, or a part of it',
    description:
      'The goods are taken from the shelf at once. 202 when the stock did not answer in time: the shipment goes on by itself, and the order cannot be cancelled meanwhile. Send an `Idempotency-Key`: a repeat never ships twice.',
    access: { duty: 'orders' },
    bodyLimitBytes: 200_000,
    params,
    body: Type.Object(
      {
        lines: Type.Optional(
          Type.Array(Type.Object({ variantId: uuid, quantity }, closed), {
            minItems: 1,
            maxItems: 1_000,
            description: 'Left out: all that is left.',
          }),
        ),
        carrier: text(100, 'Who carries it.'),
        trackingNumber: text(100, "The carrier's number of the parcel, shown to the customer."),
        trackingUrl: Type.Optional(
          Type.String({
            maxLength: 500,
            pattern: '^https://[^\\s]+$',
            description: 'Where the customer can follow the parcel; https only.',
          }),
        ),
      },
      closed,
    ),
    answers: { 201: ShipmentView, 202: ShipmentView },
    errors: [
      'order-not-found',
      'illegal-transition',
      'nothing-to-ship',
      'more-than-left',
      'order-line-not-found',
      'goods-missing',
      'too-many-parts',
    ],
    async handle(request) {
      const { me, correlationId, body } = request
      const { shopId, orderId } = request.params
      mustActFor(me, shopId)
      const { db } = deps.shards.ofOwner(shopId)
      // The key stands for having recorded it; a repeat is told how it went on.
      let mine = false
      const recorded = await request.once(db, async (tx) => {
        mine = true
        const shipment = await recordShipment(tx, deps.clock, {
          orderId,
          shopId,
          ...(body.lines !== undefined && { lines: body.lines }),
          carrier: body.carrier ?? '',
          trackingNumber: body.trackingNumber ?? '',
          trackingUrl: body.trackingUrl ?? '',
          actorId: me.accountId,
          correlationId,
        })
        return created(shipmentView(shipment))
      })
      const { id } = recorded.body as { id: string }
      // Only whoever recorded it asks for the goods, or later the job: never two at once.
      const shipment = await (mine ? finish(deps, db, id) : findShipment(db.autocommit, id))
      if (shipment === undefined) throw orderErrors.error('shipment-not-found', 'There is no shipment with this id.')
      if (shipment.state === 'refused')
        throw orderErrors.error('goods-missing', 'The stock does not have what the shipment needs.', {
          shipmentId: id,
          ...shipment.refusal,
        })
      return {
        ...recorded,
        status: shipment.state === 'issuing' ? 202 : 201,
        body: shipmentView(shipment),
      }
    },
  }),
  route({
    method: 'GET',
    url: '/v1/orders/:orderId/shipments',
    operationId: 'listShipments',
    tag: 'Orders',
    summary: 'Shipments of an order',
    description: 'For its customer and for staff of the shop, the oldest first; 100 at most.',
    access: 'signed-in',
    params: Type.Object({ orderId: uuid }, closed),
    answers: { 200: ShipmentsView },
    errors: ['order-not-found'],
    async handle({ params: { orderId }, me }) {
      await orderVisibleTo(deps.shards, orderId, me)
      const shipments = await shipmentsOf(deps.shards.ofId(orderId).db.autocommit, [orderId])
      return ok({ items: shipments.map(shipmentView) })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/shops/:shopId/orders/:orderId/delivery',
    operationId: 'recordDelivery',
    tag: 'Orders',
    summary: 'Say that an order or a shipment arrived, or could not be delivered',
    description:
      'The order is delivered when nothing of it is left to ship or on its way. What could not be delivered becomes a return, approved already: receive it when the goods are back.',
    access: { duty: 'orders' },
    params,
    body: Type.Object(
      {
        shipmentId: Type.Optional(Type.String({ format: 'uuid', description: 'Left out: all that are on their way.' })),
        outcome: Type.Optional(Type.Enum(['delivered', 'failed'], { description: 'Left out: delivered.' })),
      },
      closed,
    ),
    answers: { 200: OrderWithShipmentsView },
    errors: ['order-not-found', 'shipment-not-found', 'illegal-transition'],
    handle(request) {
      const { me, correlationId, body } = request
      const { shopId, orderId } = request.params
      mustActFor(me, shopId)
      return request.once(deps.shards.ofOwner(shopId).db, async (tx) => {
        const { order, shipments } = await deliverOrder(tx, deps, {
          orderId,
          shopId,
          ...(body.shipmentId !== undefined && { shipmentId: body.shipmentId }),
          outcome: body.outcome ?? 'delivered',
          correlationId,
        })
        return ok(orderWithShipments(order, shipments))
      })
    },
  }),
]

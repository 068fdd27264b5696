import { Type } from 'typebox'
import type { Order } from './order.ts'
import { paidBack, type Return, returnReasons, returnStates } from './return.ts'
import { type Shipment, shipmentStates } from './shipment.ts'
import { OrderDetailView, orderView } from './views.ts'

const closed = { additionalProperties: false }
const id = Type.String({ format: 'uuid' })
const at = Type.String({ format: 'date-time' })
const maybe = <T extends ReturnType<typeof Type.String>>(type: T) => Type.Union([type, Type.Null()])

export const ShipmentView = Type.Object(
  {
    id,
    orderId: id,
    state: Type.Enum(shipmentStates, {
      description:
        '`issuing`: the goods are being taken from the shelf. `issued`: on its way. `refused`: the goods were not there. `failed`: could not be delivered and is coming back.',
    }),
    lines: Type.Array(Type.Object({ variantId: id, quantity: Type.Integer() }, closed)),
    carrier: Type.String(),
    trackingNumber: Type.String(),
    trackingUrl: Type.String(),
    createdAt: at,
    shippedAt: maybe(at),
    endedAt: Type.Union([at, Type.Null()], { description: 'When it was delivered, failed or was refused.' }),
  },
  closed,
)

export const shipmentView = (shipment: Shipment) => ({
  id: shipment.shipmentId,
  orderId: shipment.orderId,
  state: shipment.state,
  lines: shipment.lines.map(({ variantId, quantity }) => ({ variantId, quantity })),
  carrier: shipment.carrier,
  trackingNumber: shipment.trackingNumber,
  trackingUrl: shipment.trackingUrl,
  createdAt: iso(shipment.createdAtMs),
  shippedAt: shipment.issuedAtMs === null ? null : iso(shipment.issuedAtMs),
  endedAt: shipment.endedAtMs === null ? null : iso(shipment.endedAtMs),
})

export const ShipmentsView = Type.Object({ items: Type.Array(ShipmentView) }, closed)

export const OrderWithShipmentsView = Type.Object(
  { ...OrderDetailView.properties, shipments: Type.Array(ShipmentView, { description: 'The oldest first.' }) },
  closed,
)

export const orderWithShipments = (order: Order, shipments: readonly Shipment[]) => ({
  ...orderView(order),
  shipments: shipments.map(shipmentView),
})

const minor = Type.Integer({ description: 'In minor units: 1999 is 19.99 EUR.' })

export const ReturnView = Type.Object(
  {
    id,
    orderId: id,
    shopId: id,
    customerId: id,
    origin: Type.Enum(['customer', 'undelivered'], {
      description: '`undelivered`: begun by the shop, for what could not be handed over.',
    }),
    state: Type.Enum(returnStates, {
      description:
        '`receiving`: the goods came and are put away. `received`: the money is on its way back. `settled`: all done.',
    }),
    reason: Type.Enum([...returnReasons, 'undelivered']),
    note: Type.String(),
    answer: Type.String({ description: "The shop's." }),
    lines: Type.Array(
      Type.Object(
        {
          variantId: id,
          quantity: Type.Integer({ description: 'Announced.' }),
          received: Type.Union([Type.Integer(), Type.Null()], { description: 'Came.' }),
          disposition: Type.Union([Type.Enum(['restock', 'write-off']), Type.Null()]),
          refundMinor: Type.Union([minor, Type.Null()], { description: 'Fixed when the goods came.' }),
        },
        closed,
      ),
    ),
    refundMinor: Type.Union([minor, Type.Null()]),
    currency: Type.String({ description: 'ISO 4217.' }),
    requestedAt: at,
    decidedAt: maybe(at),
    receivedAt: maybe(at),
    settledAt: maybe(at),
  },
  closed,
)

export const ReturnsView = Type.Object({ items: Type.Array(ReturnView) }, closed)

export const ReturnListView = Type.Object({ items: Type.Array(ReturnView), nextCursor: maybe(Type.String()) }, closed)

export const returnView = (
  returned: Return,
  { currency, paymentMethod }: Pick<Order, 'currency' | 'paymentMethod'>,
) => {
  const back = (refundMinor: number | null) =>
    refundMinor === null ? null : paidBack({ origin: returned.origin, refundMinor }, paymentMethod)
  return {
    id: returned.returnId,
    orderId: returned.orderId,
    shopId: returned.shopId,
    customerId: returned.customerId,
    origin: returned.origin,
    state: returned.state,
    reason: returned.reason,
    note: returned.note,
    answer: returned.answer,
    lines: returned.lines.map(({ variantId, quantity, received, restock, refundMinor }) => ({
      variantId,
      quantity,
      received,
      disposition: restock === null ? null : restock ? 'restock' : 'write-off',
      refundMinor: back(refundMinor),
    })),
    refundMinor: back(returned.refundMinor),
    currency,
    requestedAt: iso(returned.requestedAtMs),
    decidedAt: returned.decidedAtMs === null ? null : iso(returned.decidedAtMs),
    receivedAt: returned.receivedAtMs === null ? null : iso(returned.receivedAtMs),
    settledAt: returned.settledAtMs === null ? null : iso(returned.settledAtMs),
  }
}

const iso = (ms: number) => new Date(ms).toISOString()

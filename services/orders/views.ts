import { Type } from 'typebox'
import { extrasView, shownExtras } from './order-extras.ts'
import {
  externalPayment,
  type Order,
  type OrderLine,
  orderStatuses,
  paymentMethods,
  type PlacedOrder,
  returnedMark,
} from './order.ts'

const closed = { additionalProperties: false }
const id = Type.String({ format: 'uuid' })
const minor = Type.Integer({ description: 'In minor units: 1999 is 19.99 EUR.' })

export const LineView = Type.Object(
  {
    variantId: id,
    productId: id,
    sku: Type.String(),
    title: Type.String(),
    quantity: Type.Integer(),
    unitPriceMinor: minor,
    totalMinor: minor,
    priceVersion: Type.Integer({ description: 'Version of the price it was sold at.' }),
    saleWindowId: Type.Union([id, Type.Null()], { description: 'The sale it was sold in, if any.' }),
  },
  closed,
)

export const OrderView = Type.Object(
  {
    id,
    shopId: id,
    customerId: id,
    status: Type.Enum(orderStatuses, {
      description:
        '`placed`: the units are yours. `confirmed`: paid or trusted, and being prepared. `partly-shipped`, `shipped`: on its way. `delivered`: all of it arrived. `cancelled`: ended without being sent.',
    }),
    lines: Type.Array(LineView),
    totalMinor: minor,
    currency: Type.String({ description: 'ISO 4217.' }),
    paymentMethod: Type.Enum([...Object.keys(paymentMethods), externalPayment]),
    placedAt: Type.String({ format: 'date-time' }),
    ...extrasView,
  },
  closed,
)

export const OrderDetailView = Type.Object(
  {
    ...OrderView.properties,
    version: Type.Integer(),
    history: Type.Array(
      Type.Object(
        { status: Type.Enum([...orderStatuses, returnedMark]), at: Type.String({ format: 'date-time' }) },
        closed,
      ),
      {
        description:
          'Every state with when it was reached, oldest first. `returned`: goods came back and were settled; the order stays in its state.',
      },
    ),
  },
  closed,
)

export const OrderListView = Type.Object(
  { items: Type.Array(OrderDetailView), nextCursor: Type.Union([Type.String(), Type.Null()]) },
  closed,
)

/** While an order waits for its customer to pay. */
export const ToPayView = Type.Union(
  [
    Type.Object(
      {
        url: Type.String({ description: 'Where it says how: the provider and what to send it.' }),
        until: Type.String({ format: 'date-time', description: 'Then the order is cancelled.' }),
      },
      closed,
    ),
    Type.Null(),
  ],
  { description: 'Not null while the payment is waited for.' },
)

export const StatusView = Type.Object(
  {
    id,
    status: Type.Enum(['accepted', 'refused', ...orderStatuses]),
    progressPercent: Type.Integer({ minimum: 0, maximum: 100 }),
    statusUrl: Type.String(),
    refusal: Type.Union([Type.Object({ code: Type.String(), detail: Type.String() }), Type.Null()]),
    toPay: ToPayView,
    acceptedAt: Type.String({ format: 'date-time' }),
    finishedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  },
  closed,
)

export const AcceptedView = Type.Object(
  {
    id,
    status: Type.Literal('accepted'),
    statusUrl: Type.String(),
    estimateSeconds: Type.Integer(),
    acceptedAt: Type.String({ format: 'date-time' }),
  },
  closed,
)

const lineView = (line: OrderLine) => ({ ...line })

/** As placed: the same for the first answer and for every repeat of it. */
export const placedView = (order: PlacedOrder) => ({
  id: order.orderId,
  shopId: order.shopId,
  customerId: order.customerId,
  status: 'placed' as const,
  lines: order.lines.map(lineView),
  totalMinor: order.totalMinor,
  currency: order.currency,
  paymentMethod: order.paymentMethod,
  placedAt: new Date(order.placedAtMs).toISOString(),
  ...shownExtras(order.extras),
})

export const orderView = (order: Order) => ({
  ...placedView(order),
  status: order.status,
  version: order.version,
  history: order.history.map(([status, atMs]) => ({ status, at: new Date(atMs).toISOString() })),
})

/** How far an order is, for whoever polls: 10 kept, 70 stored as an order (80: and waiting to be paid), 100 decided. */
export const progressOf = {
  accepted: 10,
  placed: 70,
  confirmed: 100,
  'partly-shipped': 100,
  shipped: 100,
  delivered: 100,
  cancelled: 100,
  refused: 100,
} as const

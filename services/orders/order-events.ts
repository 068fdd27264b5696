import {
  orderCancelled,
  orderConfirmed,
  orderDelivered,
  orderPlaced,
  orderReturned,
  orderShipped,
} from '@souk/contracts'
import { type NewEvent, newEvent } from '@souk/events'
import type { Adjustment, Pricing } from './order-extras.ts'
import type { Order, OrderLine, PlacedOrder } from './order.ts'
import { paidBack, type Return } from './return.ts'
import type { Shipment } from './shipment.ts'

// Ids of events are the order's id and version: the same change can never be announced under two names.

const toContract = (line: OrderLine) => ({
  variantId: line.variantId,
  productId: line.productId,
  quantity: line.quantity,
  unitPriceMinor: BigInt(line.unitPriceMinor),
  totalMinor: BigInt(line.totalMinor),
  saleWindowId: line.saleWindowId ?? '',
})

export const adjustmentToContract = ({ kind, label, amountMinor, code = '' }: Adjustment) => ({
  kind,
  label,
  amountMinor: BigInt(amountMinor),
  code,
})

const pricingToContract = ({ adjustments, lines, taxes }: Pricing) => ({
  adjustments: adjustments.map(adjustmentToContract),
  taxMinor: taxes.reduce((sum, { taxMinor }) => sum + BigInt(taxMinor), 0n),
  shippingMinor: lines.reduce((sum, { shippingMinor }) => sum + BigInt(shippingMinor), 0n),
})

export const orderPlacedEvent = (order: PlacedOrder, correlationId: string): NewEvent =>
  newEvent(
    orderPlaced,
    {
      orderId: order.orderId,
      version: 1,
      shopId: order.shopId,
      customerId: order.customerId,
      lines: order.lines.map(toContract),
      totalMinor: BigInt(order.totalMinor),
      currencyCode: order.currency,
      placedAtMs: BigInt(order.placedAtMs),
      paymentMethod: order.paymentMethod,
      paymentToken: order.paymentToken ?? '',
      ...(order.extras?.pricing !== undefined && pricingToContract(order.extras.pricing)),
    },
    { occurredAtMs: order.placedAtMs, correlationId, id: `${order.orderId}/1` },
  )

export type MovedOrder = { orderId: string; shopId: string; customerId: string; version: number }

export const orderConfirmedEvent = (order: MovedOrder, atMs: number, correlationId: string): NewEvent =>
  newEvent(
    orderConfirmed,
    { ...order, confirmedAtMs: BigInt(atMs) },
    { occurredAtMs: atMs, correlationId, id: `${order.orderId}/${order.version}` },
  )

export const orderCancelledEvent = (
  order: MovedOrder,
  lines: readonly OrderLine[],
  reason: string,
  atMs: number,
  correlationId: string,
): NewEvent =>
  newEvent(
    orderCancelled,
    { ...order, reason, cancelledAtMs: BigInt(atMs), lines: lines.map(toContract) },
    { occurredAtMs: atMs, correlationId, id: `${order.orderId}/${order.version}` },
  )

const moved = ({ orderId, shopId, customerId, version }: MovedOrder): MovedOrder => ({
  orderId,
  shopId,
  customerId,
  version,
})

/** @param order as it is with this shipment. */
export const orderShippedEvent = (order: Order, shipment: Shipment, atMs: number): NewEvent =>
  newEvent(
    orderShipped,
    {
      ...moved(order),
      shipmentId: shipment.shipmentId,
      lines: shipment.lines.map(({ lineNo, variantId, quantity }) => ({
        variantId,
        quantity,
        saleWindowId: order.lines[lineNo - 1]?.saleWindowId ?? '',
      })),
      complete: order.status === 'shipped',
      carrier: shipment.carrier,
      trackingNumber: shipment.trackingNumber,
      trackingUrl: shipment.trackingUrl,
      shippedAtMs: BigInt(atMs),
      paymentMethod: order.paymentMethod,
    },
    { occurredAtMs: atMs, correlationId: shipment.correlationId, id: `${order.orderId}/${order.version}` },
  )

/**
 * @param shipments all of them, as they ended.
 * @param dueMinor  of the total, what is of goods that arrived; undefined when that is not known yet.
 */
export const orderDeliveredEvent = (
  order: Order,
  shipments: readonly Shipment[],
  dueMinor: number | undefined,
  atMs: number,
  correlationId: string,
): NewEvent =>
  newEvent(
    orderDelivered,
    {
      ...moved(order),
      productIds: productsArrived(order, shipments),
      ...(dueMinor !== undefined && { dueMinor: BigInt(dueMinor) }),
      deliveredAtMs: BigInt(atMs),
      paymentMethod: order.paymentMethod,
      totalMinor: BigInt(order.totalMinor),
      currencyCode: order.currency,
    },
    { occurredAtMs: atMs, correlationId, id: `${order.orderId}/${order.version}` },
  )

const productsArrived = ({ lines }: Order, shipments: readonly Shipment[]): string[] => {
  const arrived = shipments.filter(({ state }) => state === 'delivered').flatMap((shipment) => shipment.lines)
  return [...new Set(arrived.flatMap(({ lineNo }) => lines[lineNo - 1]?.productId ?? []))]
}

/** @param order as it is with this return. */
export const orderReturnedEvent = (order: Order, returned: Return, atMs: number): NewEvent => {
  const refund = (refundMinor: number | null) =>
    BigInt(paidBack({ origin: returned.origin, refundMinor }, order.paymentMethod))
  return newEvent(
    orderReturned,
    {
      ...moved(order),
      returnId: returned.returnId,
      lines: returned.lines
        .filter(({ received, refundMinor }) => (received ?? 0) > 0 || (refundMinor ?? 0) > 0)
        .map(({ variantId, received, restock, refundMinor }) => ({
          variantId,
          quantity: received ?? 0,
          restocked: restock ?? false,
          refundMinor: refund(refundMinor),
        })),
      refundMinor: refund(returned.refundMinor),
      currencyCode: order.currency,
      reason: returned.reason,
      returnedAtMs: BigInt(atMs),
    },
    { occurredAtMs: atMs, correlationId: returned.correlationId, id: `${order.orderId}/${order.version}` },
  )
}

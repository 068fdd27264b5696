import { orderCancelled, orderConfirmed, orderPlaced } from '@souk/contracts'
import { type NewEvent, newEvent } from '@souk/events'
import type { OrderLine, PlacedOrder } from './order.ts'

// Ids of events are the order's id and version: the same change can never be announced under two names.

const toContract = (line: OrderLine) => ({
  variantId: line.variantId,
  productId: line.productId,
  quantity: line.quantity,
  unitPriceMinor: BigInt(line.unitPriceMinor),
  totalMinor: BigInt(line.totalMinor),
  saleWindowId: line.saleWindowId ?? '',
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

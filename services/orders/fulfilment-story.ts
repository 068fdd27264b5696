import { paidBack, type Return } from './return.ts'
import type { Shipment } from './shipment.ts'
import type { TimelineEntry } from './timeline.ts'

type Moment = { atMs: number | null; what: string; detail: string }

/**
 * What became of an order's parcels and of what was sent back. @param inside for those who run the shop: also what is still
 * being fetched from the shelf, and what was not there.
 */
export function fulfilmentEntries(
  shipments: readonly Shipment[],
  returns: readonly Return[],
  { paymentMethod, currency }: { paymentMethod: string; currency: string },
  inside: boolean,
): TimelineEntry[] {
  const told = (kind: 'shipment' | 'return', moments: readonly Moment[]) =>
    moments.flatMap(({ atMs, ...moment }): TimelineEntry[] => (atMs === null ? [] : [{ kind, atMs, ...moment }]))
  return [
    ...shipments.flatMap((shipment) => told('shipment', inside ? momentsOf(shipment) : onTheWay(shipment))),
    ...returns.flatMap((returned) => told('return', momentsOfReturn(returned, paymentMethod, currency))),
  ]
}

function momentsOf(shipment: Shipment): Moment[] {
  const { createdAtMs, endedAtMs, state, refusal, lines } = shipment
  const asked = { atMs: createdAtMs, what: 'goods asked for', detail: unitsOf(lines) }
  if (state !== 'refused') return [asked, ...onTheWay(shipment)]
  const detail = refusal === null ? '' : `${refusal.reason}: variant ${refusal.variantId}`
  return [asked, { atMs: endedAtMs, what: 'goods refused', detail }]
}

function onTheWay({ state, issuedAtMs, endedAtMs, carrier, trackingNumber, lines }: Shipment): Moment[] {
  const left = {
    atMs: issuedAtMs,
    what: 'handed over',
    detail: [unitsOf(lines), carrier, trackingNumber].filter(Boolean).join(', '),
  }
  if (state === 'delivered') return [left, { atMs: endedAtMs, what: 'delivered', detail: unitsOf(lines) }]
  if (state === 'failed') return [left, { atMs: endedAtMs, what: 'not delivered', detail: 'it is coming back' }]
  return state === 'issued' ? [left] : []
}

function momentsOfReturn(returned: Return, paymentMethod: string, currency: string): Moment[] {
  const { state, origin, reason, note, answer, lines, requestedAtMs, decidedAtMs, receivedAtMs, settledAtMs } = returned
  const came = lines.flatMap(({ received, restock }) => (received === null ? [] : [{ quantity: received, restock }]))
  const ofThem = (restock: boolean) => came.filter((line) => line.restock === restock && line.quantity > 0)
  const again = [`${unitsOf(ofThem(true))} on sale again`, `${unitsOf(ofThem(false))} written off`]
  return [
    { atMs: requestedAtMs, what: 'asked for', detail: [unitsOf(lines), reason, note].filter(Boolean).join(', ') },
    {
      atMs: origin === 'undelivered' && state !== 'refused' ? null : decidedAtMs,
      what: state === 'refused' ? 'refused' : 'approved',
      detail: answer,
    },
    { atMs: receivedAtMs, what: 'received', detail: again.filter((part) => !part.startsWith('0 ')).join(', ') },
    {
      atMs: settledAtMs,
      what: 'settled',
      detail: `${paidBack(returned, paymentMethod)} minor units of ${currency} given back`,
    },
  ]
}

function unitsOf(lines: readonly { quantity: number }[]): string {
  const units = lines.reduce((sum, { quantity }) => sum + quantity, 0)
  return `${units} ${units === 1 ? 'unit' : 'units'}`
}

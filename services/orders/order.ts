import { orderErrors } from './errors.ts'
import type { OrderExtras } from './order-extras.ts'

/** Every legal move of an order. What is not here is refused. */
export const transitions = {
  placed: { confirm: 'confirmed', cancel: 'cancelled' },
  confirmed: { cancel: 'cancelled', shipPart: 'partly-shipped', ship: 'shipped' },
  'partly-shipped': { shipPart: 'partly-shipped', ship: 'shipped' },
  shipped: { deliver: 'delivered' },
  delivered: {},
  cancelled: {},
} as const satisfies Record<string, Partial<Record<string, string>>>

export type OrderStatus = keyof typeof transitions
export type OrderAction = 'confirm' | 'cancel' | 'shipPart' | 'ship' | 'deliver'

export const orderStatuses = Object.keys(transitions) as OrderStatus[]
export const terminal = (status: OrderStatus): boolean => Object.keys(transitions[status]).length === 0

/** @throws illegal-transition */
export function next(from: OrderStatus, action: OrderAction): OrderStatus {
  const moves: Partial<Record<OrderAction, OrderStatus>> = transitions[from]
  const to = moves[action]
  if (to === undefined)
    throw orderErrors.error('illegal-transition', `An order that is ${from} cannot be ${pastTense[action]}.`, {
      from,
      action,
    })
  return to
}

const pastTense: Record<OrderAction, string> = {
  confirm: 'confirmed',
  cancel: 'cancelled',
  shipPart: 'shipped in part',
  ship: 'shipped',
  deliver: 'delivered',
}

/** Stands in a history for goods that came back: a version of the order as any other, which leaves its state as it is. */
export const returnedMark = 'returned'

/** Every state with when it was reached, in Unix milliseconds, oldest first; and every return when it was settled. */
export type OrderHistory = readonly (readonly [OrderStatus | typeof returnedMark, number])[]

const goodsAreOut: ReadonlySet<string> = new Set<OrderStatus>(['partly-shipped', 'shipped', 'delivered'])

/** The state a history ends in. */
export const lastStatus = (history: OrderHistory): OrderStatus | undefined =>
  history.findLast((entry): entry is readonly [OrderStatus, number] => entry[0] !== returnedMark)?.[0]

/** Whether a history is a path through the transitions that begins where orders begin; nothing returns before it left. */
export const isPath = (history: OrderHistory): boolean =>
  history[0]?.[0] === 'placed' &&
  history.every(([entry], index) => {
    const from = lastStatus(history.slice(0, index))
    if (from === undefined) return index === 0
    if (entry === returnedMark) return goodsAreOut.has(from)
    return Object.values(transitions[from] ?? {}).includes(entry as never)
  })

/** How an order is paid, and when that is known. Orders whose method answers later wait between placed and confirmed. */
export const paymentMethods = {
  card: { decided: 'at-once-or-later' },
  wallet: { decided: 'at-once' },
  'bank-transfer': { decided: 'later' },
  'cash-on-delivery': { decided: 'at-once' },
} as const
export type PaymentMethod = keyof typeof paymentMethods

export const methodsDecidedAtOnce: ReadonlySet<string> = new Set(
  Object.entries(paymentMethods).flatMap(([method, { decided }]) => (decided === 'at-once' ? [method] : [])),
)

/** Of orders taken over from another system: paid there, and none of our payments' business. Nobody can order with it. */
export const externalPayment = 'external'

/** A line as it was sold: price and names are those of the moment, whatever becomes of the product. */
export type OrderLine = {
  readonly variantId: string
  readonly productId: string
  readonly sku: string
  readonly title: string
  readonly quantity: number
  readonly unitPriceMinor: number
  readonly totalMinor: number
  readonly priceVersion: number
  readonly saleWindowId: string | null
}

/** What was placed. None of it ever changes. */
export type PlacedOrder = {
  readonly orderId: string
  readonly shopId: string
  readonly customerId: string
  readonly lines: readonly OrderLine[]
  readonly totalMinor: number
  readonly currency: string
  readonly paymentMethod: PaymentMethod
  /** Of the payment provider: travels with the event, is kept nowhere. */
  readonly paymentToken?: string | undefined
  readonly placedAtMs: number
  /** Absent on a plain order: its lines are all of it. */
  readonly extras?: OrderExtras | undefined
}

export type Order = PlacedOrder & {
  readonly status: OrderStatus
  readonly version: number
  readonly history: OrderHistory
}

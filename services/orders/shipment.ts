import { orderErrors } from './errors.ts'
import type { Order, OrderLine } from './order.ts'

/** Every legal move of a shipment. `issuing`: recorded here, and inventory is being asked for the goods. */
export const shipmentMoves = {
  issuing: { issue: 'issued', refuse: 'refused' },
  issued: { deliver: 'delivered', fail: 'failed' },
  refused: {},
  delivered: {},
  failed: {},
} as const satisfies Record<string, Partial<Record<string, string>>>

export type ShipmentState = keyof typeof shipmentMoves
export const shipmentStates = Object.keys(shipmentMoves) as ShipmentState[]

/** States in which the goods have left the shelf. */
export const goneStates = ['issued', 'delivered', 'failed'] as const satisfies readonly ShipmentState[]

export type ShipmentLine = { readonly lineNo: number; readonly variantId: string; readonly quantity: number }

export type Shipment = {
  readonly shipmentId: string
  readonly orderId: string
  readonly shopId: string
  readonly state: ShipmentState
  readonly carrier: string
  readonly trackingNumber: string
  readonly trackingUrl: string
  readonly refusal: { readonly variantId: string; readonly reason: string } | null
  readonly actorId: string
  readonly correlationId: string
  readonly createdAtMs: number
  readonly issuedAtMs: number | null
  readonly endedAtMs: number | null
  readonly lines: readonly ShipmentLine[]
}

export type AskedLine = { readonly variantId: string; readonly quantity: number }

/** Nobody divides an order further: its history and its list of shipments stay short enough to be read whole. */
export const partsAtMost = 100

/** Lines are numbered as they stand in the order, from 1. Each variant stands there once. */
const numbered = (lines: readonly OrderLine[]) => lines.map((line, index) => ({ ...line, lineNo: index + 1 }))

/** Units of each line of an order in these shipments, by the number of the line. */
export function unitsByLine<Line extends ShipmentLine>(
  parts: readonly { readonly lines: readonly Line[] }[],
  unitsOf: (line: Line) => number = ({ quantity }) => quantity,
): Map<number, number> {
  const units = new Map<number, number>()
  for (const { lines } of parts)
    for (const line of lines) units.set(line.lineNo, (units.get(line.lineNo) ?? 0) + unitsOf(line))
  return units
}

/**
 * What a shipment is to contain: what was asked for, or all that is left.
 * @param before the order's other shipments; those being issued count as shipped, refused ones do not.
 * @throws nothing-to-ship, more-than-left, order-line-not-found
 */
export function linesToShip(
  order: Pick<Order, 'lines'>,
  before: readonly Shipment[],
  asked: readonly AskedLine[] | undefined,
): ShipmentLine[] {
  const taken = unitsByLine(before.filter(({ state }) => state !== 'refused'))
  const left = numbered(order.lines).map((line) => ({ ...line, left: line.quantity - (taken.get(line.lineNo) ?? 0) }))
  return asked === undefined ? everything(left) : pick(left, asked, 'shipped')
}

type Left = { lineNo: number; variantId: string; left: number }

function everything(left: readonly Left[]): ShipmentLine[] {
  const lines = left.flatMap(({ lineNo, variantId, left: quantity }) =>
    quantity > 0 ? [{ lineNo, variantId, quantity }] : [],
  )
  if (lines.length === 0)
    throw orderErrors.error('nothing-to-ship', 'All of the order is shipped, or being shipped at this moment.')
  return lines
}

/**
 * The lines asked for, several of one variant put together, in the order of the order's lines.
 * @throws more-than-left, order-line-not-found
 */
export function pick(left: readonly Left[], asked: readonly AskedLine[], done: string): ShipmentLine[] {
  const wanted = new Map<string, number>()
  for (const { variantId, quantity } of asked) wanted.set(variantId, (wanted.get(variantId) ?? 0) + quantity)
  const lines = left.flatMap(({ lineNo, variantId, left: remaining }) => {
    const quantity = wanted.get(variantId)
    if (quantity === undefined) return []
    wanted.delete(variantId)
    if (quantity > remaining) throw tooMany(variantId, remaining, quantity, done)
    return [{ lineNo, variantId, quantity }]
  })
  for (const [variantId] of wanted) throw lineNotFound(variantId)
  return lines
}

export const lineNotFound = (variantId: string) =>
  orderErrors.error('order-line-not-found', `There is no line of the variant ${variantId}.`, { variantId })

const tooMany = (variantId: string, remaining: number, quantity: number, done: string) =>
  orderErrors.error(
    'more-than-left',
    `${remaining} of the variant ${variantId} are left to be ${done}; ${quantity} were asked for.`,
    { variantId, remaining },
  )

/** Whether with these shipments every unit of the order has left the shelf. */
export function isComplete(order: Pick<Order, 'lines'>, shipments: readonly Shipment[]): boolean {
  const gone = unitsByLine(shipments.filter(({ state }) => (goneStates as readonly string[]).includes(state)))
  return numbered(order.lines).every(({ lineNo, quantity }) => gone.get(lineNo) === quantity)
}

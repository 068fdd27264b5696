import { orderErrors } from './errors.ts'
import type { Order } from './order.ts'
import { type AskedLine, lineNotFound, pick, type Shipment, type ShipmentLine, unitsByLine } from './shipment.ts'

/**
 * Every legal move of a return. `receiving`: the goods came and inventory is being told; `received`: the money is being
 * given back; `settled`: both are done and the return is announced. What was approved and never came can still be refused.
 */
export const returnMoves = {
  requested: { approve: 'approved', refuse: 'refused' },
  approved: { receive: 'receiving', refuse: 'refused' },
  receiving: { store: 'received' },
  received: { settle: 'settled' },
  settled: {},
  refused: {},
} as const satisfies Record<string, Partial<Record<string, string>>>

export type ReturnState = keyof typeof returnMoves
export type ReturnAction = 'approve' | 'refuse' | 'receive' | 'store' | 'settle'
export const returnStates = Object.keys(returnMoves) as ReturnState[]

/** @throws illegal-return-transition */
export function nextOfReturn(from: ReturnState, action: ReturnAction): ReturnState {
  const moves: Partial<Record<ReturnAction, ReturnState>> = returnMoves[from]
  const to = moves[action]
  if (to === undefined)
    throw orderErrors.error('illegal-return-transition', `A return that is ${from} cannot be ${pastTense[action]}.`, {
      from,
      action,
    })
  return to
}

const pastTense: Record<ReturnAction, string> = {
  approve: 'approved',
  refuse: 'refused',
  receive: 'received',
  store: 'stored',
  settle: 'settled',
}

export const returnReasons = ['damaged', 'wrong-item', 'not-as-described', 'late', 'not-wanted', 'other'] as const
/** `undelivered`: the shop's own, for what came back without having been handed over. */
export type ReturnReason = (typeof returnReasons)[number] | 'undelivered'

export type Disposition = 'restock' | 'write-off'

export type ReturnLine = ShipmentLine & {
  /** Units that came; null until they did. */
  readonly received: number | null
  readonly restock: boolean | null
  /** Their part of what was paid: fixed when they came, of what could not be delivered when that was known. */
  readonly refundMinor: number | null
}

export type Return = {
  readonly returnId: string
  readonly orderId: string
  readonly shopId: string
  readonly customerId: string
  readonly origin: 'customer' | 'undelivered'
  readonly shipmentId: string | null
  readonly state: ReturnState
  readonly reason: ReturnReason
  readonly note: string
  readonly answer: string
  readonly refundMinor: number | null
  readonly actorId: string | null
  readonly correlationId: string
  readonly requestedAtMs: number
  readonly decidedAtMs: number | null
  readonly receivedAtMs: number | null
  readonly settledAtMs: number | null
  readonly lines: readonly ReturnLine[]
}

const dayMs = 24 * 3_600_000

/**
 * What a customer may send back: what was delivered, less what other returns already claim.
 * @param returnDays counted from the day the last part of the order arrived.
 * @throws nothing-delivered, return-too-late, more-than-left, order-line-not-found
 */
export function linesToReturn(
  shipments: readonly Shipment[],
  returns: readonly Return[],
  asked: readonly AskedLine[],
  nowMs: number,
  returnDays: number,
): ShipmentLine[] {
  const delivered = shipments.filter(({ state }) => state === 'delivered')
  if (delivered.length === 0)
    throw orderErrors.error('nothing-delivered', 'Nothing of the order has been delivered yet.')
  const untilMs = Math.max(...delivered.map(({ endedAtMs }) => endedAtMs ?? 0)) + returnDays * dayMs
  if (nowMs > untilMs) {
    const until = new Date(untilMs).toISOString()
    throw orderErrors.error('return-too-late', `The order could be returned until ${until}.`, { until })
  }
  // What was announced and did not come with the rest can be sent later.
  const claimed = unitsByLine(
    returns.filter(({ origin, state }) => origin === 'customer' && state !== 'refused'),
    ({ received, quantity }) => received ?? quantity,
  )
  const variants = new Map(delivered.flatMap(({ lines }) => lines.map(({ lineNo, variantId }) => [lineNo, variantId])))
  const left = [...unitsByLine(delivered)]
    .sort(([a], [b]) => a - b)
    .map(([lineNo, units]) => ({
      lineNo,
      variantId: variants.get(lineNo) ?? '',
      left: units - (claimed.get(lineNo) ?? 0),
    }))
  return pick(left, asked, 'returned')
}

export type ReceivedLine = { readonly variantId: string; readonly disposition: Disposition; readonly quantity?: number }

/**
 * What came of a return, and what each line of it gives back: for what came; of what was not delivered for all that was
 * sent, also when it was lost on its way back.
 * @param before the order's other returns, whose refunds are fixed already or not.
 * @throws return-lines-differ when a line of the return is not named exactly once, more of it came than was announced, or
 *   nothing came at all.
 */
export function receive(
  order: Pick<Order, 'lines' | 'totalMinor' | 'extras'>,
  returned: Pick<Return, 'lines' | 'origin'>,
  before: readonly Return[],
  came: readonly ReceivedLine[],
): (ReturnLine & { received: number; restock: boolean; refundMinor: number })[] {
  const worth = worthOf(order, before)
  const strange = came.find((line) => !returned.lines.some(({ variantId }) => variantId === line.variantId))
  if (strange !== undefined) throw lineNotFound(strange.variantId)
  const lines = returned.lines.map((line) => {
    const named = came.filter(({ variantId }) => variantId === line.variantId)
    const [one] = named
    const received = one?.quantity ?? line.quantity
    if (one === undefined || named.length > 1 || received > line.quantity)
      throw orderErrors.error(
        'return-lines-differ',
        `Name every line of the return once, with ${line.quantity} units at most of the variant ${line.variantId}.`,
        { variantId: line.variantId, announced: line.quantity },
      )
    const units = unitsGivenBack(returned, { ...line, received })
    return {
      ...line,
      received,
      restock: one.disposition === 'restock',
      refundMinor: line.refundMinor ?? worth(line.lineNo, units),
    }
  })
  const nothingCame = returned.origin === 'customer' && lines.every(({ received }) => received === 0)
  if (nothingCame)
    throw orderErrors.error('return-lines-differ', 'Something must have come: refuse the return if nothing did.')
  return lines
}

/**
 * What could not be delivered, with its part of what was paid or was to be paid: fixed now, so that it is known what is
 * due for the rest.
 * @param before the order's other returns.
 */
export function undeliveredLines(
  order: Pick<Order, 'lines' | 'totalMinor' | 'extras'>,
  lines: readonly ShipmentLine[],
  before: readonly Return[],
): (ReturnLine & { refundMinor: number })[] {
  const worth = worthOf(order, before)
  return lines.map((line) => ({
    ...line,
    received: null,
    restock: null,
    refundMinor: worth(line.lineNo, line.quantity),
  }))
}

/** Units of a line that a return gives the money of: those that came; of what was not delivered, all of them. */
const unitsGivenBack = ({ origin }: Pick<Return, 'origin'>, line: ReturnLine): number =>
  origin === 'undelivered'
    ? line.received === null && line.refundMinor === null
      ? 0
      : line.quantity
    : (line.received ?? 0)

/** What the next units of a line give back, after those that other returns have given back or will. */
function worthOf(order: Pick<Order, 'lines' | 'totalMinor' | 'extras'>, before: readonly Return[]) {
  const paid =
    order.extras?.pricing?.lines.map(({ paidMinor }) => paidMinor) ??
    apportion(
      order.totalMinor,
      order.lines.map(({ totalMinor }) => totalMinor),
    )
  const counted = before.filter(({ state }) => state !== 'refused')
  const earlier = unitsByLine(
    counted.map((each) => ({ lines: each.lines.map((line) => ({ ...line, quantity: unitsGivenBack(each, line) })) })),
  )
  return (lineNo: number, units: number): number => {
    const ordered = order.lines[lineNo - 1]?.quantity ?? 0
    const share = (upTo: number) => shareOfUnits(paid[lineNo - 1] ?? 0, ordered, upTo)
    const from = earlier.get(lineNo) ?? 0
    return share(from + units) - share(from)
  }
}

/**
 * Of the order's total, what is of goods that arrived: what is still to be collected at the door. Undefined where the
 * worth of what did not arrive is not fixed yet: it began to come back before that was done at once.
 */
export function dueAtTheDoor(order: Pick<Order, 'totalMinor'>, returns: readonly Return[]): number | undefined {
  const undelivered = returns.filter(({ origin, state }) => origin === 'undelivered' && state !== 'refused')
  if (undelivered.some(({ refundMinor }) => refundMinor === null)) return undefined
  return undelivered.reduce((due, { refundMinor }) => due - (refundMinor ?? 0), order.totalMinor)
}

/**
 * What the first `upTo` of `units` equal units cost together when all of them cost `paidMinor`: by largest remainder, the
 * first units one minor unit more. Returns in any portions add up to what was paid, and never go beyond.
 */
export const shareOfUnits = (paidMinor: number, units: number, upTo: number): number =>
  Math.floor(paidMinor / units) * upTo + Math.min(upTo, paidMinor % units)

/**
 * Divide an amount by weights, to the last minor unit: largest remainder, of equal ones the first.
 * @param weights whole, not negative, at least one. All zero means equal shares.
 */
export function apportion(amountMinor: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + BigInt(weight), 0n)
  const effective = sum === 0n ? weights.map(() => 1n) : weights.map(BigInt)
  const whole = sum === 0n ? BigInt(weights.length) : sum
  // In BigInt: an amount times a weight passes 2^53.
  const parts = effective.map((weight, index) => {
    const product = BigInt(amountMinor) * weight
    return { index, share: product / whole, remainder: product % whole }
  })
  let left = BigInt(amountMinor) - parts.reduce((total, { share }) => total + share, 0n)
  for (const part of parts.toSorted((a, b) => (a.remainder === b.remainder ? 0 : a.remainder > b.remainder ? -1 : 1))) {
    if (left === 0n) break
    part.share += 1n
    left -= 1n
  }
  return parts.map(({ share }) => Number(share))
}

/**
 * What goes back to the customer. Of what was to be paid on delivery and was not delivered nothing was paid; payments is
 * told all the same, so that it does not wait for that money.
 */
export const paidBack = ({ origin, refundMinor }: Pick<Return, 'origin' | 'refundMinor'>, paymentMethod: string) =>
  origin === 'undelivered' && paymentMethod === 'cash-on-delivery' ? 0 : (refundMinor ?? 0)

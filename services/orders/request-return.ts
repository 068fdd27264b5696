import { bucketInId, type Tx, uuidv7 } from '@souk/postgres'
import { orderErrors } from './errors.ts'
import { shipmentsOf } from './fulfilment.sql.ts'
import { lockOrder } from './orders.sql.ts'
import { linesToReturn, nextOfReturn, type Return, type ReturnReason } from './return.ts'
import { decideReturn, findReturn, insertReturn, returnsOf } from './returns.sql.ts'
import { orderNotFound } from './ship-order.ts'
import { type AskedLine, partsAtMost } from './shipment.ts'

export type RequestReturn = {
  orderId: string
  customerId: string
  lines: readonly AskedLine[]
  reason: ReturnReason
  note: string
  correlationId: string
}

/**
 * A customer asks to send units back. Under the lock of the order, so that no unit is claimed twice.
 * @throws order-not-found, nothing-delivered, return-too-late, more-than-left, too-many-parts
 */
export async function requestReturn(
  tx: Tx,
  { clock, returnDays }: { clock: () => Date; returnDays: number },
  command: RequestReturn,
): Promise<Return> {
  const order = await lockOrder(tx, command.orderId)
  if (order === undefined || order.customerId !== command.customerId) throw orderNotFound()
  const before = await returnsOf(tx, [order.orderId])
  if (before.length >= partsAtMost)
    throw orderErrors.error(
      'too-many-parts',
      `The order has ${before.length} returns, and that is the most it can have.`,
    )
  const now = clock()
  const lines = linesToReturn(await shipmentsOf(tx, [order.orderId]), before, command.lines, now.getTime(), returnDays)
  const requested: Return = {
    returnId: uuidv7(now.getTime(), bucketInId(order.orderId)),
    orderId: order.orderId,
    shopId: order.shopId,
    customerId: order.customerId,
    origin: 'customer',
    shipmentId: null,
    state: 'requested',
    reason: command.reason,
    note: command.note,
    answer: '',
    refundMinor: null,
    actorId: null,
    correlationId: command.correlationId,
    requestedAtMs: now.getTime(),
    decidedAtMs: null,
    receivedAtMs: null,
    settledAtMs: null,
    lines: lines.map((line) => ({ ...line, received: null, restock: null, refundMinor: null })),
  }
  await insertReturn(tx, requested, now)
  return requested
}

export const returnNotFound = () => orderErrors.error('return-not-found', 'There is no return with this id.')

/** The return under the lock of its order; another shop's is as if there were none. */
export async function lockReturn(tx: Tx, returnId: string, shopId: string) {
  const found = await findReturn(tx, returnId)
  const order = found === undefined ? undefined : await lockOrder(tx, found.orderId)
  const current = order === undefined ? undefined : await findReturn(tx, returnId)
  if (order === undefined || current === undefined || current.shopId !== shopId) throw returnNotFound()
  return { order, returned: current }
}

export type AnswerReturn = { returnId: string; shopId: string; approve: boolean; answer: string }

/** The shop's answer; the same answer again changes nothing. Throws return-not-found, illegal-return-transition. */
export async function answerReturn(tx: Tx, clock: () => Date, command: AnswerReturn): Promise<Return> {
  const { returned } = await lockReturn(tx, command.returnId, command.shopId)
  const wanted = command.approve ? 'approved' : 'refused'
  if (returned.state === wanted) return returned
  // What never reached the customer is not his to be refused: it is received, if need be with nothing in it.
  if (returned.origin === 'undelivered' && !command.approve)
    throw orderErrors.error(
      'illegal-return-transition',
      'Goods that could not be delivered are received, or lost: receive 0.',
      {
        from: returned.state,
        action: 'refuse',
      },
    )
  const state = nextOfReturn(returned.state, command.approve ? 'approve' : 'refuse')
  const now = clock()
  await decideReturn(tx, returned.returnId, state, command.answer, now)
  return { ...returned, state, answer: command.answer, decidedAtMs: now.getTime() }
}

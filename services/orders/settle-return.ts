import type { AssignmentService } from '@souk/contracts/inventory'
import type { PaymentService } from '@souk/contracts/payments'
import type { Outbox } from '@souk/events'
import type { Database, Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import type { CountFulfilment } from './metrics-fulfilment.ts'
import { type Order, returnedMark } from './order.ts'
import { orderReturnedEvent } from './order-events.ts'
import { readOrders, saveOrder } from './orders.sql.ts'
import { lockReturn, returnNotFound } from './request-return.ts'
import { nextOfReturn, receive, type ReceivedLine, type Return } from './return.ts'
import { findReturn, markSettled, markStored, receiveReturn, returnsOf } from './returns.sql.ts'
import { unitsByLine } from './shipment.ts'
import { callTimeoutMs, firstTryAgainMs, moveOrder } from './ship-order.ts'

export type ReceiveReturn = {
  returnId: string
  shopId: string
  lines: readonly ReceivedLine[]
  actorId: string
}

/**
 * The goods came: what of them goes back on sale, and what each line gives back, is fixed here, under the lock of the order.
 * What follows from it is done by `finishReturn`. Throws return-not-found, illegal-return-transition, return-lines-differ.
 */
export async function recordReceived(tx: Tx, clock: () => Date, command: ReceiveReturn): Promise<Return> {
  const { order, returned } = await lockReturn(tx, command.returnId, command.shopId)
  const state = nextOfReturn(returned.state, 'receive')
  const others = (await returnsOf(tx, [order.orderId])).filter(({ returnId }) => returnId !== returned.returnId)
  const lines = receive(order, returned, others, command.lines)
  const refundMinor = lines.reduce((sum, line) => sum + line.refundMinor, 0)
  const now = clock()
  const { returnId } = returned
  const { actorId } = command
  const tryAt = new Date(now.getTime() + firstTryAgainMs)
  await receiveReturn(tx, { returnId, refundMinor, actorId, at: now, tryAt, lines })
  return { ...returned, state, refundMinor, actorId, receivedAtMs: now.getTime(), lines }
}

export type SettleDeps = {
  db: Database
  outbox: Outbox
  clock: () => Date
  goods: Pick<Client<typeof AssignmentService>, 'takeBack'>
  money: Pick<Client<typeof PaymentService>, 'giveBack'>
  count: CountFulfilment
}

/**
 * Take a return from wherever it is to its end: the goods to inventory, then the money to the customer, then the
 * announcement. Each step is written down before the next, and repeating one is harmless on the other side by the return's
 * id. Resolves to the return as it then is.
 */
export async function finishReturn(deps: SettleDeps, returnId: string): Promise<Return> {
  let returned = await findReturn(deps.db.autocommit, returnId)
  if (returned === undefined) throw returnNotFound()
  if (returned.state === 'receiving') {
    await markStored(deps.db.autocommit, returnId, await takeBack(deps, returned))
    returned = { ...returned, state: 'received' }
  }
  if (returned.state !== 'received') return returned
  await giveBack(deps, returned)
  const { shopId } = returned
  return deps.db.transaction((tx) => settle(tx, deps, returnId, shopId))
}

/** Resolves to the variants that were to be sold again and have expired meanwhile. */
async function takeBack(
  { goods }: SettleDeps,
  { returnId, orderId, shopId, actorId, lines }: Return,
): Promise<string[]> {
  const came = lines.flatMap(({ variantId, received, restock }) =>
    received === null || received === 0 ? [] : [{ variantId, quantity: BigInt(received), restock: restock ?? false }],
  )
  // A parcel that was lost on its way back.
  if (came.length === 0) return []
  const request = { returnId, orderId, shopId, actorId: actorId ?? '', lines: came }
  const { writtenOff } = await goods.takeBack(request, { timeoutMs: callTimeoutMs })
  return writtenOff.map(({ variantId }) => variantId)
}

async function giveBack({ db, money }: SettleDeps, returned: Return) {
  const { returnId, orderId, refundMinor, correlationId } = returned
  if (refundMinor === null) return
  const [order] = await readOrders(db.autocommit, [orderId])
  const isOver = order !== undefined && nothingArrived(order, await returnsOf(db.autocommit, [orderId]))
  if (refundMinor === 0 && !isOver) return
  // To payments 0 means all that is left: the payment is over then, also one that was to be collected at the door.
  const amountMinor = isOver ? 0 : refundMinor
  // Payments knows what was collected: of cash for what was not handed over usually nothing, and then nothing goes back.
  const unpaid = returned.origin === 'undelivered' && order?.paymentMethod === 'cash-on-delivery' && amountMinor > 0
  const cause = unpaid ? 'undelivered' : 'returned'
  await money.giveBack(
    { items: [{ orderId, causeId: returnId, cause, amountMinor: BigInt(amountMinor), correlationId }] },
    { timeoutMs: callTimeoutMs },
  )
}

/** Whether every unit of the order went out, could not be delivered, and has been looked at. */
function nothingArrived({ lines }: Order, returns: readonly Return[]): boolean {
  const back = unitsByLine(
    returns.filter(({ origin, receivedAtMs }) => origin === 'undelivered' && receivedAtMs !== null),
  )
  return lines.every(({ quantity }, index) => back.get(index + 1) === quantity)
}

async function settle(tx: Tx, { outbox, clock, count }: SettleDeps, returnId: string, shopId: string): Promise<Return> {
  const { order, returned } = await lockReturn(tx, returnId, shopId)
  // Somebody else came to the end first.
  if (returned.state !== 'received') return returned
  const now = clock()
  const state = nextOfReturn(returned.state, 'settle')
  const settled: Return = { ...returned, state, settledAtMs: now.getTime() }
  const after = moveOrder(order, order.status, now, returnedMark)
  await markSettled(tx, returnId, now)
  await saveOrder(tx, after)
  await outbox.append(tx, [orderReturnedEvent(after, settled, now.getTime())])
  tx.afterCommit(() => count('return', 'settled'))
  return settled
}

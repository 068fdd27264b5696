import type { Tx } from '@souk/postgres'
import {
  applyTransfers,
  ensureGoods,
  findTransfers,
  lockGoods,
  type Transfer,
  type TransferOutcome,
} from './allotments.sql.ts'

/**
 * Units granted by inventory (positive) or taken back (negative), many at once, in a fixed number of statements. A
 * withdrawal of more than is left is refused: its outcome carries quantity 0 and what is left. With `allOrNone` one that
 * is refused makes all of them so. Repeating a transfer id changes nothing and gives its first outcome again.
 * @returns one outcome per transfer, in the order given.
 */
export async function transferUnits(
  tx: Tx,
  transfers: readonly Transfer[],
  allOrNone = false,
): Promise<TransferOutcome[]> {
  await ensureGoods(tx, transfers)
  // The rows are locked before earlier outcomes are looked up: two calls with one id meet here, and the later finds the first.
  const goods = await lockGoods(tx, [...new Set(transfers.map((transfer) => transfer.variantId))])
  const left = new Map(goods.map((row) => [row.allotment_id, row.remaining]))
  const ids = transfers.map((transfer) => transfer.transferId)
  const known = new Map((await findTransfers(tx, ids)).map((outcome) => [outcome.transferId, outcome]))
  const fresh = transfers.filter((transfer) => !known.has(transfer.transferId))
  const decided = decide(fresh, left, allOrNone)
  if (decided.length > 0) await applyTransfers(tx, decided)
  for (const { transferId, quantity, remaining } of decided) known.set(transferId, { transferId, quantity, remaining })
  return transfers.map((transfer) => known.get(transfer.transferId) as TransferOutcome)
}

type Decided = Transfer & { remaining: number }

function decide(fresh: readonly Transfer[], left: ReadonlyMap<string, number>, allOrNone: boolean): Decided[] {
  const remaining = new Map(left)
  const decided = fresh.map((transfer): Decided => {
    const before = remaining.get(transfer.variantId) ?? 0
    const quantity = before + transfer.quantity < 0 ? 0 : transfer.quantity
    remaining.set(transfer.variantId, before + quantity)
    return { ...transfer, quantity, remaining: before + quantity }
  })
  if (!allOrNone || decided.every((one) => one.quantity !== 0)) return decided
  return fresh.map((transfer) => ({ ...transfer, quantity: 0, remaining: left.get(transfer.variantId) ?? 0 }))
}

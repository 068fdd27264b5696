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
 * withdrawal of more than is left is refused whole: its outcome carries quantity 0 and what is left. Repeating a
 * transfer id changes nothing and gives its first outcome again.
 * @returns one outcome per transfer, in the order given.
 */
export async function transferUnits(tx: Tx, transfers: readonly Transfer[]): Promise<TransferOutcome[]> {
  await ensureGoods(tx, transfers)
  // The rows are locked before earlier outcomes are looked up: two calls with one id meet here, and the later finds the first.
  const goods = await lockGoods(tx, [...new Set(transfers.map((transfer) => transfer.variantId))])
  const remaining = new Map(goods.map((row) => [row.allotment_id, row.remaining]))
  const known = new Map(
    (
      await findTransfers(
        tx,
        transfers.map((transfer) => transfer.transferId),
      )
    ).map((outcome) => [outcome.transferId, outcome]),
  )
  const fresh: (Transfer & { remaining: number })[] = []
  for (const transfer of transfers) {
    if (known.has(transfer.transferId)) continue
    const left = remaining.get(transfer.variantId) ?? 0
    const quantity = left + transfer.quantity < 0 ? 0 : transfer.quantity
    remaining.set(transfer.variantId, left + quantity)
    fresh.push({ ...transfer, quantity, remaining: left + quantity })
    known.set(transfer.transferId, { transferId: transfer.transferId, quantity, remaining: left + quantity })
  }
  if (fresh.length > 0) await applyTransfers(tx, fresh)
  return transfers.map((transfer) => known.get(transfer.transferId) as TransferOutcome)
}

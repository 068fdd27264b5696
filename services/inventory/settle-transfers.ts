import type { Tx } from '@souk/postgres'
import {
  type Change,
  deleteLines,
  deleteTakes,
  findChange,
  findLines,
  findPendingTransfers,
  listPendingChanges,
  listPendingChangesOf,
  lockPendingChange,
  markRefusedLines,
  type PendingChange,
  settleChange,
  settleTransfers,
  type Transfer,
} from './changes.sql.ts'
import type { Deps } from './deps.ts'
import { changeShelves, lockItems, saveItems } from './inventory.sql.ts'
import { applyGrants, applyLines } from './keep-books.ts'
import { changeLots, lockLotsById } from './lots.sql.ts'

/**
 * Bring a change to its end: ask orders for what it withdraws, then grant what it added. May be repeated and may run in
 * several places at once: orders knows each transfer by its id, and the books settle each once.
 * Throws when orders does not answer; what was not settled stays pending.
 */
export async function settleTransfersOf(deps: Deps, pending: PendingChange, correlationId = ''): Promise<void> {
  await withdrawUnits(deps, pending, correlationId)
  await grantUnits(deps, pending, correlationId)
}

/** Ask orders to give back what a change takes, then enter its lines, or the refusal of all of them. */
export async function withdrawUnits(
  deps: Deps,
  { changeId, shopId }: PendingChange,
  correlationId: string,
): Promise<void> {
  const { db } = deps.shards.ofOwner(shopId)
  const transfers = await findPendingTransfers(db.autocommit, changeId, 'withdrawal')
  if (transfers.length === 0) return
  const answer = await deps.allotments.withdrawMany(
    { shopId, items: transfers.map(itemOf) },
    { timeoutMs: deps.rpcTimeoutMs },
  )
  await db.transaction(async (tx) => {
    const change = await lockPendingChange(tx, changeId)
    if (change === undefined) return
    if (answer.withdrawn) await enterWithdrawal(tx, deps, change, transfers, correlationId)
    else await enterRefusal(tx, deps, change, transfers, answer.remaining.map(Number))
  })
}

async function enterWithdrawal(
  tx: Tx,
  deps: Deps,
  change: Change,
  transfers: readonly Transfer[],
  correlationId: string,
): Promise<void> {
  const lines = await findLines(tx, change.id)
  const locked = await lockItems(
    tx,
    change.shopId,
    lines.map((line) => line.variantId),
  )
  await lockLotsById(
    tx,
    lines.flatMap((line) => line.lotId ?? line.takes.map((take) => take.lotId)),
  )
  const withdrawn = await settleTransfers(
    tx,
    transfers.map((transfer) => transfer.id),
    'done',
    deps.clock(),
  )
  await applyLines(tx, deps, change, { lines, locked, withdrawn, release: true, correlationId })
  await settleChange(tx, change.id, 'applied', deps.clock())
  await deleteTakes(tx, change.id)
  await deleteLines(tx, change.id)
}

async function enterRefusal(
  tx: Tx,
  deps: Deps,
  change: Change,
  transfers: readonly Transfer[],
  remaining: readonly number[],
): Promise<void> {
  const at = deps.clock()
  const left = new Map(transfers.map((transfer, index) => [transfer.variantId, remaining[index] ?? 0]))
  const lines = await findLines(tx, change.id)
  const taking = lines.filter((line) => line.delta < 0)
  const locked = await lockItems(
    tx,
    change.shopId,
    taking.map((line) => line.variantId),
  )
  const takes = taking.flatMap((line) => line.takes)
  await lockLotsById(
    tx,
    takes.map((take) => take.lotId),
  )
  const lineOf = new Map(taking.map((line) => [line.variantId, line]))
  await settleTransfers(
    tx,
    transfers.map((transfer) => transfer.id),
    'refused',
    at,
  )
  await changeShelves(
    tx,
    taking.map((line) => ({ ...line, onHand: 0, leaving: line.delta })),
  )
  await changeLots(
    tx,
    takes.map(({ lotId, units }) => ({ lotId, onHand: 0, assigned: 0, leaving: -units })),
  )
  await deleteTakes(tx, change.id)
  await saveItems(
    tx,
    locked.map((item) => {
      const line = lineOf.get(item.variantId) ?? { delta: 0, withdraw: 0 }
      return { ...item, leaving: item.leaving + line.delta, withdrawing: item.withdrawing - line.withdraw }
    }),
    at,
  )
  const refused = taking
    .filter((line) => line.withdraw > (left.get(line.variantId) ?? 0))
    .map((line) => ({
      variantId: line.variantId,
      atMost: -line.delta - line.withdraw + (left.get(line.variantId) ?? 0),
    }))
  await markRefusedLines(tx, change.id, refused)
  await settleChange(tx, change.id, 'refused', at)
}

/** Let orders promise what a change has added, then enter it. */
export async function grantUnits(
  deps: Deps,
  { changeId, shopId }: PendingChange,
  correlationId: string,
): Promise<void> {
  const { db } = deps.shards.ofOwner(shopId)
  const transfers = await findPendingTransfers(db.autocommit, changeId, 'grant')
  if (transfers.length === 0) return
  await deps.allotments.grantMany({ shopId, items: transfers.map(itemOf) }, { timeoutMs: deps.rpcTimeoutMs })
  await db.transaction(async (tx) => {
    const change = await findChange(tx, changeId, shopId)
    if (change === undefined) throw new Error(`transfers name change ${changeId}, which does not exist`)
    const locked = await lockItems(
      tx,
      shopId,
      transfers.map((transfer) => transfer.variantId),
    )
    const grants = await settleTransfers(
      tx,
      transfers.map((transfer) => transfer.id),
      'done',
      deps.clock(),
    )
    if (grants.length > 0) await applyGrants(tx, deps, change, { grants, locked, correlationId })
  })
}

const itemOf = (transfer: Transfer) => ({
  transferId: transfer.id,
  variantId: transfer.variantId,
  quantity: BigInt(transfer.quantity),
})

/** Settle whatever is under way for these variants, so that a decision need not guess how it ends. */
export async function settleTransfersOfVariants(
  deps: Deps,
  shopId: string,
  variantIds: readonly string[],
): Promise<void> {
  const pending = await listPendingChangesOf(deps.shards.ofOwner(shopId).db.autocommit, variantIds)
  for (const each of pending) await settleTransfersOf(deps, each)
}

const page = 100

/** Settle what a crash or an unanswered call left behind for longer than `olderThanMs`. @returns how many changes. */
export async function settleAbandoned(deps: Deps, olderThanMs: number): Promise<number> {
  const before = new Date(deps.clock().getTime() - olderThanMs)
  let settled = 0
  for (const { db } of deps.shards.all()) {
    while (true) {
      const pending = await listPendingChanges(db.autocommit, before, page)
      let failed = 0
      for (const each of pending) {
        try {
          await settleTransfersOf(deps, each, each.changeId)
          settled += 1
        } catch (error) {
          failed += 1
          deps.log.warn({ ...each, error }, 'a transfer of stock could not be settled yet')
        }
      }
      // The oldest come first: with a whole page of failures orders is not there, and the next run tries again.
      if (pending.length < page || failed > 0) break
    }
  }
  return settled
}

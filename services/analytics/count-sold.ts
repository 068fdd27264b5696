import type { SoldService, SumSoldResponse } from '@souk/contracts/orders'
import type { Database, Tx } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import {
  clearSlots,
  closeDay,
  daysToDo,
  learnTitles,
  lockProgress,
  noteDay,
  type OpenDay,
  readProgress,
  setProgress,
  type SoldOutcome,
  type SoldProduct,
  writeOutcomes,
  writeSold,
} from './counting.sql.ts'
import { closedAfterMs, countableUntil, dayMs, dayName, dayOf, nextSlot, settleAfterDays, slotMs } from './slots.ts'

export type CountDeps = {
  db: Database
  sold: Pick<Client<typeof SoldService>, 'sumSold'>
  clock: () => Date
  /** Quarters of an hour are kept for so long: nothing before is counted. */
  keptDays: number
}

/** Of one run, so that after a long stop others come to their turn, too: a day, and then the next minute another. */
const slotsAtOnce = 96
const daysAtOnce = 2
/** A quarter of an hour of a rush is some millions of orders: half a minute. */
const timeoutMs = 120_000

/**
 * Count the quarters of an hour that have ended since the last time, oldest first, 96 at most; stretches in which nobody
 * ordered are passed over at once. @returns until when is counted.
 */
export async function countSlots(deps: CountDeps): Promise<Date> {
  const nowMs = deps.clock().getTime()
  const untilMs = countableUntil(nowMs)
  const keptFromMs = dayOf(nowMs) - (deps.keptDays - 1) * dayMs
  const known = (await readProgress(deps.db.autocommit))?.getTime()
  let atMs = Math.max(known ?? 0, keptFromMs)
  if (atMs !== known) await deps.db.transaction((tx) => setProgress(tx, new Date(atMs)))
  for (let counted = 0; counted < slotsAtOnce && atMs < untilMs; counted += 1) {
    const fromMs = atMs
    atMs = await countSlot(deps, fromMs, untilMs, async (tx, nextMs) => {
      // Another process may have been here while orders was asked.
      if ((await lockProgress(tx))?.getTime() !== fromMs) return false
      await setProgress(tx, new Date(nextMs))
      return true
    })
  }
  return new Date(atMs)
}

/**
 * Count anew what has ended: a day an hour after its end, and a week later once more, when most of what is cancelled has been
 * cancelled. Oldest first, two at most.
 */
export async function closeDays(deps: CountDeps): Promise<void> {
  const nowMs = deps.clock().getTime()
  const countedUntilMs = (await readProgress(deps.db.autocommit))?.getTime() ?? 0
  const closeBeforeMs = dayOf(Math.min(nowMs - closedAfterMs, countedUntilMs))
  const settleBeforeMs = closeBeforeMs - settleAfterDays * dayMs
  for (const day of await daysToDo(deps.db.autocommit, dayName(closeBeforeMs), dayName(settleBeforeMs), daysAtOnce)) {
    const fromMs = Date.parse(day.day)
    if (!wasCountedWhole(day, fromMs + dayMs + closedAfterMs)) await countDay(deps, fromMs)
    await deps.db.transaction((tx) => closeDay(tx, day.day, fromMs < settleBeforeMs, deps.clock()))
  }
}

/** After a long stop a day is counted when it has ended long since: once is enough. */
const wasCountedWhole = (day: OpenDay, endedMs: number) => !day.isClosed && day.firstAt.getTime() >= endedMs

async function countDay(deps: CountDeps, fromMs: number): Promise<void> {
  const untilMs = fromMs + dayMs
  for (let atMs = fromMs; atMs < untilMs; ) atMs = await countSlot(deps, atMs, untilMs, async () => true)
}

/**
 * Ask orders for a quarter of an hour, and write what it says in place of what was known.
 * @param mayWrite asked in the transaction that writes, with the beginning of the next one to be counted.
 * @returns that beginning.
 */
async function countSlot(
  { db, sold, clock }: CountDeps,
  fromMs: number,
  untilMs: number,
  mayWrite: (tx: Tx, nextMs: number) => Promise<boolean>,
): Promise<number> {
  const answer = await sold.sumSold({ fromMs: BigInt(fromMs), untilMs: BigInt(fromMs + slotMs) }, { timeoutMs })
  const nextMs = nextSlot(fromMs, answer.shops.length > 0, Number(answer.nextMs), untilMs)
  const { products, outcomes } = rowsOf(answer)
  const at = new Date(fromMs)
  const day = dayName(fromMs)
  await db.transaction(async (tx) => {
    if (!(await mayWrite(tx, nextMs))) return
    await clearSlots(tx, at, new Date(nextMs))
    if (outcomes.length > 0) {
      await writeSold(tx, at, products)
      await writeOutcomes(tx, at, outcomes)
      await learnTitles(tx, day, products)
    }
    // Of days that were passed over the last one may still be going on: what comes late into it is to be found.
    for (const each of new Set([day, dayName(nextMs - 1)])) await noteDay(tx, each, clock())
  })
  return nextMs
}

function rowsOf({ shops }: SumSoldResponse): { products: SoldProduct[]; outcomes: SoldOutcome[] } {
  return {
    products: shops.flatMap(({ shopId, products }) =>
      products.map((product) => ({
        shopId,
        productId: product.productId,
        title: product.title,
        currency: product.currencyCode,
        orders: Number(product.orders),
        units: Number(product.units),
        minor: Number(product.amountMinor),
        cancelledOrders: Number(product.cancelledOrders),
        cancelledUnits: Number(product.cancelledUnits),
        cancelledMinor: Number(product.cancelledMinor),
      })),
    ),
    outcomes: shops.flatMap(({ shopId, outcomes }) =>
      outcomes.map(({ status, currencyCode, orders, amountMinor }) => ({
        shopId,
        status,
        currency: currencyCode,
        orders: Number(orders),
        minor: Number(amountMinor),
      })),
    ),
  }
}

import { type Database, firstIdAt } from '@souk/postgres'
import { lockOrder } from './orders.sql.ts'
import type { Saga } from './run-saga.ts'
import {
  countSteps,
  forgetMovedOn,
  insertSteps,
  lockWatch,
  lostOrders,
  type NewStep,
  retryNow,
  setWatch,
} from './steps.sql.ts'
import type { Tx } from '@souk/postgres'

/** How long an order may be placed without anybody being at work on it. */
export const lostAfterMs = 5 * 60_000
/** How long is kept how the steps of an order ended, for support. The audit misses rows of none that ended sooner. */
export const stepLifeMs = 30 * 24 * 3_600_000
/** Orders of a batch may become visible a little after the time in their ids. */
const overlapMs = 60_000
/** How far back is looked by the first to look. */
const firstLookMs = 24 * 3_600_000
const limit = 1_000

export type WatchDeps = { db: Database; saga: Saga; clock: () => Date }

/**
 * Look for orders that got lost between placed and confirmed, each once, five minutes after it was placed; they are shown
 * as stuck and tried again at leisure. Resolves to what waits and what is stuck now.
 */
export const watchSagas = (deps: WatchDeps): Promise<{ stuck: number; waiting: number }> =>
  deps.db.transaction(async (tx) => {
    const now = deps.clock()
    const nowMs = now.getTime()
    const from = await lockWatch(tx, new Date(nowMs - firstLookMs))
    const until = new Date(nowMs - lostAfterMs)
    if (until > from) {
      const lost = await lostOrders(tx, firstIdAt(from.getTime() - overlapMs), firstIdAt(until.getTime()), limit)
      await insertSteps(
        tx,
        lost.map((orderId) => ({
          ...firstStep(deps.saga, orderId),
          state: 'stuck',
          nextAtMs: nowMs + lostAfterMs,
          detail:
            'nobody has been at work on this order: is the consumer orders.saga behind, or its event a dead letter?',
        })),
        now,
      )
      if (lost.length < limit) await setWatch(tx, until)
    }
    await forgetMovedOn(tx, now)
    return countSteps(tx)
  })

const firstStep = ({ steps }: Saga, orderId: string): Omit<NewStep, 'state'> => ({
  orderId,
  step: steps[0]?.name ?? '',
  correlationId: '',
})

/**
 * Try again, now, whatever of an order failed or waits. Of one that is placed and has nothing kept, from the beginning.
 * Resolves to whether there was anything to be done; undefined when there is no such order.
 */
export async function retrySaga(
  tx: Tx,
  { saga, clock }: { saga: Saga; clock: () => Date },
  orderId: string,
  correlationId: string,
): Promise<boolean | undefined> {
  const order = await lockOrder(tx, orderId)
  if (order === undefined) return undefined
  const now = clock()
  if ((await retryNow(tx, orderId, now)) > 0) return true
  if (order.status !== 'placed') return false
  await insertSteps(tx, [{ ...firstStep(saga, orderId), state: 'due', nextAtMs: now.getTime(), correlationId }], now)
  return true
}

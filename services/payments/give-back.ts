import type { Database } from '@souk/postgres'
import { type ChangeDeps, changeLocked } from './change-payments.ts'
import { hastenUnwanted } from './operations.sql.ts'
import type { GiveBack } from './payment.ts'
import { insertCalledOff, insertGiveBacks, lockDossiers } from './payments.sql.ts'

export type GiveBackItem = GiveBack & { paymentId: string }

/**
 * Give back what was paid or will be paid, once for each cause. When this resolves it is certain: what can be done at once
 * is done, what takes a provider is wanted in the same transaction, and what was never paid is called off for good or
 * stands as an order that whatever still comes is sent back.
 */
export async function giveBack(deps: ChangeDeps & { db: Database }, items: readonly GiveBackItem[]): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const now = deps.clock()
    // Before the payments are locked: whoever holds one and has not seen the order is waited for, and then it is seen.
    const wholes = items.filter(({ amountMinor }) => amountMinor === 0)
    if (wholes.length > 0)
      await insertCalledOff(
        tx,
        wholes.map(({ paymentId }) => paymentId),
        now.getTime(),
      )
    const fresh = new Set(await insertGiveBacks(tx, inOrder(items), now))
    if (fresh.size === 0) return
    const correlations = new Map(items.map(({ paymentId, correlationId }) => [paymentId, correlationId]))
    const dossiers = await lockDossiers(tx, [...fresh])
    await changeLocked(
      tx,
      deps,
      dossiers,
      [...fresh].map((paymentId) => ({
        paymentId,
        command: { do: 'follow' },
        correlationId: correlations.get(paymentId) ?? '',
      })),
    )
    await hastenUnwanted(
      tx,
      [...dossiers.values()].flatMap(({ payment }) => (payment.state === 'created' ? [payment.paymentId] : [])),
      now,
    )
  })
}

/** Rows are written in one order by everybody; a cause named twice in a call is one. */
const inOrder = (items: readonly GiveBackItem[]): GiveBackItem[] =>
  [...new Map(items.map((item) => [`${item.paymentId} ${item.causeId}`, item])).entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, item]) => item)

import type { Tx } from '@souk/postgres'
import { announce, announceConsents } from './announce.ts'
import { type AvatarDeps, forgetPicturesQueue } from './choose-avatar.ts'
import { takeBackConsents } from './consents.sql.ts'
import { eraseCustomers, lockCustomers } from './customers.sql.ts'

/**
 * Their accounts were closed: profile, addresses, preferences and picture are erased, what they consented to ends. What
 * they decided about consents stays, with the wording and the date: it must be possible to prove why they were written to.
 */
export async function closeCustomers(
  deps: AvatarDeps,
  tx: Tx,
  customerIds: readonly string[],
  correlationId: string,
): Promise<void> {
  const now = deps.clock()
  await lockCustomers(tx, customerIds)
  const closed = await eraseCustomers(tx, customerIds, now)
  const ids = closed.map(({ customerId }) => customerId)
  const takenBack = await takeBackConsents(tx, ids, now)
  await announceConsents(deps, tx, takenBack, correlationId)
  await announce(deps, tx, closed, correlationId)
  // Also of those without one: something may have been uploaded and not chosen.
  await deps.work.enqueueAll(
    tx,
    forgetPicturesQueue,
    ids.map((customerId) => ({ payload: { customerId, keep: '' } })),
  )
}

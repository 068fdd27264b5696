import type { Tx } from '@souk/postgres'
import { announceConsent, type By, type ChangeDeps } from './announce.ts'
import { type Consent, currentConsents, insertConsent } from './consents.sql.ts'
import { ensureCustomer, lockCustomer } from './customers.sql.ts'

/**
 * Write down that a consent was given or taken back. Saying the same again about the same wording adds nothing: the
 * history tells of decisions, not of clicks.
 */
export async function setConsent(
  deps: ChangeDeps,
  tx: Tx,
  given: Pick<Consent, 'purpose' | 'given' | 'wordingVersion' | 'source'>,
  by: By,
): Promise<Consent> {
  const now = deps.clock()
  await ensureCustomer(tx, by.customerId, now)
  await lockCustomer(tx, by.customerId)
  const before = (await currentConsents(tx, by.customerId)).find(({ purpose }) => purpose === given.purpose)
  if (before?.given === given.given && before.wordingVersion === given.wordingVersion) return before
  const consent = await insertConsent(tx, by.customerId, { ...given, at: now })
  await announceConsent(deps, tx, consent, by)
  return consent
}

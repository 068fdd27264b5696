import type { Tx } from '@souk/postgres'
import { announceConsents, type By, type ChangeDeps } from './announce.ts'
import { takeTurn } from './change-profile.ts'
import { type Consent, currentConsents, insertConsent } from './consents.sql.ts'

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
  await takeTurn(tx, by.customerId, now)
  const before = (await currentConsents(tx, by.customerId)).find(({ purpose }) => purpose === given.purpose)
  if (before?.given === given.given && before.wordingVersion === given.wordingVersion) return before
  const consent = await insertConsent(tx, by.customerId, { ...given, at: now })
  await announceConsents(deps, tx, [{ ...consent, customerId: by.customerId }], by.correlationId)
  return consent
}

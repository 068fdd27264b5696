import { accountById, lockAccount, rightsOf } from './accounts.sql.ts'
import { checkSecondFactor, factorLabel, refusalOf } from './check-second-factor.ts'
import { errors } from './errors.ts'
import { takeBack } from './guard-sign-in.ts'
import type { Caller, Identity } from './identity.ts'
import { provePassword } from './log-in.ts'
import { base32, factorNeeded, factorUri, newFactorSecret, newRecoveryCodes, stepOf } from './second-factor.ts'
import {
  confirmFactor,
  deleteFactor,
  factorState,
  insertRecoveryCodes,
  lockFactor,
  markSessions,
  proposeFactor,
} from './second-factor.sql.ts'
import { seal, sha256, unseal } from './secrets.ts'
import { from } from './sessions.ts'
import { endSessions } from './sessions.sql.ts'
import { appendTrail } from './trail.ts'

type Me = { accountId: string; sessionId: string }

/** Whether I have one, and whether I have to. */
export async function readSecondFactor({ db, factorPolicy }: Identity, { accountId }: Me) {
  const [state, rights] = await Promise.all([factorState(db.autocommit, accountId), rightsOf(db.autocommit, accountId)])
  const on = state !== undefined && state.confirmedAt !== null
  return {
    on,
    required: rights !== undefined && factorNeeded(factorPolicy, rights),
    recoveryCodesLeft: on ? state.recoveryCodesLeft : 0,
  }
}

/**
 * Show the secret for an authenticator. Nothing changes until a code of it is confirmed.
 * @throws sign-in-refused, sign-in-slowed, second-factor-on
 */
export async function beginSecondFactor(identity: Identity, me: Me, password: string, caller: Caller) {
  const { db, clock, secrets } = identity
  const account = await accountById(db.autocommit, me.accountId)
  if (account === undefined) throw errors.error('account-not-found', 'This account does not exist any more.')
  const { attempt } = await provePassword(identity, { email: account.email, password }, caller)
  const secret = newFactorSecret()
  const proposed = await db.transaction(async (tx) => {
    const sealed = seal(secrets.sealing, secret, factorLabel(me.accountId))
    const made = await proposeFactor(tx, me.accountId, sealed, clock())
    await takeBack(identity, tx, attempt, 'succeeded')
    return made === 1
  })
  if (!proposed) throw errors.error('second-factor-on', 'There is one already. Remove it first.')
  return { secret: base32(secret), uri: factorUri(secret, account.email) }
}

/**
 * From now on the password alone opens nothing. My other sessions end; this one counts as having shown the code.
 * @returns the recovery codes, which nobody can read again
 * @throws second-factor-off, second-factor-on, second-factor-refused
 */
export function confirmSecondFactor(identity: Identity, me: Me, code: string, caller: Caller): Promise<string[]> {
  const { db, clock, secrets } = identity
  return db.transaction(async (tx) => {
    const factor = await lockFactor(tx, me.accountId)
    if (factor === undefined) throw errors.error('second-factor-off', 'Begin first, to get a secret.')
    if (factor.confirmedAt !== null) throw errors.error('second-factor-on', 'It is confirmed already.')
    const secret = unseal(secrets.sealing, factor.secretSealed, factorLabel(me.accountId))
    const step = stepOf(secret, code, clock().getTime(), factor.lastStep)
    if (step === undefined) throw refusalOf('wrong')
    await confirmFactor(tx, me.accountId, step, clock())
    const codes = newRecoveryCodes()
    await insertRecoveryCodes(tx, me.accountId, codes.map(sha256))
    await markSessions(tx, me.accountId, me.sessionId, true)
    const ended = await endSessions(tx, me.accountId, me.sessionId, 'second-factor-changed', clock())
    await appendTrail(
      tx,
      [{ kind: 'second-factor-on', ...me, ...from(caller), detail: { sessionsEnded: ended } }],
      clock(),
    )
    return codes
  })
}

/**
 * Do without again: whoever does it shows the password and a code once more.
 * @throws sign-in-refused, sign-in-slowed, second-factor-off, second-factor-refused, second-factor-blocked
 */
export async function removeSecondFactor(
  identity: Identity,
  me: Me,
  given: { password: string; code: string },
  caller: Caller,
): Promise<void> {
  const { db, clock } = identity
  const account = await accountById(db.autocommit, me.accountId)
  if (account === undefined) throw errors.error('account-not-found', 'This account does not exist any more.')
  const { attempt } = await provePassword(identity, { email: account.email, password: given.password }, caller)
  const shown = await db.transaction(async (tx) => {
    const checked = await checkSecondFactor(identity, tx, me.accountId, given.code)
    if (checked === 'shown') {
      await takeBack(identity, tx, attempt, 'succeeded')
      await deleteFactor(tx, me.accountId)
      await markSessions(tx, me.accountId, null, false)
      await appendTrail(tx, [{ kind: 'second-factor-off', ...me, ...from(caller) }], clock())
    }
    return checked
  })
  if (shown === 'none') throw errors.error('second-factor-off', 'There is none to remove.')
  if (shown !== 'shown') throw refusalOf(shown)
}

/** For somebody who has lost both authenticator and recovery codes. They are signed out everywhere. @throws account-not-found */
export function resetSecondFactor(
  { db, clock }: Identity,
  accountId: string,
  actorId: string,
  caller: Caller,
): Promise<void> {
  return db.transaction(async (tx) => {
    if ((await lockAccount(tx, accountId)) === undefined)
      throw errors.error('account-not-found', 'There is no account with this id.')
    if ((await deleteFactor(tx, accountId)) === 0) return
    const ended = await endSessions(tx, accountId, null, 'second-factor-changed', clock())
    await appendTrail(
      tx,
      [{ kind: 'second-factor-reset', accountId, actorId, ...from(caller), detail: { sessionsEnded: ended } }],
      clock(),
    )
  })
}

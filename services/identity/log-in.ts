import { DomainError } from '@souk/errors'
import { type AccountRow, accountToSignIn, holdAccount } from './accounts.sql.ts'
import { checkSecondFactor, refusalOf } from './check-second-factor.ts'
import { emailKeyOf } from './email.ts'
import { errors } from './errors.ts'
import { admitAttempt, type Attempt, noticeFailure, takeBack } from './guard-sign-in.ts'
import type { Caller, Identity } from './identity.ts'
import { from, openSession, type Tokens, tokensOf } from './sessions.ts'
import { appendTrail } from './trail.ts'

/**
 * Sign in with e-mail and password. An unknown address and a wrong password are the same to the caller: same work, same
 * statements, same answer.
 * @throws sign-in-refused, sign-in-slowed, sign-in-busy; account-disabled, second-factor-needed, -refused and -blocked only
 *   to whoever knows the password
 */
export async function logIn(
  identity: Identity,
  given: { email: string; password: string; code?: string },
  caller: Caller,
): Promise<Tokens> {
  try {
    const tokens = await openWithPassword(identity, given, caller)
    identity.countSignIn('signed-in')
    return tokens
  } catch (error) {
    identity.countSignIn(error instanceof DomainError ? error.code : 'failed')
    throw error
  }
}

async function openWithPassword(
  identity: Identity,
  given: { email: string; password: string; code?: string },
  caller: Caller,
): Promise<Tokens> {
  const { clock } = identity
  const { account, attempt } = await provePassword(identity, given, caller)
  const about = { accountId: account.id, email: account.email, ...from(caller) }
  const opened = await identity.db.transaction(async (tx) => {
    // Looked at again: checking the hash took a while, in which the password or the account may have been changed.
    const held = await holdAccount(tx, account.id)
    if (held?.passwordHash !== account.passwordHash) throw refused()
    if (held.status === 'disabled') {
      await takeBack(identity, tx, attempt, 'succeeded')
      await appendTrail(tx, [{ kind: 'sign-in-failed', ...about, detail: { reason: 'disabled' } }], clock())
      return 'disabled'
    }
    const shown = await checkSecondFactor(identity, tx, account.id, given.code)
    if (shown === 'none' || shown === 'shown') {
      await takeBack(identity, tx, attempt, 'succeeded')
      const session = await openSession(identity, tx, account.id, caller, shown === 'shown')
      await appendTrail(tx, [{ kind: 'signed-in', ...about, sessionId: session.sessionId }], clock())
      return session
    }
    // A wrong code stays counted like a wrong password, and a right password forgives no code before it.
    if (shown === 'needed') await takeBack(identity, tx, attempt, 'not-made')
    else {
      await noticeFailure(identity, tx, attempt, { accountId: account.id, correlationId: caller.correlationId })
      await appendTrail(tx, [{ kind: 'sign-in-failed', ...about, detail: { reason: 'second factor' } }], clock())
    }
    return shown
  })
  if (opened === 'disabled') throw errors.error('account-disabled', 'An operator has disabled this account.')
  if (typeof opened === 'string' || 'waitSeconds' in opened) throw refusalOf(opened)
  return tokensOf(identity, opened)
}

/** Check a password with all that guards it. The attempt is left counted: the caller takes it back when it commits. */
export async function provePassword(
  identity: Identity,
  given: { email: string; password: string },
  caller: Caller,
): Promise<{ account: AccountRow & { passwordHash: string | null }; attempt: Attempt }> {
  const { db, clock, passwords } = identity
  const emailKey = emailKeyOf(given.email)
  const attempt = await admitAttempt(identity, emailKey, caller)
  try {
    const account = await accountToSignIn(db.autocommit, emailKey)
    const right = await passwords.verify(account?.passwordHash ?? undefined, given.password)
    if (right && account !== undefined) return { account, attempt }
    await db.transaction(async (tx) => {
      await noticeFailure(identity, tx, attempt, { accountId: account?.id, correlationId: caller.correlationId })
      const whose = account === undefined ? {} : { accountId: account.id }
      await appendTrail(tx, [{ kind: 'sign-in-failed', ...whose, email: given.email, ...from(caller) }], clock())
    })
  } catch (error) {
    if (errors.is(error, 'sign-in-busy')) await db.transaction((tx) => takeBack(identity, tx, attempt, 'not-made'))
    throw error
  }
  throw refused()
}

const refused = () => errors.error('sign-in-refused', 'E-mail or password is wrong.')

import { accountById, updatePassword } from './accounts.sql.ts'
import { errors } from './errors.ts'
import { takeBack } from './guard-sign-in.ts'
import type { Caller, Identity } from './identity.ts'
import { provePassword } from './log-in.ts'
import { refuseWeak } from './password-rules.ts'
import { from } from './sessions.ts'
import { endSessions } from './sessions.sql.ts'
import { appendTrail } from './trail.ts'

/**
 * Change my password and end my other sessions. Guessing the old one here is slowed down like signing in.
 * @throws sign-in-refused, sign-in-slowed, password-too-weak
 */
export async function changePassword(
  identity: Identity,
  me: { accountId: string; sessionId: string },
  given: { currentPassword: string; newPassword: string },
  caller: Caller,
): Promise<void> {
  const { db, clock, passwords } = identity
  const account = await accountById(db.autocommit, me.accountId)
  if (account === undefined) throw errors.error('account-not-found', 'This account does not exist any more.')
  refuseWeak(given.newPassword, account.email)
  const { attempt } = await provePassword(identity, { email: account.email, password: given.currentPassword }, caller)
  const passwordHash = await passwords.hash(given.newPassword)
  await db.transaction(async (tx) => {
    // In the order of a sign-in, account before attempts, or the two could wait for each other.
    await updatePassword(tx, me.accountId, passwordHash)
    await takeBack(identity, tx, attempt, 'succeeded')
    const ended = await endSessions(tx, me.accountId, me.sessionId, 'password-changed', clock())
    await appendTrail(
      tx,
      [{ kind: 'password-changed', ...me, ...from(caller), detail: { sessionsEnded: ended } }],
      clock(),
    )
  })
}

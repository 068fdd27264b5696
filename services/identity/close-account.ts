import { accountClosed } from '@souk/contracts'
import { newEvent } from '@souk/events'
import type { Tx } from '@souk/postgres'
import { accountById, countShopsOf, eraseAccount, lockAccount, lockRole, rolesOf } from './accounts.sql.ts'
import { noAccount, refuseLastOperator } from './administer-accounts.ts'
import { errors } from './errors.ts'
import { takeBack } from './guard-sign-in.ts'
import type { Caller, Identity } from './identity.ts'
import { provePassword } from './log-in.ts'
import { from } from './sessions.ts'
import { endSessions } from './sessions.sql.ts'
import { appendTrail } from './trail.ts'

/**
 * Close my account for good. Whoever has a password shows it once more: a telephone left on a table must not be enough.
 * @throws sign-in-refused, sign-in-slowed, account-in-shops, last-operator
 */
export async function closeOwnAccount(
  identity: Identity,
  accountId: string,
  given: { currentPassword?: string },
  caller: Caller,
): Promise<void> {
  const account = await accountById(identity.db.autocommit, accountId)
  if (account === undefined || account.status === 'closed') throw noAccount()
  const { email, passwordHash } = account
  const proved =
    passwordHash === null
      ? undefined
      : await provePassword(identity, { email, password: given.currentPassword ?? '' }, caller)
  await identity.db.transaction(async (tx) => {
    await closeAccount(identity, tx, accountId, accountId, caller)
    if (proved !== undefined) await takeBack(identity, tx, proved.attempt, 'succeeded')
  })
}

/**
 * What is personal is erased here and now, every session ends, and the event has others erase theirs. The id stays: orders,
 * which the law has shops keep, and the trail name it.
 * @throws account-not-found, account-in-shops, last-operator
 */
export async function closeAccount(
  { outbox, clock }: Identity,
  tx: Tx,
  actorId: string,
  accountId: string,
  caller: Caller,
): Promise<void> {
  const now = clock()
  await lockRole(tx, 'operator')
  const account = await lockAccount(tx, accountId)
  if (account === undefined || account.rehearsal || account.status === 'closed') throw noAccount()
  if ((await rolesOf(tx, accountId)).includes('operator')) await refuseLastOperator(tx, accountId)
  const { count } = await countShopsOf(tx, accountId)
  if (count > 0)
    throw errors.error('account-in-shops', `The account works for ${count} shops. Have it taken off them first.`)
  await endSessions(tx, accountId, null, 'closed', now)
  await eraseAccount(tx, accountId, now)
  await appendTrail(tx, [{ kind: 'account-closed', accountId, actorId, ...from(caller) }], now)
  await outbox.append(tx, [
    newEvent(
      accountClosed,
      { accountId, closedAtMs: BigInt(now.getTime()) },
      { occurredAtMs: now.getTime(), correlationId: caller.correlationId },
    ),
  ])
}

import type { Tx } from '@souk/postgres'
import {
  type AccountStatus,
  countOtherShops,
  giveRole,
  knownRoles,
  lockAccount,
  lockRole,
  othersWithRole,
  removeMember,
  rolesOf,
  setMember,
  takeRoles,
  updateStatus,
} from './accounts.sql.ts'
import { errors } from './errors.ts'
import type { Caller, Identity } from './identity.ts'
import { from } from './sessions.ts'
import { endSessions } from './sessions.sql.ts'
import { appendTrail } from './trail.ts'

export const duties = ['catalog', 'inventory', 'orders', 'members', 'settings'] as const

/** They travel in every access token, which is refused beyond 4 kB: a shop takes up to 100 bytes of it. */
const mostShops = 25

export const noAccount = () => errors.error('account-not-found', 'There is no account with this id.')

async function locked(tx: Tx, accountId: string) {
  const account = await lockAccount(tx, accountId)
  if (account === undefined || account.rehearsal || account.status === 'closed') throw noAccount()
  return account
}

export async function refuseLastOperator(tx: Tx, accountId: string): Promise<void> {
  const { count } = await othersWithRole(tx, 'operator', accountId)
  if (count === 0) throw errors.error('last-operator', 'This is the last active operator.')
}

/**
 * Replace an account's roles. Who loses one is signed out everywhere, so that no token in use still carries it.
 * @throws account-not-found, role-unknown, last-operator
 */
export async function setRoles(
  { clock }: Identity,
  tx: Tx,
  actorId: string,
  given: { accountId: string; roles: readonly string[] },
  caller: Caller,
): Promise<string[]> {
  const now = clock()
  const known = await knownRoles(tx)
  const unknown = given.roles.filter((role) => !known.includes(role))
  if (unknown.length > 0) throw errors.error('role-unknown', `There is no role ${unknown.join(', ')}.`, { known })
  await lockRole(tx, 'operator')
  await locked(tx, given.accountId)
  const before = await rolesOf(tx, given.accountId)
  const wanted = [...new Set(given.roles)].sort()
  const added = wanted.filter((role) => !before.includes(role))
  const taken = before.filter((role) => !wanted.includes(role))
  if (added.length + taken.length === 0) return before
  if (taken.includes('operator')) await refuseLastOperator(tx, given.accountId)
  for (const role of added) await giveRole(tx, [given.accountId], role, now)
  if (taken.length > 0) {
    await takeRoles(tx, given.accountId, taken)
    await endSessions(tx, given.accountId, null, 'role-taken', now)
  }
  const about = { accountId: given.accountId, actorId, ...from(caller) }
  await appendTrail(tx, [{ kind: 'roles-changed', ...about, detail: { added, taken } }], now)
  return wanted
}

/** Disable (all sessions end, API keys stop) or enable again; a closed account is neither. @throws account-not-found, last-operator */
export async function setStatus(
  { clock }: Identity,
  tx: Tx,
  actorId: string,
  given: { accountId: string; status: Exclude<AccountStatus, 'closed'> },
  caller: Caller,
): Promise<void> {
  const now = clock()
  await lockRole(tx, 'operator')
  const account = await locked(tx, given.accountId)
  if (account.status === given.status) return
  const disabling = given.status === 'disabled'
  if (disabling && (await rolesOf(tx, given.accountId)).includes('operator'))
    await refuseLastOperator(tx, given.accountId)
  await updateStatus(tx, given.accountId, given.status)
  if (disabling) await endSessions(tx, given.accountId, null, 'disabled', now)
  const kind = disabling ? 'account-disabled' : 'account-enabled'
  await appendTrail(tx, [{ kind, accountId: given.accountId, actorId, ...from(caller) }], now)
}

/**
 * What an account may do in a shop, replacing what it might before; nothing removes it. Whether the one who asks may
 * decide that is for the shops service, which calls this. In tokens already issued it shows within 15 minutes.
 * @throws account-not-found, duty-unknown, too-many-shops
 */
export async function setShopDuties(
  { db, clock }: Pick<Identity, 'db' | 'clock'>,
  given: { accountId: string; shopId: string; duties: readonly string[]; setBy: string },
): Promise<void> {
  const unknown = given.duties.filter((duty) => !(duties as readonly string[]).includes(duty))
  if (unknown.length > 0)
    throw errors.error('duty-unknown', `There is no duty ${unknown.join(', ')}.`, { known: duties })
  const wanted = [...new Set(given.duties)].sort()
  await db.transaction(async (tx) => {
    await locked(tx, given.accountId)
    const { count } = await countOtherShops(tx, given.accountId, given.shopId)
    if (wanted.length > 0 && count >= mostShops)
      throw errors.error('too-many-shops', `An account can have duties in ${mostShops} shops at most.`)
    if (wanted.length > 0) await setMember(tx, { ...given, duties: wanted }, clock())
    else await removeMember(tx, given.accountId, given.shopId)
    const about = { accountId: given.accountId, ...(given.setBy !== '' && { actorId: given.setBy }) }
    const detail = { shopId: given.shopId, duties: wanted }
    await appendTrail(tx, [{ kind: 'duties-changed', ...about, detail }], clock())
  })
}

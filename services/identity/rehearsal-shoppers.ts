import { uuidv7 } from '@souk/postgres'
import { accessClaims, accessLifeMs } from './access-token.ts'
import { deleteRehearsalShoppers, insertRehearsalShoppers } from './accounts.sql.ts'
import type { Caller, Identity } from './identity.ts'
import { from } from './sessions.ts'
import { appendTrail } from './trail.ts'

export type RehearsalShopper = { accountId: string; accessToken: string }

/** What `0001_identity.sql` gives the role; said here so that a thousand tokens need not ask the database. */
const shopperPermissions = ['orders:place', 'orders:read-own']

/**
 * Signed-in shoppers for a load test: accounts nobody can sign in to, one session each, in one statement. They are not
 * announced as registered: no customer is behind them.
 */
export async function makeRehearsalShoppers(
  { db, clock, keyring }: Identity,
  actorId: string,
  count: number,
  caller: Caller,
): Promise<RehearsalShopper[]> {
  const now = clock()
  const accountIds = Array.from({ length: count }, () => uuidv7(now.getTime()))
  const sessionIds = Array.from({ length: count }, () => uuidv7(now.getTime()))
  const expiresAt = new Date(now.getTime() + accessLifeMs)
  await db.transaction(async (tx) => {
    await insertRehearsalShoppers(tx, { accountIds, sessionIds, address: caller.address }, now, expiresAt)
    await appendTrail(tx, [{ kind: 'rehearsal-made', actorId, ...from(caller), detail: { count } }], now)
  })
  // Signing runs on the pool's threads, all of them; sorted out here in one go.
  return Promise.all(
    accountIds.map(async (accountId, index) => ({
      accountId,
      accessToken: await keyring.sign(
        accessClaims({ id: accountId, permissions: shopperPermissions, shops: {} }, sessionIds[index] as string, now),
      ),
    })),
  )
}

/** Take them all away again, with their sessions. @returns how many there were */
export async function removeRehearsalShoppers(
  { db, clock }: Identity,
  actorId: string,
  caller: Caller,
): Promise<number> {
  let removed = 0
  while (true) {
    const some = await deleteRehearsalShoppers(db.autocommit, 5000)
    removed += some
    if (some === 0) break
  }
  const event = { kind: 'rehearsal-removed', actorId, ...from(caller), detail: { count: removed } } as const
  await appendTrail(db.autocommit, [event], clock())
  return removed
}

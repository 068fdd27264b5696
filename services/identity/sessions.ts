import { type Tx, uuidv7 } from '@souk/postgres'
import { accessClaims, accessLifeMs } from './access-token.ts'
import { type RightsRow, rightsOf } from './accounts.sql.ts'
import { errors } from './errors.ts'
import type { Caller, Identity } from './identity.ts'
import { hashOfToken, newRefreshToken, refreshLifeMs, sessionLifeMs } from './refresh-token.ts'
import { rightsWithin } from './second-factor.ts'
import { endSession, insertRefreshToken, insertSession, liveSessions } from './sessions.sql.ts'
import { appendTrail } from './trail.ts'

/** What a client gets to act with. */
export type Tokens = {
  accessToken: string
  tokenType: 'Bearer'
  expiresInSeconds: number
  refreshToken: string
  refreshExpiresInSeconds: number
}

/** A session as saved; its access token is signed after the commit, on no connection. */
export type OpenedSession = { sessionId: string; rights: RightsRow; refreshToken: string; refreshExpiresAt: Date }

export async function openSession(
  { clock, factorPolicy }: Pick<Identity, 'clock' | 'factorPolicy'>,
  tx: Tx,
  accountId: string,
  caller: Caller,
  secondFactor = false,
): Promise<OpenedSession> {
  const now = clock()
  const rights = await rightsOf(tx, accountId)
  if (rights === undefined) throw new Error('a session cannot be opened without an account')
  const sessionId = uuidv7(now.getTime())
  const refreshToken = newRefreshToken()
  const refreshExpiresAt = new Date(now.getTime() + refreshLifeMs)
  await insertSession(tx, {
    id: sessionId,
    accountId,
    address: caller.address,
    userAgent: caller.userAgent.slice(0, 200),
    createdAt: now,
    expiresAt: new Date(now.getTime() + sessionLifeMs),
    secondFactor,
  })
  await insertRefreshToken(tx, {
    hash: hashOfToken(refreshToken),
    sessionId,
    issuedAt: now,
    expiresAt: refreshExpiresAt,
  })
  return { sessionId, rights: rightsWithin(factorPolicy, rights, secondFactor), refreshToken, refreshExpiresAt }
}

export async function tokensOf(
  { clock, keyring }: Pick<Identity, 'clock' | 'keyring'>,
  opened: OpenedSession,
): Promise<Tokens> {
  const now = clock()
  return {
    accessToken: await keyring.sign(accessClaims(opened.rights, opened.sessionId, now)),
    tokenType: 'Bearer',
    expiresInSeconds: accessLifeMs / 1000,
    refreshToken: opened.refreshToken,
    refreshExpiresInSeconds: Math.max(0, Math.floor((opened.refreshExpiresAt.getTime() - now.getTime()) / 1000)),
  }
}

/** End the session the caller is signed in with. Ending it twice is no error. */
export const logOut = ({ db, clock }: Identity, me: { accountId: string; sessionId: string }, caller: Caller) =>
  db.transaction(async (tx) => {
    const ended = await endSession(tx, { id: me.sessionId, accountId: me.accountId }, 'logged-out', clock())
    if (ended > 0) await appendTrail(tx, [{ kind: 'logged-out', ...me, ...from(caller) }], clock())
  })

/** End one of my sessions, on a lost device perhaps. @throws session-not-found for another's or an ended one */
export const endOwnSession = ({ db, clock }: Identity, accountId: string, sessionId: string, caller: Caller) =>
  db.transaction(async (tx) => {
    const ended = await endSession(tx, { id: sessionId, accountId }, 'ended-by-owner', clock())
    if (ended === 0) throw errors.error('session-not-found', 'You have no live session with this id.')
    await appendTrail(tx, [{ kind: 'session-ended', accountId, sessionId, ...from(caller) }], clock())
  })

export const listSessions = (
  { db, clock }: Identity,
  accountId: string,
  page: { beforeId: string | undefined; limit: number },
) => liveSessions(db.autocommit, accountId, clock(), page)

/** The part of a caller that goes into the trail. */
export const from = (caller: Caller) => ({ address: caller.address, correlationId: caller.correlationId })

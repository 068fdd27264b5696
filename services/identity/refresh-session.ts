import type { Tx } from '@souk/postgres'
import { rightsOf } from './accounts.sql.ts'
import { errors } from './errors.ts'
import type { Caller, Identity } from './identity.ts'
import { hashOfToken, judge, newSalt, refreshLifeMs, successorOf } from './refresh-token.ts'
import { rightsWithin } from './second-factor.ts'
import { from, type OpenedSession, type Tokens, tokensOf } from './sessions.ts'
import {
  endSession,
  insertRefreshToken,
  liveToken,
  lockSessionOfToken,
  type RefreshTokenRow,
  refreshTokenState,
  replaceToken,
  touchSession,
} from './sessions.sql.ts'
import { appendTrail } from './trail.ts'

/**
 * Exchange a refresh token for the next one and a fresh access token. Each is good once; the one replaced last may be
 * repeated for 10 seconds (its answer was lost) and gets the same successor. Any other repeat means that two parties
 * hold the family, and nobody knows which is the thief: the session ends for both.
 * @throws refresh-refused
 */
export async function refreshSession(identity: Identity, token: string, caller: Caller): Promise<Tokens> {
  // Refused outside the transaction: a detected reuse must be committed before it is answered.
  const opened = await identity.db.transaction((tx) => exchange(identity, tx, token, caller))
  if (opened === undefined) throw errors.error('refresh-refused', 'This refresh token cannot be used. Sign in again.')
  return tokensOf(identity, opened)
}

async function exchange(
  { clock, secrets, factorPolicy }: Identity,
  tx: Tx,
  token: string,
  caller: Caller,
): Promise<OpenedSession | undefined> {
  const hash = hashOfToken(token)
  const sessionId = (await lockSessionOfToken(tx, hash))?.sessionId
  const state = await refreshTokenState(tx, hash)
  if (sessionId === undefined || state === undefined) return undefined
  const now = clock()
  const { accountId } = state
  const about = { accountId, sessionId, ...from(caller) }
  const successor = state.successorSalt && successorOf(secrets.refresh, token, state.successorSalt)
  const livesOn = successor === null ? undefined : await liveToken(tx, hashOfToken(successor))

  const verdict = judge(stateOf(state, livesOn !== undefined), now.getTime())
  if (verdict === 'refuse') return undefined
  if (verdict === 'reuse') {
    await endSession(tx, { id: sessionId, accountId }, 'reuse', now)
    await appendTrail(tx, [{ kind: 'reuse-detected', ...about }], now)
    return undefined
  }
  const account = await rightsOf(tx, accountId)
  if (account === undefined) return undefined
  const rights = rightsWithin(factorPolicy, account, state.secondFactor)
  await appendTrail(tx, [{ kind: 'refreshed', ...about, detail: verdict === 'repeat' ? { repeat: true } : {} }], now)
  if (verdict === 'repeat' && successor !== null && livesOn !== undefined)
    return { sessionId, rights, refreshToken: successor, refreshExpiresAt: livesOn.expiresAt }

  const salt = newSalt()
  const next = successorOf(secrets.refresh, token, salt)
  const expiresAt = new Date(Math.min(now.getTime() + refreshLifeMs, state.sessionExpiresAt.getTime()))
  await replaceToken(tx, hash, salt, now)
  await insertRefreshToken(tx, { hash: hashOfToken(next), sessionId, issuedAt: now, expiresAt })
  await touchSession(tx, sessionId, now)
  return { sessionId, rights, refreshToken: next, refreshExpiresAt: expiresAt }
}

const stateOf = (row: RefreshTokenRow, successorLives: boolean) => ({
  replacedAtMs: row.replacedAt?.getTime(),
  expiresAtMs: row.expiresAt.getTime(),
  successorLives,
  sessionEnded: row.sessionEnded,
  sessionExpiresAtMs: row.sessionExpiresAt.getTime(),
  accountActive: row.accountActive,
})

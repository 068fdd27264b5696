import { sql, type Tx } from '@souk/postgres'

export type EndReason =
  | 'logged-out'
  | 'ended-by-owner'
  | 'reuse'
  | 'password-changed'
  | 'disabled'
  | 'closed'
  | 'role-taken'
  | 'second-factor-changed'

export type NewSession = {
  id: string
  accountId: string
  address: string
  userAgent: string
  createdAt: Date
  expiresAt: Date
  /** Whether more than the password was shown. */
  secondFactor: boolean
}

export const insertSession = (tx: Tx, session: NewSession) =>
  tx.run(sql`
    insert into sessions (id, account_id, created_at, last_used_at, expires_at, address, user_agent, second_factor)
    values (${session.id}, ${session.accountId}, ${session.createdAt}, ${session.createdAt}, ${session.expiresAt},
            ${session.address}, ${session.userAgent}, ${session.secondFactor})`)

export const insertRefreshToken = (
  tx: Tx,
  token: { hash: Buffer; sessionId: string; issuedAt: Date; expiresAt: Date },
) =>
  tx.run(sql`
    insert into refresh_tokens (hash, session_id, issued_at, expires_at)
    values (${token.hash}, ${token.sessionId}, ${token.issuedAt}, ${token.expiresAt})`)

/**
 * The session a refresh token belongs to, locked. Only afterwards is the token itself read (`refreshTokenState`): a
 * statement that waited for this lock would still see the token as it was before the wait.
 */
export const lockSessionOfToken = (tx: Tx, hash: Buffer) =>
  tx.maybeOne<{ sessionId: string }>(sql`
    select id as "sessionId" from sessions
     where id = (select session_id from refresh_tokens where hash = ${hash}) for update`)

export type RefreshTokenRow = {
  accountId: string
  accountActive: boolean
  replacedAt: Date | null
  successorSalt: Buffer | null
  expiresAt: Date
  sessionEnded: boolean
  sessionExpiresAt: Date
  secondFactor: boolean
}

export const refreshTokenState = (tx: Tx, hash: Buffer) =>
  tx.maybeOne<RefreshTokenRow>(sql`
    select sessions.account_id as "accountId", accounts.status = 'active' as "accountActive",
           refresh_tokens.replaced_at as "replacedAt", refresh_tokens.successor_salt as "successorSalt",
           refresh_tokens.expires_at as "expiresAt", sessions.ended_at is not null as "sessionEnded",
           sessions.expires_at as "sessionExpiresAt", sessions.second_factor as "secondFactor"
      from refresh_tokens
      join sessions on sessions.id = session_id
      join accounts on accounts.id = account_id
     where hash = ${hash}`)

/** The live token of this hash, if it is the live one. */
export const liveToken = (tx: Tx, hash: Buffer) =>
  tx.maybeOne<{ expiresAt: Date }>(sql`
    select expires_at as "expiresAt" from refresh_tokens where hash = ${hash} and replaced_at is null`)

export const replaceToken = (tx: Tx, hash: Buffer, successorSalt: Buffer, now: Date) =>
  tx.run(sql`
    update refresh_tokens set replaced_at = ${now}, successor_salt = ${successorSalt}
     where hash = ${hash} and replaced_at is null`)

export const touchSession = (tx: Tx, sessionId: string, now: Date) =>
  tx.run(sql`update sessions set last_used_at = ${now} where id = ${sessionId}`)

/** End one session of an account, if it is alive. */
export const endSession = (tx: Tx, session: { id: string; accountId: string }, reason: EndReason, now: Date) =>
  tx.run(sql`
    update sessions set ended_at = ${now}, end_reason = ${reason}
     where id = ${session.id} and account_id = ${session.accountId} and ended_at is null and expires_at > ${now}`)

/** End every live session of an account but one. @param exceptId a session to spare, or null for none. */
export const endSessions = (tx: Tx, accountId: string, exceptId: string | null, reason: EndReason, now: Date) =>
  tx.run(sql`
    update sessions set ended_at = ${now}, end_reason = ${reason}
     where account_id = ${accountId} and ended_at is null and id is distinct from ${exceptId}::uuid`)

export const liveSessions = (
  tx: Tx,
  accountId: string,
  now: Date,
  page: { beforeId: string | undefined; limit: number },
) =>
  tx.many<{ id: string; createdAt: Date; lastUsedAt: Date; expiresAt: Date; address: string; userAgent: string }>(sql`
    select id, created_at as "createdAt", last_used_at as "lastUsedAt", expires_at as "expiresAt", address,
           user_agent as "userAgent"
      from sessions
     where account_id = ${accountId} and ended_at is null and expires_at > ${now}
       ${page.beforeId === undefined ? sql`` : sql`and id < ${page.beforeId}`}
     order by id desc limit ${page.limit}`)

/** Sessions and API keys ended since an instant, and the API keys that stand still because their owner is disabled. */
export const endedSince = (tx: Tx, since: Date) =>
  tx.many<{ id: string }>(sql`
    select id from sessions where ended_at > ${since}
    union all
    select id from api_keys where revoked_at > ${since}
    union all
    select k.id from accounts a join api_keys k on k.account_id = a.id
     where a.status = 'disabled' and k.revoked_at is null and k.expires_at > ${since}`)

/** Families nobody can renew any more; their tokens go with them. @returns how many went, `limit` at most. */
export const deleteOldSessions = (tx: Tx, before: Date, limit: number) =>
  tx.run(sql`
    delete from sessions where id in (
      select id from sessions where expires_at < ${before}
      union all
      select id from sessions where ended_at < ${before}
      limit ${limit})`)

/** Replaced tokens that have expired: bringing one back is refused as unknown. */
export const deleteOldTokens = (tx: Tx, before: Date, limit: number) =>
  tx.run(sql`
    delete from refresh_tokens where hash in (
      select hash from refresh_tokens where replaced_at is not null and expires_at < ${before} limit ${limit})`)

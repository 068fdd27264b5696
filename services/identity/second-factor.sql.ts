import { sql, type Tx } from '@souk/postgres'

export type FactorRow = {
  secretSealed: Buffer
  confirmedAt: Date | null
  lastStep: number
  failures: number
  blockedUntil: Date | null
}

/** Locked: two tries of one code must not both be its first. */
export const lockFactor = (tx: Tx, accountId: string) =>
  tx.maybeOne<FactorRow>(sql`
    select secret_sealed as "secretSealed", confirmed_at as "confirmedAt", last_step::float8 as "lastStep", failures,
           blocked_until as "blockedUntil"
      from second_factors where account_id = ${accountId} for update`)

export const factorState = (tx: Tx, accountId: string) =>
  tx.maybeOne<{ confirmedAt: Date | null; recoveryCodesLeft: number }>(sql`
    select confirmed_at as "confirmedAt",
           (select count(*)::int from recovery_codes r where r.account_id = f.account_id and used_at is null) as "recoveryCodesLeft"
      from second_factors f where account_id = ${accountId}`)

/** In the place of one that was never confirmed. @returns 0 when there is one that was */
export const proposeFactor = (tx: Tx, accountId: string, secretSealed: Buffer, now: Date) =>
  tx.run(sql`
    insert into second_factors (account_id, secret_sealed, created_at) values (${accountId}, ${secretSealed}, ${now})
    on conflict (account_id) do update
      set secret_sealed = excluded.secret_sealed, created_at = excluded.created_at, last_step = 0, failures = 0,
          blocked_until = null
      where second_factors.confirmed_at is null`)

export const confirmFactor = (tx: Tx, accountId: string, step: number, now: Date) =>
  tx.run(sql`
    update second_factors set confirmed_at = ${now}, last_step = ${step}, failures = 0, blocked_until = null
     where account_id = ${accountId}`)

export const insertRecoveryCodes = (tx: Tx, accountId: string, hashes: readonly Buffer[]) =>
  tx.run(sql`
    insert into recovery_codes (account_id, hash) select ${accountId}::uuid, unnest(${hashes}::bytea[])`)

/** @returns 1 when it was one of the account's, and not used before */
export const takeRecoveryCode = (tx: Tx, accountId: string, hash: Buffer, now: Date) =>
  tx.run(sql`
    update recovery_codes set used_at = ${now}
     where account_id = ${accountId} and hash = ${hash} and used_at is null`)

export const noteRightCode = (tx: Tx, accountId: string, lastStep: number) =>
  tx.run(sql`
    update second_factors set last_step = ${lastStep}, failures = 0, blocked_until = null where account_id = ${accountId}`)

export const noteWrongCode = (tx: Tx, accountId: string, failures: number, blockedUntil: Date | null) =>
  tx.run(sql`
    update second_factors set failures = ${failures}, blocked_until = ${blockedUntil} where account_id = ${accountId}`)

/** Recovery codes go with it. */
export const deleteFactor = (tx: Tx, accountId: string) =>
  tx.run(sql`delete from second_factors where account_id = ${accountId}`)

/** What sessions of an account have shown, from now on. @param onlyId one of them, or null for all */
export const markSessions = (tx: Tx, accountId: string, onlyId: string | null, shown: boolean) =>
  tx.run(sql`
    update sessions set second_factor = ${shown}
     where account_id = ${accountId} and ended_at is null and (${onlyId}::uuid is null or id = ${onlyId}::uuid)`)

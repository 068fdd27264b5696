import { type Sql, sql, type Tx } from '@souk/postgres'

export type KeyOfRequest = { principal: string; key: string; route: string; bodyHash: Buffer }
export type StoredAnswer = {
  bodyHash: Buffer
  status: number | null
  answer: unknown
  headers: Record<string, string> | null
}

const match = ({ principal, key, route }: KeyOfRequest): Sql =>
  sql`principal = ${principal} and key = ${key} and route = ${route}`

/**
 * Take the key for this request: true when it was free or older than `expiredBefore`. Waits for a transaction that
 * holds it; fails with lock_timeout when that takes too long.
 */
export const claimKey = async (tx: Tx, request: KeyOfRequest, now: Date, expiredBefore: Date): Promise<boolean> =>
  (await tx.run(sql`
    insert into idempotency_keys as kept (principal, key, route, body_hash, created_at)
    values (${request.principal}, ${request.key}, ${request.route}, ${request.bodyHash}, ${now})
    on conflict (principal, key, route) do update
       set body_hash = excluded.body_hash, status = null, answer = null, headers = null, created_at = excluded.created_at
     where kept.created_at < ${expiredBefore}`)) === 1

export const storedAnswer = (tx: Tx, request: KeyOfRequest) =>
  tx.maybeOne<StoredAnswer>(sql`
    select body_hash as "bodyHash", status, answer, headers from idempotency_keys where ${match(request)}`)

export const storeAnswer = (
  tx: Tx,
  request: KeyOfRequest,
  status: number,
  answer: string | null,
  headers: string | null,
) =>
  tx.run(sql`
    update idempotency_keys set status = ${status}, answer = ${answer}::jsonb, headers = ${headers}::jsonb
     where ${match(request)}`)

/** Forget answers given before `before`, 5,000 at most a call. Resolves to the number of rows. */
export const purgeIdempotencyKeys = (tx: Tx, before: Date): Promise<number> =>
  tx.run(sql`
    delete from idempotency_keys
     where (principal, key, route) in (
       select principal, key, route from idempotency_keys where created_at < ${before} order by created_at limit 5000)`)

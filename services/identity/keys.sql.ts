import { sql, type Tx } from '@souk/postgres'

export type SigningKeyRow = {
  kid: string
  state: 'next' | 'current' | 'retired'
  publicJwk: Record<string, unknown>
  privateSealed: Buffer | null
  activatedAt: Date | null
}

/** Keys whose public half is published: next, current, and retired ones while tokens signed with them may live. */
export const publishedKeys = (tx: Tx, now: Date) =>
  tx.many<SigningKeyRow>(sql`
    select kid, state, public_jwk as "publicJwk", private_sealed as "privateSealed", activated_at as "activatedAt"
      from signing_keys
     where state <> 'retired' or published_until > ${now}
     order by case state when 'current' then 0 when 'next' then 1 else 2 end, published_until desc`)

export type NewSigningKey = { kid: string; publicJwk: object; privateSealed: Buffer }

/** Insert it unless another process was first. */
export const insertSigningKey = (tx: Tx, key: NewSigningKey, state: 'next' | 'current', now: Date) =>
  tx.run(sql`
    insert into signing_keys (kid, state, public_jwk, private_sealed, created_at, activated_at)
    values (${key.kid}, ${state}, ${JSON.stringify(key.publicJwk)}::jsonb, ${key.privateSealed}, ${now},
            ${state === 'current' ? now : null})
    on conflict (state) where state in ('next', 'current') do nothing`)

/**
 * One rotation after the other. A lock on the current key is not enough: whoever waited for it finds it retired, has
 * locked nothing, and of two who waited both would put the next key in force.
 */
export const takeTurnRotating = (tx: Tx) =>
  tx.run(sql`select pg_advisory_xact_lock(hashtextextended('identity.signing-keys', 0))`)

export const findCurrentKey = (tx: Tx) =>
  tx.maybeOne<{ kid: string; activatedAt: Date }>(sql`
    select kid, activated_at as "activatedAt" from signing_keys where state = 'current'`)

export const retireCurrentKey = (tx: Tx, publishedUntil: Date) =>
  tx.run(sql`
    update signing_keys set state = 'retired', private_sealed = null, published_until = ${publishedUntil}
     where state = 'current'`)

export const activateNextKey = (tx: Tx, now: Date) =>
  tx.one<{ kid: string }>(sql`
    update signing_keys set state = 'current', activated_at = ${now} where state = 'next' returning kid`)

export const deleteUnpublishedKeys = (tx: Tx, now: Date) =>
  tx.run(sql`delete from signing_keys where state = 'retired' and published_until < ${now}`)

import type { Principal } from '@souk/http'
import { uuidv7 } from '@souk/postgres'
import { lockAccount } from './accounts.sql.ts'
import { formatKey, liveKeysPerAccount, mayGive, newKeySecret, previousSecretLifeMs } from './api-key.ts'
import {
  type ApiKeyRow,
  countLiveApiKeys,
  insertApiKey,
  listApiKeys,
  revokeApiKey,
  rotateApiKey,
} from './api-keys.sql.ts'
import { errors } from './errors.ts'
import { type Caller, dayMs, type Identity } from './identity.ts'
import { from } from './sessions.ts'
import { appendTrail } from './trail.ts'

export type ApiKeyWish = {
  name: string
  permissions: string[]
  shopId?: string
  duties?: string[]
  expiresInDays: number
}
/** The one time the secret is seen. */
export type ShownKey = { key: string; row: ApiKeyRow }

const notFound = () => errors.error('api-key-not-found', 'You have no live API key with this id.')

/** @throws api-key-too-mighty, too-many-api-keys */
export async function makeApiKey(
  { db, clock }: Identity,
  me: Principal,
  wish: ApiKeyWish,
  caller: Caller,
): Promise<ShownKey> {
  const shopId = wish.shopId ?? null
  const duties = [...new Set(wish.duties)]
  const permissions = [...new Set(wish.permissions)]
  const owner = { permissions: me.permissions, duties: (shopId !== null && me.duties.get(shopId)) || new Set<string>() }
  if ((shopId === null && duties.length > 0) || !mayGive({ permissions, shopId, duties }, owner))
    throw errors.error('api-key-too-mighty', 'A key can be given only permissions and duties you have yourself.')
  const now = clock()
  const { secret, hash } = newKeySecret()
  const id = uuidv7(now.getTime())
  const row = await db.transaction(async (tx) => {
    // Locked, so that two keys made at once are both counted.
    await lockAccount(tx, me.accountId)
    const { count } = await countLiveApiKeys(tx, me.accountId, now)
    if (count >= liveKeysPerAccount)
      throw errors.error('too-many-api-keys', `You have ${count} live API keys; revoke one first.`)
    const made = await insertApiKey(tx, {
      id,
      accountId: me.accountId,
      name: wish.name,
      permissions,
      shopId,
      duties,
      secretHash: hash,
      lifetimeDays: wish.expiresInDays,
      createdAt: now,
      expiresAt: new Date(now.getTime() + wish.expiresInDays * dayMs),
    })
    const detail = { keyId: id, permissions, shopId, duties }
    await appendTrail(tx, [{ kind: 'api-key-made', accountId: me.accountId, ...from(caller), detail }], now)
    return made
  })
  return { key: formatKey(id, secret), row }
}

/** A new secret, good for the key's whole term again; the old one opens for 24 hours more. @throws api-key-not-found */
export async function rotateKey(
  { db, clock }: Identity,
  accountId: string,
  keyId: string,
  caller: Caller,
): Promise<ShownKey> {
  const now = clock()
  const { secret, hash } = newKeySecret()
  const previousValidUntil = new Date(now.getTime() + previousSecretLifeMs)
  const row = await db.transaction(async (tx) => {
    const rotated = await rotateApiKey(tx, { accountId, id: keyId, secretHash: hash, previousValidUntil }, now)
    if (rotated === undefined) throw notFound()
    await appendTrail(tx, [{ kind: 'api-key-rotated', accountId, ...from(caller), detail: { keyId } }], now)
    return rotated
  })
  return { key: formatKey(keyId, secret), row }
}

/** @throws api-key-not-found */
export const revokeKey = ({ db, clock }: Identity, accountId: string, keyId: string, caller: Caller): Promise<void> =>
  db.transaction(async (tx) => {
    if ((await revokeApiKey(tx, accountId, keyId, clock())) === 0) throw notFound()
    await appendTrail(tx, [{ kind: 'api-key-revoked', accountId, ...from(caller), detail: { keyId } }], clock())
  })

export const listKeys = ({ db }: Identity, accountId: string, page: { beforeId: string | undefined; limit: number }) =>
  listApiKeys(db.autocommit, accountId, page)

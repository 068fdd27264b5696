import { timingSafeEqual } from 'node:crypto'
import { isUuid } from '@souk/postgres'
import type { PresentedKeyRow } from './api-keys.sql.ts'
import { randomSecret, sha256 } from './secrets.ts'

/** The secret that was replaced opens for this long, so that clients can be changed over without a gap. */
export const previousSecretLifeMs = 24 * 3_600_000
export const liveKeysPerAccount = 50

/** `souk_<id, 32 hex digits>_<secret, 43 characters>`. Scanners for leaked secrets can be taught the shape. */
export const formatKey = (keyId: string, secret: string): string => `souk_${keyId.replaceAll('-', '')}_${secret}`

export const newKeySecret = (): { secret: string; hash: Buffer } => {
  const secret = randomSecret()
  return { secret, hash: sha256(secret) }
}

/** The parts of a key, or undefined when it has not the shape of one. */
export function parseKey(key: string): { keyId: string; secretHash: Buffer } | undefined {
  const parts = /^souk_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([\w-]{43})$/.exec(key)
  if (parts === null) return undefined
  const keyId = parts.slice(1, 6).join('-')
  return isUuid(keyId) ? { keyId, secretHash: sha256(parts[6] ?? '') } : undefined
}

const nobodysHash = sha256(randomSecret())

/** Whether the secret opens the key. Takes the same time whichever part is wrong, and when there is no such key. */
export function opens(row: PresentedKeyRow | undefined, secretHash: Buffer, now: Date): boolean {
  const current = timingSafeEqual(row?.secretHash ?? nobodysHash, secretHash)
  const previous = timingSafeEqual(row?.previousHash ?? nobodysHash, secretHash)
  const previousCounts = row?.previousValidUntil != null && now < row.previousValidUntil
  return row !== undefined && (current || (previous && previousCounts))
}

export type Rights = { permissions: readonly string[]; shopId: string | null; duties: readonly string[] }
export type OwnerRights = { permissions: ReadonlySet<string>; duties: ReadonlySet<string> }

/** What of a key's rights its owner has as well. An operator has every duty in every shop. */
export const sharedRights = (key: Rights, owner: OwnerRights): { permissions: string[]; duties: string[] } => ({
  permissions: key.permissions.filter((permission) => owner.permissions.has(permission)),
  duties: key.duties.filter((duty) => owner.permissions.has('operator') || owner.duties.has(duty)),
})

/** Whether the owner has all of them: a key never grows its owner. */
export function mayGive(key: Rights, owner: OwnerRights): boolean {
  const shared = sharedRights(key, owner)
  return shared.permissions.length === key.permissions.length && shared.duties.length === key.duties.length
}

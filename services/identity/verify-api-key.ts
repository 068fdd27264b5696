import type { Database } from '@souk/postgres'
import type { Clock } from '@souk/service'
import { opens, parseKey, sharedRights } from './api-key.ts'
import { presentedKey, recordKeyUse } from './api-keys.sql.ts'

export type VerifiedKey = {
  keyId: string
  accountId: string
  permissions: string[]
  shops: { shopId: string; duties: string[] }[]
}

/** Which keys were used and when, written down once in a while and not once per call. */
export type KeyUse = { record(keyId: string, at: Date): void; flush(): Promise<void> }

export function createKeyUse(db: Database): KeyUse {
  let used = new Map<string, Date>()
  return {
    record: (keyId, at) => used.set(keyId, at),
    async flush() {
      if (used.size === 0) return
      const batch = used
      used = new Map()
      await recordKeyUse(db.autocommit, [...batch.keys()], [...batch.values()])
    },
  }
}

/** Who a key belongs to, and what of its rights its owner has today. Undefined for a wrong, ended or unknown key. */
export async function verifyApiKey(
  { db, clock }: { db: Database; clock: Clock },
  use: KeyUse,
  key: string,
): Promise<VerifiedKey | undefined> {
  const presented = parseKey(key)
  if (presented === undefined) return undefined
  const now = clock()
  const row = await presentedKey(db.autocommit, presented.keyId, now)
  if (!opens(row, presented.secretHash, now) || row === undefined) return undefined
  use.record(presented.keyId, now)
  const owner = { permissions: new Set(row.accountPermissions), duties: new Set(row.accountDuties) }
  const { permissions, duties } = sharedRights(row, owner)
  return {
    keyId: presented.keyId,
    accountId: row.accountId,
    permissions,
    shops: row.shopId !== null && duties.length > 0 ? [{ shopId: row.shopId, duties }] : [],
  }
}

import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Database, Tx } from '@souk/postgres'
import type { Clock } from '@souk/service'
import { calculateJwkThumbprint, exportJWK, type JWK, SignJWT } from 'jose'
import { type AccessClaims, accessLifeMs } from './access-token.ts'
import { minuteMs } from './identity.ts'
import {
  activateNextKey,
  deleteUnpublishedKeys,
  findCurrentKey,
  insertSigningKey,
  type NewSigningKey,
  publishedKeys,
  retireCurrentKey,
  takeTurnRotating,
} from './keys.sql.ts'
import { type Secrets, seal, unseal } from './secrets.ts'

const makeKeyPair = promisify(generateKeyPair)

export const keyLifeMs = 90 * 86_400_000
/** How long a process signs with what it last read. Another process's rotation reaches it within that time. */
const rereadAfterMs = 30_000
/** A retired key is published until every token signed with it has expired, wherever it was signed. */
export const publishedAfterRetirementMs = accessLifeMs + rereadAfterMs + minuteMs / 2

export type KeySet = { keys: JWK[] }

export type Keyring = {
  /** Sign an access token, on a thread of the pool, with the current key. */
  sign(claims: AccessClaims): Promise<string>
  /** What access tokens may be signed with at this moment, the key to come included. */
  keySet(): Promise<KeySet>
  /**
   * Let the next key take over and put a new one in line. The old one stays published until its tokens have expired.
   * Generate first, outside the transaction (`newSigningKey`): it takes a tenth of a second.
   */
  rotate(tx: Tx, upcoming: NewSigningKey): Promise<{ kid: string }>
  newSigningKey(): Promise<NewSigningKey>
  /** Rotate if the current key has reached its age, forget keys whose tokens have all expired. For a job. */
  keepFresh(): Promise<boolean>
}

type Loaded = { kid: string; key: KeyObject; set: KeySet; atMs: number }

/** Opens the keys, making the first ones. @throws when they were sealed with another secret. */
export async function openKeyring(given: { db: Database; clock: Clock; secrets: Secrets }): Promise<Keyring> {
  const { db, clock, secrets } = given
  let loaded: Loaded | undefined
  let loading: Promise<Loaded> | undefined

  async function load(): Promise<Loaded> {
    const atMs = clock().getTime()
    const rows = await publishedKeys(db.autocommit, clock())
    const current = rows.find((row) => row.state === 'current')
    if (current?.privateSealed == null) throw new Error('identity has no current signing key')
    const set = { keys: rows.map((row) => row.publicJwk as JWK) }
    if (loaded?.kid === current.kid) return { ...loaded, set, atMs }
    return { kid: current.kid, key: open(current.privateSealed, current.kid), set, atMs }
  }

  function open(sealed: Buffer, kid: string): KeyObject {
    try {
      return createPrivateKey({ key: unseal(secrets.sealing, sealed, kid), format: 'der', type: 'pkcs8' })
    } catch (error) {
      throw new Error(
        'the signing keys cannot be opened: SOUK_SECRET is not the one they were sealed with. Start with that one; if ' +
          'it is lost, delete all rows of identity.signing_keys and new keys are made (access tokens in use end).',
        { cause: error },
      )
    }
  }

  /** Fresh enough, or read again once for all who ask. */
  async function current(): Promise<Loaded> {
    if (loaded !== undefined && clock().getTime() - loaded.atMs < rereadAfterMs) return loaded
    loading ??= load().finally(() => {
      loading = undefined
    })
    loaded = await loading
    return loaded
  }

  async function newSigningKey(): Promise<NewSigningKey> {
    const { publicKey, privateKey } = await makeKeyPair('rsa', { modulusLength: 2048 })
    const jwk = await exportJWK(publicKey)
    const kid = await calculateJwkThumbprint(jwk)
    const privateSealed = seal(secrets.sealing, privateKey.export({ format: 'der', type: 'pkcs8' }), kid)
    return { kid, publicJwk: { ...jwk, kid, alg: 'RS256', use: 'sig' }, privateSealed }
  }

  async function rotate(tx: Tx, upcoming: NewSigningKey): Promise<{ kid: string }> {
    const now = clock()
    await takeTurnRotating(tx)
    await retireCurrentKey(tx, new Date(now.getTime() + publishedAfterRetirementMs))
    const activated = await activateNextKey(tx, now)
    await insertSigningKey(tx, upcoming, 'next', now)
    tx.afterCommit(() => {
      loaded = undefined
    })
    return activated
  }

  const states = new Set((await publishedKeys(db.autocommit, clock())).map((row) => row.state))
  for (const state of ['current', 'next'] as const)
    if (!states.has(state)) await insertSigningKey(db.autocommit, await newSigningKey(), state, clock())
  loaded = await load()

  return {
    async sign(claims) {
      const { kid, key } = await current()
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid }).sign(key)
    },
    keySet: async () => (await current()).set,
    newSigningKey,
    rotate,
    async keepFresh() {
      await deleteUnpublishedKeys(db.autocommit, clock())
      const isDue = (activatedAt: Date | null | undefined) =>
        activatedAt != null && clock().getTime() - activatedAt.getTime() >= keyLifeMs
      const rows = await publishedKeys(db.autocommit, clock())
      if (!isDue(rows.find((row) => row.state === 'current')?.activatedAt)) return false
      const upcoming = await newSigningKey()
      return db.transaction(async (tx) => {
        await takeTurnRotating(tx)
        // Looked at again in our turn: an operator may have rotated meanwhile.
        if (!isDue((await findCurrentKey(tx))?.activatedAt)) return false
        await rotate(tx, upcoming)
        return true
      })
    },
  }
}

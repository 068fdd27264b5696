import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'

export type Jwks = { readonly keys: readonly (JsonWebKey & { kid?: string; alg?: string; use?: string })[] }

/** A key we accept, prepared once. `withdrawn` once it has left the set: whatever it signed is no longer good. */
export type SigningKey = { readonly kid: string; readonly key: KeyObject; withdrawn: boolean }

export type KeySet = {
  /** The key of this id if it is known now. */
  known(kid: string): SigningKey | undefined
  /** Ask for the set again, at most once per ten seconds, and then look. Rejects when nobody could be asked. */
  find(kid: string): Promise<SigningKey | undefined>
  /** Ask again in the background when the set is older than a minute, so that withdrawn keys are noticed. */
  refreshIfStale(): void
}

const refetchPauseMs = 10_000
/** After a question that was not answered. */
const failedPauseMs = 500
const staleMs = 60_000

/** Only RSA keys for RS256 with 2,048 bits or more and an id: the algorithm is the key's, never the token's. */
function prepare(jwk: Jwks['keys'][number]): KeyObject | undefined {
  if (jwk.kty !== 'RSA' || jwk.alg !== 'RS256' || (jwk.use ?? 'sig') !== 'sig') return undefined
  if (typeof jwk.kid !== 'string' || jwk.kid === '') return undefined
  const { kty, n, e } = jwk
  const key = createPublicKey({ key: { kty, n, e } as JsonWebKey, format: 'jwk' })
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048 ? key : undefined
}

export function createKeySet(fetchKeys: () => Promise<Jwks>, nowMs: () => number): KeySet {
  let keys = new Map<string, SigningKey>()
  let askedAtMs = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  async function fetchOnce(): Promise<void> {
    const { keys: given } = await fetchKeys()
    const next = new Map<string, SigningKey>()
    for (const jwk of given) {
      const key = prepare(jwk)
      if (key === undefined) continue
      const kid = jwk.kid as string
      const same = keys.get(kid)
      next.set(kid, same?.key.equals(key) ? same : { kid, key, withdrawn: false })
    }
    for (const [kid, old] of keys) if (next.get(kid) !== old) old.withdrawn = true
    keys = next
  }

  function ask(): Promise<void> {
    if (asking !== undefined) return asking
    askedAtMs = nowMs()
    asking = fetchOnce()
      .then(
        () => {
          failure = undefined
        },
        (error: unknown) => {
          failure = { error }
          throw error
        },
      )
      .finally(() => {
        asking = undefined
      })
    return asking
  }

  return {
    known: (kid) => keys.get(kid),
    async find(kid) {
      const pauseMs = failure === undefined ? refetchPauseMs : failedPauseMs
      if (asking !== undefined || nowMs() - askedAtMs >= pauseMs) await ask()
      const found = keys.get(kid)
      // A process that has just started while identity was away knows no keys at all: whoever comes then is not to be told
      // that he is nobody.
      if (found === undefined && failure !== undefined) throw failure.error
      return found
    },
    refreshIfStale() {
      // A failure keeps the keys we have: tokens go on being checked against them, and the next minute tries again.
      if (nowMs() - askedAtMs >= staleMs) ask().catch(() => {})
    },
  }
}

import { hash } from 'node:crypto'
import { BoundedCache } from './bounded-cache.ts'
import { errors } from './errors.ts'
import type { Principal } from './route.ts'

export type ApiKeyVerifierOptions = {
  /** Who this key belongs to; undefined when there is no such key or it is withdrawn. May be slow. */
  lookup: (apiKey: string) => Promise<Principal | undefined>
  clock: () => Date
  maxCached?: number
}

export type ApiKeyVerifier = (apiKey: string) => Principal | Promise<Principal>

/** How long a withdrawn key may go on working. */
const goodForMs = 30_000
/** Short, so that a key just made works at once; long enough that guessing does not reach the database. */
const badForMs = 5_000
const refuse = () => errors.error('unauthenticated', 'The API key is not known.')
const format = /^souk_[\w-]{8,200}$/

/** A verifier of API keys that asks `lookup` rarely: 30 s per key that is good, 5 s per key that is not. */
export function createApiKeyVerifier(options: ApiKeyVerifierOptions): ApiKeyVerifier {
  const { lookup, clock } = options
  const cache = new BoundedCache<{ principal: Principal | undefined; untilMs: number }>(options.maxCached ?? 20_000)
  const asking = new Map<string, Promise<Principal>>()

  async function ask(apiKey: string, digest: string): Promise<Principal> {
    const principal = await lookup(apiKey)
    cache.set(digest, { principal, untilMs: clock().getTime() + (principal === undefined ? badForMs : goodForMs) })
    if (principal === undefined) throw refuse()
    return principal
  }

  return (apiKey) => {
    if (!format.test(apiKey)) throw refuse()
    // Keys are kept as digests, so that a dump of this process's memory holds as few of them as can be.
    const digest = hash('sha256', apiKey, 'base64')
    const cached = cache.get(digest)
    if (cached !== undefined && clock().getTime() < cached.untilMs) {
      if (cached.principal === undefined) throw refuse()
      return cached.principal
    }
    let answer = asking.get(digest)
    if (answer === undefined) {
      answer = ask(apiKey, digest).finally(() => asking.delete(digest))
      asking.set(digest, answer)
    }
    return answer
  }
}

import { IdentityService, type ShopDuties } from '@souk/contracts/identity'
import type { News } from '@souk/cache'
import { createApiKeyVerifier, createTokenVerifier, httpErrors, type Jwks, type Principal } from '@souk/http'
import { endedChannel } from '@souk/identity'
import type { Directory } from '@souk/rpc'
import type { Logger } from '@souk/telemetry'

/** How long a session that was ended may go on being believed: 1 s, and one question a second. */
const revokedEveryMs = 1_000
/** Nobody has come for so long: nothing is asked until somebody does, and he waits for the answer. */
const restAfterMs = 10_000
/** If it comes soon. */
const firstWaitsMs = 1_000
/** Told that one has ended, we ask at once; told of many, not more often than this. */
const askedEveryMs = 50

/**
 * How callers are recognised: by tokens and keys that identity issued, checked in this process. What has ended is asked for
 * every second while anybody calls, and at once when there is news of it: news may be lost, and then it is the second.
 */
export function createVerifiers(directory: Directory, clock: () => Date, log: Logger, news?: News) {
  const identity = directory.client(IdentityService)
  let revoked = new Set<string>()
  let failing = false
  let asked = 0
  let answered = 0
  const look = async () => {
    const turn = (asked += 1)
    try {
      const { sessionIds } = await identity.listRevoked({})
      // An answer that was overtaken knows less.
      if (turn > answered) {
        answered = turn
        revoked = new Set(sessionIds)
      }
      failing = false
    } catch (error) {
      // Once for an outage, not once a second.
      if (!failing) log.warn({ error }, 'ended sessions could not be read; those known stay refused')
      failing = true
    }
  }
  let calledAtMs = Number.NEGATIVE_INFINITY
  let waking: Promise<void> | undefined
  const isResting = () => performance.now() - calledAtMs > restAfterMs
  const timer = setInterval(() => {
    if (!isResting()) void look()
  }, revokedEveryMs)
  timer.unref()
  /** Undefined when what has ended is known as it is now. */
  const awake = (): Promise<void> | undefined => {
    if (isResting()) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, firstWaitsMs).unref())
      waking = Promise.race([look(), late]).finally(() => {
        waking = undefined
      })
    }
    calledAtMs = performance.now()
    return waking
  }
  let soon: Promise<void> | undefined
  let again = false
  const lookSoon = () => {
    // One that is under way may have asked before this one ended.
    if (soon !== undefined) again = true
    else
      soon = look().then(async () => {
        await new Promise((resolve) => setTimeout(resolve, askedEveryMs).unref())
        soon = undefined
        if (again) lookSoon()
        again = false
      })
  }
  const hearing = [news?.subscribe(endedChannel, lookSoon), news?.onGap(lookSoon)]
  const verifyKey = createApiKeyVerifier({
    clock,
    async lookup(key): Promise<Principal | undefined> {
      const found = await identity.verifyApiKey({ key })
      if (!found.valid) return undefined
      return {
        accountId: found.accountId,
        sessionId: found.keyId,
        kind: 'api-key',
        permissions: new Set(found.permissions),
        duties: new Map(found.shops.map((shop: ShopDuties) => [shop.shopId, new Set(shop.duties)])),
      }
    },
  })
  /** A key is remembered for 30 s; one that was revoked must not work that long. */
  const unlessRevoked = (principal: Principal): Principal => {
    if (revoked.has(principal.sessionId)) throw httpErrors.error('unauthenticated', 'The API key is not known.')
    return principal
  }
  const verifyToken = createTokenVerifier({
    keySet: async () => JSON.parse((await identity.getKeySet({})).json) as Jwks,
    issuer: 'souk',
    audience: 'souk',
    clock,
    isRevoked: (principal) => revoked.has(principal.sessionId),
  })
  const verifyApiKey = (key: string): Principal | Promise<Principal> => {
    const principal = verifyKey(key)
    return principal instanceof Promise ? principal.then(unlessRevoked) : unlessRevoked(principal)
  }
  const whenAwake =
    (verify: (credential: string) => Principal | Promise<Principal>) =>
    (credential: string): Principal | Promise<Principal> => {
      const waiting = awake()
      return waiting === undefined ? verify(credential) : waiting.then(() => verify(credential))
    }
  return {
    verify: whenAwake(verifyToken),
    verifyApiKey: whenAwake(verifyApiKey),
    stop() {
      clearInterval(timer)
      for (const each of hearing) each?.stop()
    },
  }
}

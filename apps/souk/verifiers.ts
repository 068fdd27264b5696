import { IdentityService, type ShopDuties } from '@souk/contracts/identity'
import { createApiKeyVerifier, createTokenVerifier, httpErrors, type Jwks, type Principal } from '@souk/http'
import type { Directory } from '@souk/rpc'
import type { Logger } from '@souk/telemetry'

/** How long a session that was ended may go on being believed: 1 s, and one question a second. */
const revokedEveryMs = 1_000

/** How callers are recognised: by tokens and keys that identity issued, checked in this process. */
export function createVerifiers(directory: Directory, clock: () => Date, log: Logger) {
  const identity = directory.client(IdentityService)
  let revoked = new Set<string>()
  let failing = false
  const look = async () => {
    try {
      revoked = new Set((await identity.listRevoked({})).sessionIds)
      failing = false
    } catch (error) {
      // Once for an outage, not once a second.
      if (!failing) log.warn({ error }, 'ended sessions could not be read; those known stay refused')
      failing = true
    }
  }
  const timer = setInterval(() => void look(), revokedEveryMs)
  timer.unref()
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
  return {
    verify: createTokenVerifier({
      keySet: async () => JSON.parse((await identity.getKeySet({})).json) as Jwks,
      issuer: 'souk',
      audience: 'souk',
      clock,
      isRevoked: (principal) => revoked.has(principal.sessionId),
    }),
    verifyApiKey(key: string): Principal | Promise<Principal> {
      const principal = verifyKey(key)
      return principal instanceof Promise ? principal.then(unlessRevoked) : unlessRevoked(principal)
    },
    stop: () => clearInterval(timer),
  }
}

import { errors } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { everybody } from './forwarder.ts'
import type { Principal } from './route.ts'
import type { RateLimiter, Taken } from './rate-limiter.ts'

/** Requests a minute, each counted by the most exact name we know the caller by. Infinity switches one off. */
export type Quotas = { perApiKey: number; perAccount: number; perAddress: number }

export const defaultQuotas: Quotas = { perApiKey: 1_000, perAccount: 500, perAddress: 100 }

/**
 * The address to count by. Of IPv6 the first 64 bits: whoever has one address of such a network has all 2^64.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [left = '', right = ''] = address.split('%')[0]!.toLowerCase().split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === '' ? [] : right.split(':')
  const groups = address.includes('::')
    ? [...head, ...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail]
    : head
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

export type QuotaKeeper = {
  /** Takes one for this request from the general quota and from the route's own. @throws rate-limited. */
  take(exchange: Exchange): void
  /** Takes one from the address: for callers whose credential is no good, and for addresses that lead nowhere. */
  takeByAddress(address: string): Taken | undefined
}

export function createQuotaKeeper(limiter: RateLimiter, quotas: Quotas, clock: () => Date): QuotaKeeper {
  // RateLimit-Policy in the form of draft-ietf-httpapi-ratelimit-headers, revisions 8 to 11: name, quota, window.
  const policies = {
    'api-key': `"api-key";q=${quotas.perApiKey};w=60`,
    account: `"account";q=${quotas.perAccount};w=60`,
    address: `"address";q=${quotas.perAddress};w=60`,
  }

  function take(exchange: Exchange, name: string, policy: string, key: string, perMinute: number, nowMs: number): void {
    if (perMinute === Number.POSITIVE_INFINITY) return
    const taken = limiter.take(key, perMinute, nowMs)
    // The header tells of the quota with the least left: that is the one the caller will run into.
    if (exchange.taken === undefined || taken.remaining <= exchange.taken.remaining) {
      exchange.taken = taken
      exchange.policy = policy
    }
    if (!taken.allowed)
      throw errors.error(
        'rate-limited',
        `At most ${perMinute} requests a minute; the next one is possible in ${taken.resetSeconds} s.`,
        { policy: name },
        taken.resetSeconds,
      )
  }

  // A key put together anew for every request is hashed anew as well, which took most of the 3 µs of both quotas.
  const keys = new WeakMap<Principal, { general: string; own: Map<string, string> }>()
  function keysOf(principal: Principal) {
    let known = keys.get(principal)
    if (known === undefined) {
      const general = principal.kind === 'api-key' ? `k ${principal.sessionId}` : `u ${principal.accountId}`
      known = { general, own: new Map() }
      keys.set(principal, known)
    }
    return known
  }
  function ownKey(principal: Principal, name: string): string {
    const { own } = keysOf(principal)
    let key = own.get(name)
    if (key === undefined) {
      key = `${name} ${principal.accountId}`
      own.set(name, key)
    }
    return key
  }
  const ownPolicies = new Map<object, string>()
  function ownPolicy(limit: { name: string; perMinute: number }): string {
    let policy = ownPolicies.get(limit)
    if (policy === undefined) {
      policy = `"${limit.name}";q=${limit.perMinute};w=60`
      ownPolicies.set(limit, policy)
    }
    return policy
  }

  return {
    take(exchange) {
      const { principal } = exchange
      const nowMs = clock().getTime()
      const own = exchange.served.definition.limit
      if (own?.instead) {
        // Nothing general: its callers are few and known, and send as much as there is to tell.
      } else if (principal === undefined) {
        const { address } = exchange
        if (address !== everybody)
          take(exchange, 'address', policies.address, `a ${addressKey(address)}`, quotas.perAddress, nowMs)
      } else if (principal.kind === 'api-key')
        take(exchange, 'api-key', policies['api-key'], keysOf(principal).general, quotas.perApiKey, nowMs)
      else take(exchange, 'account', policies.account, keysOf(principal).general, quotas.perAccount, nowMs)
      if (own === undefined) return
      const key =
        own.per === 'account' && principal !== undefined
          ? ownKey(principal, own.name)
          : `${own.name} ${addressKey(exchange.address)}`
      take(exchange, own.name, ownPolicy(own), key, own.perMinute, nowMs)
    },
    takeByAddress(address) {
      if (quotas.perAddress === Number.POSITIVE_INFINITY || address === everybody) return undefined
      return limiter.take(`a ${addressKey(address)}`, quotas.perAddress, clock().getTime())
    },
  }
}

/** The value of the RateLimit header: `"account";r=499;t=60`. */
export const rateLimitHeader = (policy: string, taken: Taken): string =>
  `${policy.slice(0, policy.indexOf(';'))};r=${taken.remaining};t=${taken.resetSeconds}`

import { errors } from './errors.ts'
import type { Exchange } from './exchange.ts'
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

  return {
    take(exchange) {
      const { principal } = exchange
      const nowMs = clock().getTime()
      if (principal === undefined)
        take(exchange, 'address', policies.address, `a ${addressKey(exchange.address)}`, quotas.perAddress, nowMs)
      else if (principal.kind === 'api-key')
        take(exchange, 'api-key', policies['api-key'], `k ${principal.sessionId}`, quotas.perApiKey, nowMs)
      else take(exchange, 'account', policies.account, `u ${principal.accountId}`, quotas.perAccount, nowMs)
      const own = exchange.served.definition.limit
      if (own === undefined) return
      const who = own.per === 'account' && principal !== undefined ? principal.accountId : addressKey(exchange.address)
      take(exchange, own.name, `"${own.name}";q=${own.perMinute};w=60`, `${own.name} ${who}`, own.perMinute, nowMs)
    },
    takeByAddress(address) {
      if (quotas.perAddress === Number.POSITIVE_INFINITY) return undefined
      return limiter.take(`a ${addressKey(address)}`, quotas.perAddress, clock().getTime())
    },
  }
}

/** The value of the RateLimit header: `"account";r=499;t=60`. */
export const rateLimitHeader = (policy: string, taken: Taken): string =>
  `${policy.slice(0, policy.indexOf(';'))};r=${taken.remaining};t=${taken.resetSeconds}`

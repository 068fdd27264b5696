import { randomUUID } from 'node:crypto'
import type { Principal } from '@souk/http'

/** Somebody signed in, with nothing but what is given. */
export const principal = (given: Partial<Principal> = {}): Principal => ({
  accountId: randomUUID(),
  sessionId: randomUUID(),
  kind: 'session',
  permissions: new Set(),
  duties: new Map(),
  ...given,
})

/** Somebody who buys. */
export const shopper = (given: Partial<Principal> = {}): Principal =>
  principal({ permissions: new Set(['orders:place']), ...given })

/** Somebody who works in one shop, with these duties. */
export const staff = (shopId: string, ...duties: string[]): Principal =>
  shopper({ duties: new Map([[shopId, new Set(duties)]]) })

/** Somebody who runs the marketplace. */
export const operator = (given: Partial<Principal> = {}): Principal =>
  shopper({ permissions: new Set(['orders:place', 'operator']), ...given })

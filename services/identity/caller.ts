import type { RouteRequest } from '@souk/http'
import { errors } from './errors.ts'
import type { Caller } from './identity.ts'

export const callerOf = (request: Pick<RouteRequest, 'address' | 'headers' | 'correlationId'>): Caller => ({
  address: request.address,
  userAgent: String(request.headers['user-agent'] ?? ''),
  correlationId: request.correlationId,
})

/** The principal, if it is a person signed in and no API key. @throws session-needed */
export function personOf(request: Pick<RouteRequest, 'me'>) {
  if (request.me.kind !== 'session') throw errors.error('session-needed', 'Sign in: an API key cannot do this.')
  return request.me
}

export const shopsOf = (duties: ReadonlyMap<string, ReadonlySet<string>>) =>
  [...duties].map(([shopId, of]) => ({ shopId, duties: [...of] }))

/** Answers with secrets in them are kept by nobody on the way. */
export const unstored = { 'cache-control': 'no-store' }

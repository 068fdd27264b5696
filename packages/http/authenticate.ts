import type { IncomingHttpHeaders } from 'node:http'
import { errors } from './errors.ts'
import type { Principal } from './route.ts'

export type Verifiers = {
  verify: (token: string) => Principal | Promise<Principal>
  verifyApiKey?: (apiKey: string) => Principal | Promise<Principal>
}

const apiKeyPrefix = 'souk_'

/**
 * Who sent this: nobody when no credential came along. Bearer tokens that begin with `souk_` are API keys.
 * @throws or rejects with unauthenticated, token-expired.
 */
export function authenticate(
  headers: IncomingHttpHeaders,
  verifiers: Verifiers,
): Principal | Promise<Principal> | undefined {
  const { authorization } = headers
  const apiKey = headers['x-api-key']
  if (authorization === undefined && apiKey === undefined) return undefined
  if (authorization !== undefined && apiKey !== undefined)
    throw errors.error('unauthenticated', 'Send either Authorization or x-api-key, not both.')
  if (typeof apiKey === 'string') return byApiKey(apiKey, verifiers)
  if (authorization === undefined || !/^bearer /i.test(authorization))
    throw errors.error('unauthenticated', 'Authorization must be Bearer followed by an access token or an API key.')
  const credential = authorization.slice(7).trim()
  return credential.startsWith(apiKeyPrefix) ? byApiKey(credential, verifiers) : verifiers.verify(credential)
}

function byApiKey(apiKey: string, { verifyApiKey }: Verifiers): Principal | Promise<Principal> {
  if (verifyApiKey === undefined) throw errors.error('unauthenticated', 'API keys are not accepted here.')
  return verifyApiKey(apiKey)
}

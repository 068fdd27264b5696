import { errors } from './errors.ts'
import type { Access, Principal } from './route.ts'

/** Why this route cannot be served, or nothing. Deny by default: whatever is not one of the four is a mistake. */
export function faultOfAccess(access: unknown): string | undefined {
  if (access === 'public' || access === 'signed-in') return undefined
  if (typeof access === 'object' && access !== null) {
    const names = Object.entries(access)
    const [entry] = names
    const known = names.length === 1 && entry !== undefined && (entry[0] === 'permission' || entry[0] === 'duty')
    if (known && typeof entry[1] === 'string' && entry[1] !== '') return undefined
  }
  return access === undefined
    ? 'does not declare who may call it'
    : `declares an access that does not exist: ${JSON.stringify(access)}`
}

/** In words, for the documentation. */
export const accessInWords = (access: Access): string =>
  access === 'public'
    ? 'anybody'
    : access === 'signed-in'
      ? 'any signed-in account'
      : 'permission' in access
        ? `permission ${access.permission}`
        : `duty ${access.duty} in the shop concerned`

/** The refusal, if there is one. */
export function refusalOf(access: Access, principal: Principal | undefined) {
  if (access === 'public') return undefined
  if (principal === undefined) return errors.error('unauthenticated', 'Send an access token or an API key.')
  if (access === 'signed-in') return undefined
  if ('permission' in access)
    return principal.permissions.has(access.permission)
      ? undefined
      : errors.error('forbidden', `This needs the permission ${access.permission}.`, { needs: access.permission })
  if (principal.permissions.has('operator')) return undefined
  for (const duties of principal.duties.values()) if (duties.has(access.duty)) return undefined
  return errors.error('forbidden', `This needs the duty ${access.duty} in a shop.`, { needs: access.duty })
}

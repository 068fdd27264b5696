import type { RightsRow } from './accounts.sql.ts'

/** Also how long a disabled account or a removed duty may linger in a token nobody asks us about. */
export const accessLifeMs = 15 * 60_000

export type AccessClaims = {
  iss: 'souk'
  aud: 'souk'
  /** Account id. */
  sub: string
  /** Session id. */
  sid: string
  /** Seconds since 1970, like `nbf` and `exp`. */
  iat: number
  nbf: number
  exp: number
  perms: string[]
  /** Duties by shop id. */
  shops: Record<string, string[]>
}

export function accessClaims(
  rights: Pick<RightsRow, 'id' | 'permissions' | 'shops'>,
  sessionId: string,
  now: Date,
): AccessClaims {
  const iat = Math.floor(now.getTime() / 1000)
  return {
    iss: 'souk',
    aud: 'souk',
    sub: rights.id,
    sid: sessionId,
    iat,
    nbf: iat,
    exp: iat + accessLifeMs / 1000,
    perms: rights.permissions,
    shops: rights.shops,
  }
}

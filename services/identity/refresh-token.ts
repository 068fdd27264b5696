import { randomBytes } from 'node:crypto'
import { dayMs } from './identity.ts'
import { hmac, randomSecret, sha256 } from './secrets.ts'

export const refreshLifeMs = 7 * dayMs
/** However often a session is renewed, after this the person signs in again. */
export const sessionLifeMs = 30 * dayMs
/** Within this time the token replaced last may be sent again: its answer was lost on the way. */
export const repeatWithinMs = 10_000

export const newRefreshToken = randomSecret
export const hashOfToken = (token: string): Buffer => sha256(token)
export const newSalt = (): Buffer => randomBytes(32)

/**
 * The token that replaces another, derived and not drawn, so that a repeat within 10 seconds gets the very same answer
 * although only hashes are stored. Nobody finds it without our key, the salt in the database and the token before.
 */
export const successorOf = (key: Buffer, token: string, salt: Buffer): string =>
  hmac(key, Buffer.concat([salt, Buffer.from(token)])).toString('base64url')

export type TokenState = {
  replacedAtMs: number | undefined
  expiresAtMs: number
  /** The token that replaced it has not been replaced itself. */
  successorLives: boolean
  sessionEnded: boolean
  sessionExpiresAtMs: number
  accountActive: boolean
}

/** `rotate`: a new one. `repeat`: the same successor again. `reuse`: somebody else has it, end the session. `refuse`. */
export type Verdict = 'rotate' | 'repeat' | 'reuse' | 'refuse'

export function judge(token: TokenState, nowMs: number): Verdict {
  if (token.sessionEnded || !token.accountActive || nowMs >= token.sessionExpiresAtMs) return 'refuse'
  if (token.replacedAtMs !== undefined)
    return token.successorLives && nowMs - token.replacedAtMs <= repeatWithinMs ? 'repeat' : 'reuse'
  return nowMs < token.expiresAtMs ? 'rotate' : 'refuse'
}

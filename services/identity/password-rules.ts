import { commonPasswords } from './common-passwords.ts'
import { emailKeyOf } from './email.ts'
import { errors } from './errors.ts'

export const shortestPassword = 10
export const longestPassword = 128

/** The same password typed on another keyboard must hash alike. */
export const tidyPassword = (password: string): string => password.normalize('NFKC')

/** Why a password will not do, as a sentence for its owner; undefined when it will. */
export function weaknessOf(password: string, email: string): string | undefined {
  const tidy = tidyPassword(password)
  const length = [...tidy].length
  if (length < shortestPassword) return `A password has ${shortestPassword} characters or more; this one has ${length}.`
  if (length > longestPassword) return `A password has ${longestPassword} characters at most; this one has ${length}.`
  const folded = tidy.toLowerCase()
  if (commonPasswords.has(folded)) return 'This password is among the most common ones, which attackers try first.'
  if (new Set(folded).size < 4) return 'This password repeats fewer than 4 different characters.'
  const key = emailKeyOf(email)
  if (folded === key || folded === key.split('@')[0]) return 'The password must not be the e-mail address.'
  return undefined
}

/** @throws password-too-weak */
export function refuseWeak(password: string, email: string): void {
  const weakness = weaknessOf(password, email)
  if (weakness !== undefined) throw errors.error('password-too-weak', weakness)
}

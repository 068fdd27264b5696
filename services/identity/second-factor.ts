import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { RightsRow } from './accounts.sql.ts'

/** RFC 6238 as every authenticator takes it: SHA-1, six digits, half a minute. */
export const stepMs = 30_000
const digits = 6
/** Clocks of telephones are wrong by seconds: the code before and the one after are taken, too. */
const slack = 1

/** Wrong codes in a row, by whoever knows the password, until nobody may try for a while: 1 in 30 that one of them fits, in a year. */
export const codesAtMost = 10
export const blockedMs = 15 * 60_000

export const newFactorSecret = (): Buffer => randomBytes(20)

/** The six digits of a step. Source: RFC 4226 section 5.3. */
export function codeAt(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const at = (mac[19] as number) & 0xf
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 10 ** digits).padStart(digits, '0')
}

/** The step a code is of; undefined when it is of none that is near, or of one no later than the last that was taken. */
export function stepOf(secret: Buffer, code: string, nowMs: number, lastStep: number): number | undefined {
  const digitsOnly = code.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(digitsOnly)) return undefined
  const now = Math.floor(nowMs / stepMs)
  const given = Buffer.from(digitsOnly)
  const near = [now - slack, now, now + slack].filter((step) => step > lastStep)
  // All are compared, whichever fits.
  return near.filter((step) => timingSafeEqual(Buffer.from(codeAt(secret, step)), given)).at(0)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Base 32 without padding (RFC 4648), as authenticators take secrets. */
export function base32(bytes: Buffer): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += alphabet[(value >> (bits - 5)) & 31]
  }
  return bits === 0 ? text : text + alphabet[(value << (5 - bits)) & 31]
}

/** What a picture of the secret says to an authenticator. */
export function factorUri(secret: Buffer, email: string): string {
  const label = encodeURIComponent(`Souk:${email}`)
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=Souk&algorithm=SHA1&digits=${digits}&period=${stepMs / 1000}`
}

export const recoveryCodeCount = 10
/** 80 bits each: nobody guesses one. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: recoveryCodeCount }, () => base32(randomBytes(10)).replace(/(.{4})(?=.)/g, '$1-'))

/** As it was given out, however it was typed; undefined when it is the six digits of an authenticator, or nothing. */
export function recoveryCodeIn(code: string): string | undefined {
  const letters = code.toUpperCase().replaceAll(/[^A-Z2-7]/g, '')
  return letters.length === 16 ? letters.replace(/(.{4})(?=.)/g, '$1-') : undefined
}

/** Who has to show a second factor before they may do what they may do. */
export const factorPolicies = ['optional', 'operators', 'staff'] as const
export type FactorPolicy = (typeof factorPolicies)[number]

/** Whether an account with these rights has to have a second factor. */
export const factorNeeded = (policy: FactorPolicy, { permissions, shops }: Pick<RightsRow, 'permissions' | 'shops'>) =>
  policy !== 'optional' && (permissions.includes('operator') || (policy === 'staff' && Object.keys(shops).length > 0))

/** What a session may do: without a second factor where one is needed, what every shopper may. */
export function rightsWithin<Rights extends Pick<RightsRow, 'permissions' | 'shops'>>(
  policy: FactorPolicy,
  rights: Rights,
  shown: boolean,
): Rights {
  if (shown || !factorNeeded(policy, rights)) return rights
  return {
    ...rights,
    permissions: rights.permissions.filter((permission) => permission !== 'operator'),
    shops: policy === 'staff' || rights.permissions.includes('operator') ? {} : rights.shops,
  }
}

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatKey, mayGive, newKeySecret, opens, parseKey, sharedRights } from './api-key.ts'
import { rehearsalAllowed } from './config.ts'
import { emailKeyOf, looksLikeEmail, maskEmail } from './email.ts'
import { networkOf } from './network-address.ts'
import { weaknessOf } from './password-rules.ts'
import { deriveSecrets, seal, unseal } from './secrets.ts'

describe('an e-mail address', () => {
  test.each([
    ['Ada@Example.COM', 'ada@example.com'],
    ['  ada@example.com ', 'ada@example.com'],
    ['ａｄａ＠example.com', 'ada@example.com'],
  ])('%s is %s', (typed, key) => expect(emailKeyOf(typed)).toBe(key))
  test.each(['ada', 'ada@', '@example.com', 'a da@example.com', 'ada@example', `${'a'.repeat(250)}@b.de`])(
    '%s is none',
    (text) => expect(looksLikeEmail(text)).toBe(false),
  )
  test('is masked down to its first letter', () => {
    expect(maskEmail('ada@example.com')).toBe('a***@example.com')
    expect(maskEmail('nonsense')).toBe('***')
  })
})

describe('a password', () => {
  test.each([
    ['123456789', /10 characters/],
    ['x'.repeat(129), /128 characters at most/],
    ['Password123', /most common/],
    ['QWERTYUIOP', /most common/],
    ['abababababab', /fewer than 4/],
    ['ada@example.com', /must not be the e-mail/],
  ])('%s is refused', (password, why) => expect(weaknessOf(password, 'Ada@example.com')).toMatch(why))
  test.each(['correct-donkey-battery', 'пароль-длинный', '🦊🐙🐢🦀🐝🐞🦋🐌🐛🐜'])('%s will do', (password) =>
    expect(weaknessOf(password, 'ada@example.com')).toBeUndefined(),
  )
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('failures from %s are counted for %s', (address, network) => expect(networkOf(address)).toBe(network))

describe('an API key', () => {
  const keyId = '019b0000-0000-7000-8000-0000000000ff'
  const { secret, hash } = newKeySecret()
  const row = {
    accountId: keyId,
    secretHash: hash,
    previousHash: null,
    previousValidUntil: null,
    permissions: [],
    shopId: null,
    duties: [],
    accountPermissions: [],
    accountDuties: [],
  }
  const now = new Date('2026-03-01T12:00:00Z')
  const later = new Date('2026-03-01T12:00:01Z')

  test('is read back as it was written', () =>
    expect(parseKey(formatKey(keyId, secret))).toEqual({ keyId, secretHash: hash }))
  test('anything else is none', () => fc.assert(fc.property(fc.string(), (text) => parseKey(text) === undefined)))
  test('opens with its secret, with the one before while that lasts, and with no other', () => {
    const before = newKeySecret()
    expect(opens(row, hash, now)).toBe(true)
    expect(opens(row, before.hash, now)).toBe(false)
    expect(opens({ ...row, previousHash: before.hash, previousValidUntil: later }, before.hash, now)).toBe(true)
    expect(opens({ ...row, previousHash: before.hash, previousValidUntil: now }, before.hash, now)).toBe(false)
    expect(opens(undefined, hash, now)).toBe(false)
  })
  test('never has more rights than its owner', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c')),
        fc.array(fc.constantFrom('a', 'b', 'operator')),
        (of, own) => {
          const owner = { permissions: new Set<string>(own), duties: new Set<string>(own) }
          const shared = sharedRights({ permissions: of, shopId: keyId, duties: of }, owner)
          expect(shared.permissions.every((permission) => owner.permissions.has(permission))).toBe(true)
          if (!owner.permissions.has('operator'))
            expect(shared.duties.every((duty) => owner.duties.has(duty))).toBe(true)
          if (mayGive({ permissions: of, shopId: keyId, duties: of }, owner)) expect(shared.permissions).toEqual(of)
        },
      ),
    ))
})

test('what is sealed opens only with its key, under its label, and unaltered', () => {
  const { sealing, refresh } = deriveSecrets('a secret')
  const sealed = seal(sealing, Buffer.from('private'), 'kid-1')
  expect(unseal(sealing, sealed, 'kid-1').toString()).toBe('private')
  expect(() => unseal(refresh, sealed, 'kid-1')).toThrow()
  expect(() => unseal(sealing, sealed, 'kid-2')).toThrow()
  for (let at = 0; at < sealed.length; at += 1) {
    const altered = Buffer.from(sealed)
    altered[at] = (altered[at] ?? 0) ^ 1
    expect(() => unseal(sealing, altered, 'kid-1')).toThrow()
  }
})

test.each([
  [undefined, 'development', true],
  [undefined, 'production', false],
  [true, 'production', true],
  [false, 'development', false],
])('with SOUK_REHEARSAL %s in %s rehearsals are allowed: %s', (SOUK_REHEARSAL, NODE_ENV, allowed) =>
  expect(rehearsalAllowed({ SOUK_REHEARSAL, NODE_ENV })).toBe(allowed),
)

import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  base32,
  codeAt,
  codesAtMost,
  factorPolicies,
  newRecoveryCodes,
  recoveryCodeIn,
  rightsWithin,
  stepMs,
  stepOf,
} from './second-factor.ts'
import { goodPassword, settings, startIdentity } from './test-identity.ts'

// RFC 6238, appendix B, of eight digits the last six.
const rfcSecret = Buffer.from('12345678901234567890')
test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('at %i s the code is the one of the standard', (seconds, code) =>
  expect(codeAt(rfcSecret, Math.floor((seconds * 1000) / stepMs))).toBe(code),
)

test('a secret is typed in as RFC 4648 spells it', () => {
  for (const [plain, text] of [
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const)
    expect(base32(Buffer.from(plain))).toBe(text)
})

test('the code of this half minute and of its neighbours is taken, once; no other', () => {
  const nowMs = 1_000 * stepMs + 12_000
  const code = (step: number) => codeAt(rfcSecret, step)
  for (const step of [999, 1_000, 1_001]) expect(stepOf(rfcSecret, code(step), nowMs, 0)).toBe(step)
  for (const step of [997, 998, 1_002]) expect(stepOf(rfcSecret, code(step), nowMs, 0)).toBeUndefined()
  expect(stepOf(rfcSecret, code(1_000), nowMs, 1_000)).toBeUndefined()
  expect(stepOf(rfcSecret, code(999), nowMs, 1_000)).toBeUndefined()
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme', minLength: 5, maxLength: 7 })), (text) => {
      const right = [code(999), code(1_000), code(1_001)].includes(text.replaceAll(/\s/g, ''))
      expect(stepOf(rfcSecret, text, nowMs, 0) !== undefined).toBe(right)
    }),
  )
})

test('a recovery code is known however it is typed, and is never taken for a code of the authenticator', () => {
  for (const code of newRecoveryCodes()) {
    expect(recoveryCodeIn(code)).toBe(code)
    expect(recoveryCodeIn(` ${code.toLowerCase().replaceAll('-', ' ')} `)).toBe(code)
  }
  expect(recoveryCodeIn('123456')).toBeUndefined()
  expect(new Set(newRecoveryCodes()).size).toBe(10)
})

test('without what is required, nobody may more than a shopper; with it, or where it is not, everything is as given', () => {
  const operator = { permissions: ['operator', 'orders:place'], shops: { s: ['orders'] } }
  const staff = { permissions: ['orders:place'], shops: { s: ['orders'] } }
  for (const policy of factorPolicies)
    for (const rights of [operator, staff]) expect(rightsWithin(policy, rights, true)).toEqual(rights)
  expect(rightsWithin('optional', operator, false)).toEqual(operator)
  expect(rightsWithin('operators', operator, false)).toEqual({ permissions: ['orders:place'], shops: {} })
  expect(rightsWithin('operators', staff, false)).toEqual(staff)
  expect(rightsWithin('staff', staff, false)).toEqual({ permissions: ['orders:place'], shops: {} })
})

describe('an account with a second factor', () => {
  let id: Awaited<ReturnType<typeof startIdentity>>
  beforeAll(async () => {
    id = await startIdentity({ ...settings, SOUK_SECOND_FACTOR: 'operators' })
  })
  afterAll(() => id.close())
  beforeEach(() => id.time.advance(60 * 60_000))

  const decode = (text: string) => {
    const bits = [...text].map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    )
    return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  }
  const codeNow = (secret: string, later = 0) =>
    codeAt(decode(secret), Math.floor(id.time.clock().getTime() / stepMs) + later)
  const signIn = (email: string, code?: string, address = '203.0.113.7') =>
    id.call<{ accessToken: string; refreshToken: string }>('logIn', {
      address,
      body: { email, password: goodPassword, ...(code !== undefined && { code }) },
    })

  async function withFactor() {
    const person = await id.register()
    const me = { principal: person.principal }
    const { body: begun } = await id.call<{ secret: string; uri: string }>('beginSecondFactor', {
      ...me,
      body: { password: goodPassword },
    })
    const confirmed = await id.call<{ recoveryCodes: string[] }>('confirmSecondFactor', {
      ...me,
      body: { code: codeNow(begun.secret) },
    })
    expect(confirmed.status).toBe(200)
    id.time.advance(10 * stepMs)
    return { ...person, ...begun, recoveryCodes: confirmed.body.recoveryCodes }
  }

  test('is not signed in to by password alone; whoever knows the password is told what is missing', async () => {
    const { email, secret, uri } = await withFactor()
    expect(uri).toContain(`secret=${secret}`)
    expect(await signIn(email)).toMatchObject({ status: 401, body: { code: 'second-factor-needed' } })
    const wrong = await id.call('logIn', { body: { email, password: 'wrong-donkey-battery' } })
    expect(wrong).toMatchObject({ status: 401, body: { code: 'sign-in-refused' } })
    expect((await signIn(email, codeNow(secret))).status).toBe(200)
  })

  test('takes each code once, also when it is sent twice at once', async () => {
    const { email, secret } = await withFactor()
    const code = codeNow(secret)
    const answers = await Promise.all([signIn(email, code), signIn(email, code), signIn(email, code)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
  })

  test('is opened by each recovery code once', async () => {
    const { email, recoveryCodes, principal } = await withFactor()
    const [one = ''] = recoveryCodes
    expect((await signIn(email, one.toLowerCase())).status).toBe(200)
    expect(await signIn(email, one)).toMatchObject({ status: 401, body: { code: 'second-factor-refused' } })
    const { body } = await id.call('getSecondFactor', { principal })
    expect(body).toMatchObject({ on: true, required: false, recoveryCodesLeft: 9 })
  })

  test('looks at no code for a quarter of an hour after ten wrong ones, from wherever they came', async () => {
    const { email, secret } = await withFactor()
    for (let count = 0; count < codesAtMost; count += 1)
      expect((await signIn(email, '000000', `203.0.113.${count}`)).status).toBe(401)
    const blocked = await signIn(email, codeNow(secret), '198.51.100.1')
    expect(blocked).toMatchObject({ status: 429, body: { code: 'second-factor-blocked' } })
    id.time.advance(15 * 60_000)
    expect((await signIn(email, codeNow(secret), '198.51.100.2')).status).toBe(200)
  })

  test('a right password between wrong codes does not let anybody guess more of them', async () => {
    const { email } = await withFactor()
    for (let count = 0; count < 6; count += 1) {
      await signIn(email, '000000')
      await signIn(email)
    }
    expect(await signIn(email, '000000')).toMatchObject({ status: 429, body: { code: 'sign-in-slowed' } })
  })

  test('is free of it again after password and code, not after one of them', async () => {
    const { email, secret, principal } = await withFactor()
    const remove = (password: string, code: string) =>
      id.call('removeSecondFactor', { principal, body: { password, code } })
    expect((await remove('wrong-donkey-battery', codeNow(secret))).body.code).toBe('sign-in-refused')
    expect((await remove(goodPassword, '000000')).body.code).toBe('second-factor-refused')
    expect((await remove(goodPassword, codeNow(secret))).status).toBe(204)
    expect((await signIn(email)).status).toBe(200)
    expect((await remove(goodPassword, '000000')).body.code).toBe('second-factor-off')
  })

  test('its secret and recovery codes are in no table as they are', async () => {
    const { secret, recoveryCodes } = await withFactor()
    const rows = JSON.stringify(
      await id.database.query('select * from identity.second_factors, identity.recovery_codes'),
    )
    expect(rows).not.toContain(secret)
    expect(rows).not.toContain(decode(secret).toString('hex'))
    for (const code of recoveryCodes) expect(rows).not.toContain(code)
  })

  test('an operator does nothing as one until it is on, and again after somebody reset it', async () => {
    const person = await id.register()
    await id.database.query(`insert into identity.account_roles values ($1, 'operator', now())`, [person.accountId])
    const permissions = async (answer: Awaited<ReturnType<typeof signIn>>) =>
      (
        JSON.parse(Buffer.from(answer.body.accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
          perms: string[]
        }
      ).perms
    const bare = await signIn(person.email)
    expect(await permissions(bare)).not.toContain('operator')
    const me = { principal: person.principal }
    expect((await id.call('getSecondFactor', me)).body).toMatchObject({ on: false, required: true })

    const { body } = await id.call<{ secret: string }>('beginSecondFactor', { ...me, body: { password: goodPassword } })
    await id.call('confirmSecondFactor', { ...me, body: { code: codeNow(body.secret) } })
    id.time.advance(10 * stepMs)
    const full = await signIn(person.email, codeNow(body.secret))
    expect(await permissions(full)).toContain('operator')
    const renewed = await id.call<{ accessToken: string; refreshToken: string }>('refresh', {
      body: { refreshToken: full.body.refreshToken },
    })
    expect(await permissions(renewed)).toContain('operator')

    const reset = await id.call('resetSecondFactor', {
      principal: { ...person.principal, permissions: new Set(['operator']) },
      params: { accountId: person.accountId },
    })
    expect(reset.status).toBe(204)
    const ended = await id.call('refresh', { body: { refreshToken: renewed.body.refreshToken } })
    expect(ended.body.code).toBe('refresh-refused')
    expect(await permissions(await signIn(person.email))).not.toContain('operator')
    expect(await id.trail('second-factor-reset')).toMatchObject([{ account_id: person.accountId }])
  })
})

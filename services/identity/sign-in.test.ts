import { accountRegistered, signInFailuresExceeded } from '@souk/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPasswords } from './passwords.ts'
import { goodPassword, startIdentity } from './test-identity.ts'

let id: Awaited<ReturnType<typeof startIdentity>>
beforeAll(async () => {
  id = await startIdentity()
})
afterAll(() => id.close())
// Each test in a window of its own.
beforeEach(() => {
  id.time.advance(60 * 60_000)
  id.outbox.clear()
})

const guess = (email: string, address: string) => id.logIn(email, 'wrong-donkey-battery', address)
const median = (times: number[]) => times.sort((a, b) => a - b)[Math.trunc(times.length / 2)] as number

describe('registering', () => {
  test('makes an account, signs it in and announces it', async () => {
    const ada = await id.register({ email: 'Ada@Example.com', name: ' Ada Lovelace ' })
    expect(ada.principal.accountId).toBe(ada.accountId)
    expect(id.outbox.of(accountRegistered)).toMatchObject([
      { accountId: ada.accountId, email: 'Ada@Example.com', name: 'Ada Lovelace' },
    ])
    expect(await id.trail('registered')).toMatchObject([
      { account_id: ada.accountId, email_masked: 'A***@Example.com' },
    ])
  })
  test('refuses an address that is taken, however it is written, and announces nothing', async () => {
    for (const email of ['ada@example.com', 'ADA@EXAMPLE.COM', 'ａda@example.com'])
      expect(await id.call('register', { body: { email, password: goodPassword, name: 'A' } })).toMatchObject({
        status: 409,
        body: { code: 'email-taken' },
      })
    expect(id.outbox.events).toEqual([])
  })
  test('takes a name that is written out longer than a name may be, and keeps as much as fits', async () => {
    const body = { email: 'long@example.com', password: goodPassword, name: '\ufdfa'.repeat(50) }
    const { status, body: made } = await id.call<{ account: { name: string } }>('register', { body })
    expect([status, [...made.account.name].length]).toEqual([201, 100])
  })
  test('twenty at once with one address make one account', async () => {
    const body = { email: 'race@example.com', password: goodPassword, name: 'A' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => id.call('register', { body })))
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1)
    expect(id.outbox.of(accountRegistered)).toHaveLength(1)
  })
  test.each([
    [{ password: 'password123' }, 422, 'password-too-weak'],
    [{ email: 'not an address' }, 422, 'email-unusable'],
    [{ email: 'nul\u0000@example.com' }, 400, 'validation-failed'],
    [{ name: ' \u2003 ' }, 400, 'validation-failed'],
    [{ role: 'operator' }, 400, 'validation-failed'],
    [{ permissions: ['operator'] }, 400, 'validation-failed'],
  ])('with %j is refused', async (given, status, code) => {
    const body = { email: 'eve@example.com', password: goodPassword, name: 'Eve', ...given }
    expect(await id.call('register', { body })).toMatchObject({ status, body: { code } })
  })
})

describe('signing in', () => {
  test('needs the right password and gives tokens', async () => {
    const { email, accountId } = await id.register()
    const { status, body } = await id.logIn(email.toUpperCase(), goodPassword)
    expect(status).toBe(200)
    expect((await id.principal(body.accessToken)).accountId).toBe(accountId)
    expect(id.context.metrics.value('souk_identity_sign_ins_total', { outcome: 'signed-in' })).toBe(1)
  })
  test('an unknown address and a wrong password get the same answer in about the same time', async () => {
    const { email } = await id.register()
    const tookMs = { known: [] as number[], unknown: [] as number[] }
    for (let round = 0; round < 12; round += 1)
      for (const [kind, address] of [
        ['known', email],
        ['unknown', 'nobody@example.com'],
      ] as const) {
        const startedAt = performance.now()
        // From another network each time, so that nobody is slowed down.
        const answer = await id.logIn(address, 'wrong-donkey-battery', `198.51.100.${round}`)
        tookMs[kind].push(performance.now() - startedAt)
        expect(answer).toEqual({
          status: 401,
          body: {
            status: 401,
            code: 'sign-in-refused',
            title: 'Sign-in refused',
            detail: 'E-mail or password is wrong.',
          },
        })
      }
    const ratio = median(tookMs.known) / median(tookMs.unknown)
    expect(ratio).toBeGreaterThan(0.6)
    expect(ratio).toBeLessThan(1.7)
  })
  test('changing the password ends the other sessions and keeps this one', async () => {
    const ada = await id.register()
    const other = await id.logIn(ada.email, goodPassword)
    const change = (currentPassword: string, newPassword: string) =>
      id.call('changePassword', { principal: ada.principal, body: { currentPassword, newPassword } })
    expect(await change('wrong-donkey-battery', 'another-donkey-battery')).toMatchObject({ status: 401 })
    expect(await change(goodPassword, 'password123')).toMatchObject({ body: { code: 'password-too-weak' } })
    expect((await change(goodPassword, 'another-donkey-battery')).status).toBe(204)
    expect((await id.refresh(other.body.refreshToken)).status).toBe(401)
    expect((await id.refresh(ada.refreshToken)).status).toBe(200)
    expect((await id.logIn(ada.email, goodPassword)).status).toBe(401)
    expect((await id.logIn(ada.email, 'another-donkey-battery')).status).toBe(200)
  })
})

describe('guessing a password', () => {
  test('is slowed down after five failures, more each time, and from that address alone', async () => {
    const ada = await id.register()
    for (let failure = 0; failure < 6; failure += 1)
      expect((await guess(ada.email, '192.0.2.1')).status, `failure ${failure + 1}`).toBe(401)
    expect(await guess(ada.email, '192.0.2.1')).toMatchObject({
      status: 429,
      body: { code: 'sign-in-slowed' },
      headers: { 'retry-after': '2' },
    })
    // The right password does not help there either, but the owner comes in from elsewhere.
    expect((await id.logIn(ada.email, goodPassword, '192.0.2.1')).status).toBe(429)
    expect((await id.logIn(ada.email, goodPassword, '192.0.2.2')).status).toBe(200)
    id.time.advance(2_000)
    expect((await guess(ada.email, '192.0.2.1')).status).toBe(401)
    expect(await guess(ada.email, '192.0.2.1')).toMatchObject({ status: 429, headers: { 'retry-after': '4' } })
    id.time.advance(4_000)
    expect((await id.logIn(ada.email, goodPassword, '192.0.2.1')).status).toBe(200)
    expect((await guess(ada.email, '192.0.2.1')).status).toBe(401)
  })
  test('raises the alarm once per window', async () => {
    const ada = await id.register()
    id.outbox.clear()
    for (let failure = 0; failure < 9; failure += 1) {
      await guess(ada.email, '192.0.2.1')
      id.time.advance(20_000)
    }
    expect(id.outbox.of(signInFailuresExceeded)).toMatchObject([
      { accountId: ada.accountId, networkAddress: '192.0.2.1', failures: 6 },
    ])
  })
  test('a hundred guesses at once are a hundred tries, not one', async () => {
    const ada = await id.register()
    const answers = await Promise.all(Array.from({ length: 100 }, () => guess(ada.email, '192.0.2.1')))
    expect(answers.filter((answer) => answer.status === 401).length).toBe(6)
    expect(answers.filter((answer) => answer.status === 429).length).toBe(94)
  })
  test('one password on many accounts slows the address down, and nobody else', async () => {
    const ada = await id.register()
    id.outbox.clear()
    const statuses: number[] = []
    for (let account = 0; account < 33; account += 1)
      statuses.push((await guess(`victim${account}@example.com`, '192.0.2.1')).status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(31)
    expect(id.outbox.of(signInFailuresExceeded)).toMatchObject([{ accountId: '', networkAddress: '192.0.2.1' }])
    expect((await id.logIn(ada.email, goodPassword, '192.0.2.2')).status).toBe(200)
  })
  test('many addresses against one account raise the alarm but never lock the owner out', async () => {
    const ada = await id.register()
    id.outbox.clear()
    for (let address = 0; address < 25; address += 1) await guess(ada.email, `198.51.100.${address}`)
    expect(id.outbox.of(signInFailuresExceeded)).toMatchObject([{ accountId: ada.accountId, networkAddress: '' }])
    expect((await id.logIn(ada.email, goodPassword, '192.0.2.2')).status).toBe(200)
  })
})

test('beyond two at work and a full queue a password check is refused at once, and the queue empties', async () => {
  const passwords = await createPasswords({ concurrency: 2, queue: 3 })
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => passwords.hash(goodPassword)))
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(5)
  expect(outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason)).toMatchObject(
    Array.from({ length: 3 }, () => ({ code: 'sign-in-busy', retryAfterSeconds: 1 })),
  )
  expect(passwords.waiting()).toBe(0)
  expect(await passwords.verify(await passwords.hash(goodPassword), goodPassword)).toBe(true)
})

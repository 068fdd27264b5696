import { accountRegistered } from '@souk/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Tokens } from './sessions.ts'
import { goodPassword, startIdentity } from './test-identity.ts'

let world: Awaited<ReturnType<typeof startIdentity>>
beforeAll(async () => {
  world = await startIdentity()
})
afterAll(() => world.close())
beforeEach(() => world.outbox.clear())

type Began = Tokens & { account: { accountId: string; email: string } }
const begin = async (email = 'guest@example.com') => {
  const { body, status } = await world.call<Began>('beginAsGuest', { body: { email } })
  expect(status).toBe(201)
  return { ...body, accountId: body.account.accountId, principal: await world.principal(body.accessToken) }
}
const details = { email: 'kept@example.com', password: goodPassword, name: 'Kept' }

describe('a guest', () => {
  test('may order, can be written to, and is announced as a guest', async () => {
    const guest = await begin()
    expect(guest.principal.permissions).toContain('orders:place')
    expect((await world.refresh(guest.refreshToken)).status).toBe(200)
    expect(world.outbox.of(accountRegistered)).toMatchObject([
      { accountId: guest.accountId, email: 'guest@example.com', guest: true },
    ])
    expect((await world.trail('guest-began')).at(-1)).toMatchObject({ email_masked: 'g***@example.com' })
    expect(await world.findings()).toEqual([])
  })

  test('is nobody else, whatever address is given: not the guest before, not the account of that address', async () => {
    const registered = await world.register({ email: 'mine@example.com' })
    const [first, second] = [await begin('mine@example.com'), await begin('mine@example.com')]
    expect(new Set([registered.accountId, first.accountId, second.accountId]).size).toBe(3)
    expect((await world.logIn('mine@example.com', goodPassword)).status).toBe(200)
    const { accounts } = await world.rpc.findAccounts({ emails: ['mine@example.com', `${first.accountId}@guest`] })
    expect(accounts.map(({ accountId }) => accountId)).toContain(registered.accountId)
  })

  test('is not served where the marketplace wants accounts, from five seconds after it said so', async () => {
    world.shop.servesGuests = false
    world.time.advance(5_000)
    const { status, body } = await world.call('beginAsGuest', { body: { email: 'guest@example.com' } })
    expect([status, body.code]).toEqual([403, 'guests-not-served'])
    world.shop.servesGuests = true
    expect((await world.call('beginAsGuest', { body: { email: 'guest@example.com' } })).status).toBe(403)
    world.time.advance(5_000)
    await begin()
  })

  test('cannot be signed in to, and its key cannot be registered by anybody', async () => {
    const guest = await begin()
    expect((await world.logIn(`${guest.accountId}@guest`, goodPassword)).body.code).toBe('sign-in-refused')
    const body = { ...details, email: `${guest.accountId}@guest` }
    expect((await world.call('register', { body })).body.code).toBe('email-unusable')
  })

  test('who registers keeps the account; the sessions before have ended, and it can be signed in to', async () => {
    const guest = await begin()
    const answer = await world.call<Began>('register', { body: details, principal: guest.principal })
    expect(answer.body.account.accountId).toBe(guest.accountId)
    expect((await world.refresh(guest.refreshToken)).body.code).toBe('refresh-refused')
    expect((await world.logIn(details.email, goodPassword)).status).toBe(200)
    expect(world.outbox.of(accountRegistered).map((event) => [event.accountId, event.guest])).toEqual([
      [guest.accountId, true],
      [guest.accountId, false],
    ])
  })

  test('cannot take the address of an account that exists, and stays a guest', async () => {
    await world.register({ email: 'taken@example.com' })
    const guest = await begin()
    const body = { ...details, email: 'taken@example.com' }
    expect((await world.call('register', { body, principal: guest.principal })).body.code).toBe('email-taken')
    expect((await world.refresh(guest.refreshToken)).status).toBe(200)
  })

  test('who registers in two tabs at once becomes one account, once', async () => {
    const guest = await begin()
    const bodies = ['one@example.com', 'two@example.com'].map((email) => ({ ...details, email }))
    const answers = await Promise.all(
      bodies.map((body) => world.call<Began>('register', { body, principal: guest.principal })),
    )
    const kept = answers.filter(({ body }) => body.account?.accountId === guest.accountId)
    expect(kept).toHaveLength(1)
  })

  test('whoever is no guest and registers gets an account of their own', async () => {
    const somebody = await world.register({ email: 'somebody@example.com' })
    const answer = await world.call<Began>('register', {
      body: { ...details, email: 'another@example.com' },
      principal: somebody.principal,
    })
    expect(answer.body.account.accountId).not.toBe(somebody.accountId)
  })
})

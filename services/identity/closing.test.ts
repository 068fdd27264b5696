import { accountClosed } from '@souk/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Tokens } from './sessions.ts'
import { goodPassword, startIdentity } from './test-identity.ts'

let world: Awaited<ReturnType<typeof startIdentity>>
beforeAll(async () => {
  world = await startIdentity()
})
afterAll(() => world.close())
beforeEach(() => world.outbox.clear())

/** The only active one. */
async function anOperator() {
  const { accountId, email } = await world.register()
  await world.database.query(`delete from identity.account_roles where role = 'operator'`)
  await world.database.query(`insert into identity.account_roles values ($1, 'operator', now())`, [accountId])
  return world.principal((await world.logIn(email, goodPassword)).body.accessToken)
}
const close = async (accessToken: string, body: object = { currentPassword: goodPassword }) =>
  world.call('closeMyAccount', { principal: await world.principal(accessToken), body })

describe('closing an account', () => {
  test('ends every session, erases who it was and tells the others, and its address can be registered anew', async () => {
    const ada = await world.register({ email: 'gone@example.com', name: 'Ada Gone' })
    const elsewhere = (await world.logIn('gone@example.com', goodPassword)).body
    expect((await close(ada.accessToken)).status).toBe(204)
    expect((await world.refresh(ada.refreshToken)).body.code).toBe('refresh-refused')
    expect((await world.refresh((elsewhere as unknown as Tokens).refreshToken)).body.code).toBe('refresh-refused')
    expect((await world.logIn('gone@example.com', goodPassword)).body.code).toBe('sign-in-refused')
    expect(world.outbox.of(accountClosed)).toMatchObject([{ accountId: ada.accountId }])
    const kept = JSON.stringify(await world.database.query('select * from identity.accounts'))
    expect(kept).not.toContain('gone@example.com')
    expect(kept).not.toContain('Ada Gone')
    expect(await world.trail('account-closed')).toHaveLength(1)
    const again = await world.register({ email: 'gone@example.com' })
    expect(again.accountId).not.toBe(ada.accountId)
    expect(await world.findings()).toEqual([])
  })

  test('asks for the password once more, and is slowed down like signing in', async () => {
    const ada = await world.register()
    expect((await close(ada.accessToken, { currentPassword: 'not it at all' })).body.code).toBe('sign-in-refused')
    expect((await close(ada.accessToken, {})).body.code).toBe('sign-in-refused')
    expect((await world.logIn(ada.email, goodPassword)).status).toBe(200)
    expect(world.outbox.of(accountClosed)).toEqual([])
  })

  test('needs no password of a guest, who has none', async () => {
    const { body } = await world.call<Tokens>('beginAsGuest', { body: { email: 'guest@example.com' } })
    expect((await close(body.accessToken, {})).status).toBe(204)
    expect((await world.refresh(body.refreshToken)).body.code).toBe('refresh-refused')
  })

  test('is refused while the account answers for a shop', async () => {
    const keeper = await world.register()
    const shopId = '019a0000-0000-7000-8000-000000000001'
    await world.rpc.setShopDuties({ accountId: keeper.accountId, shopId, duties: ['orders'], setByAccountId: '' })
    expect((await close(keeper.accessToken)).body.code).toBe('account-in-shops')
    await world.rpc.setShopDuties({ accountId: keeper.accountId, shopId, duties: [], setByAccountId: '' })
    expect((await close(keeper.accessToken)).status).toBe(204)
  })

  test('cannot be undone: a closed account is not enabled, and cannot be given a role', async () => {
    const ada = await world.register()
    await close(ada.accessToken)
    const operator = { principal: await anOperator(), params: { accountId: ada.accountId } }
    expect((await world.call('enableAccount', operator)).body.code).toBe('account-not-found')
    expect((await world.call('closeAccount', operator)).body.code).toBe('account-not-found')
    expect((await world.call('getAccount', operator)).body.status).toBe('closed')
  })

  test('can be done by an operator for somebody who asks, never to the last operator', async () => {
    const ada = await world.register()
    const operator = await anOperator()
    const done = await world.call('closeAccount', { principal: operator, params: { accountId: ada.accountId } })
    expect(done.status).toBe(204)
    expect((await world.trail('account-closed')).at(-1)).toMatchObject({ actor_id: operator.accountId })
    const last = await world.call('closeAccount', { principal: operator, params: { accountId: operator.accountId } })
    expect(last.body.code).toBe('last-operator')
  })
})

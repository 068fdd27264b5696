import { createTokenVerifier } from '@souk/http'
import { operator, principal } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seedAccounts } from './index.ts'
import { goodPassword, startIdentity } from './test-identity.ts'

const shopId = '019b0000-0000-7000-8000-000000000001'
let id: Awaited<ReturnType<typeof startIdentity>>
beforeAll(async () => {
  id = await startIdentity()
})
afterAll(() => id.close())

describe('signing keys', () => {
  test('the next one is published before it signs; after it takes over, old tokens hold for their 15 minutes', async () => {
    const ada = await id.register()
    const before = JSON.parse((await id.rpc.getKeySet({})).json).keys.map((key: { kid: string }) => key.kid)
    expect(before).toHaveLength(2)
    const rotated = await id.call<{ kid: string }>('rotateSigningKeys', { principal: operator() })
    expect(rotated.body.kid).toBe(before[1])
    const { body } = await id.refresh(ada.refreshToken)
    expect(JSON.parse(Buffer.from(body.accessToken.split('.')[0] as string, 'base64url').toString())).toEqual({
      alg: 'RS256',
      typ: 'at+jwt',
      kid: before[1],
    })
    id.time.advance(14 * 60_000 + 59_000)
    expect((await id.verify(ada.accessToken)).sub).toBe(ada.accountId)
    id.time.advance(2 * 60_000)
    await id.job('identity.rotate-signing-keys')
    const { body: published } = await id.call<{ keys: { kid: string; d?: string }[] }>('getKeySet')
    expect(published.keys.map((key) => key.kid)).not.toContain(before[0])
    expect(published.keys.every((key) => key.d === undefined)).toBe(true)
    await expect(id.verify(ada.accessToken)).rejects.toThrow()
    expect(await id.findings()).toEqual([])
  })
  test('change under load without a token being refused, by the verifier of the public edge', async () => {
    const verify = createTokenVerifier({
      keySet: async () => JSON.parse((await id.rpc.getKeySet({})).json),
      issuer: 'souk',
      audience: 'souk',
      clock: id.time.clock,
    })
    const people = await Promise.all(Array.from({ length: 10 }, () => id.register()))
    for (let round = 0; round < 6; round += 1) {
      const rotating = id.call('rotateSigningKeys', { principal: operator() })
      // The edge asks for unknown keys every 10 seconds at most.
      id.time.advance(11_000)
      const answers = await Promise.all(people.map((person) => id.refresh(person.refreshToken)))
      for (const [index, { body }] of answers.entries()) {
        const person = people[index] as (typeof people)[number]
        expect((await verify(body.accessToken)).accountId).toBe(person.accountId)
        expect((await verify(person.accessToken)).accountId).toBe(person.accountId)
        person.refreshToken = body.refreshToken
      }
      await rotating
    }
    expect(await id.findings()).toEqual([])
  })
  test('rotated by several operators at the same instant, each time the next in line takes over', async () => {
    const rotations = Array.from({ length: 8 }, () =>
      id.call<{ kid: string }>('rotateSigningKeys', { principal: operator() }),
    )
    const kids = (await Promise.all(rotations)).map(({ body }) => body.kid)
    expect(new Set(kids).size).toBe(8)
    const keys = await id.database.query(
      `select state from identity.signing_keys where state <> 'retired' order by state`,
    )
    expect(keys).toEqual([{ state: 'current' }, { state: 'next' }])
  })
  test('are replaced after 90 days', async () => {
    const current = () => id.database.query(`select kid from identity.signing_keys where state = 'current'`)
    const before = await current()
    await id.job('identity.rotate-signing-keys')
    expect(await current()).toEqual(before)
    id.time.advance(90 * 86_400_000)
    await id.job('identity.rotate-signing-keys')
    expect(await current()).not.toEqual(before)
  })
})

describe('API keys', () => {
  type Shown = { keyId: string; key: string }
  const make = (who: Awaited<ReturnType<typeof id.register>>, body: object = {}) =>
    id.call<Shown>('makeApiKey', {
      principal: who.principal,
      body: { name: 'till', permissions: ['orders:place'], ...body },
    })

  test('stand for their owner with the rights given and no more', async () => {
    const ada = await id.register()
    const { body } = await make(ada)
    expect(await id.rpc.verifyApiKey({ key: body.key })).toMatchObject({
      valid: true,
      keyId: body.keyId,
      accountId: ada.accountId,
      permissions: ['orders:place'],
      shops: [],
    })
    expect(await make(ada, { permissions: ['operator'] })).toMatchObject({ body: { code: 'api-key-too-mighty' } })
    expect(await make(ada, { shopId, duties: ['orders'] })).toMatchObject({ body: { code: 'api-key-too-mighty' } })
    expect((await make(ada, { expiresInDays: 91 })).status).toBe(400)
  })
  test('lose a duty when their owner does', async () => {
    const ada = await id.register()
    const set = (duties: string[]) =>
      id.rpc.setShopDuties({ accountId: ada.accountId, shopId, duties, setByAccountId: '' })
    await set(['orders', 'catalog'])
    const { body: tokens } = await id.logIn(ada.email, goodPassword)
    const member = { ...ada, principal: await id.principal(tokens.accessToken) }
    expect([...(member.principal.duties.get(shopId) ?? [])]).toEqual(['catalog', 'orders'])
    const { body } = await make(member, { shopId, duties: ['orders'] })
    expect((await id.rpc.verifyApiKey({ key: body.key })).shops).toMatchObject([{ shopId, duties: ['orders'] }])
    await set(['catalog'])
    expect((await id.rpc.verifyApiKey({ key: body.key })).shops).toEqual([])
    await set([])
    expect((await id.principal((await id.logIn(ada.email, goodPassword)).body.accessToken)).duties.size).toBe(0)
  })
  test('get a new secret, and the old one works for 24 hours', async () => {
    const ada = await id.register()
    const { body: old } = await make(ada)
    const rotate = () => id.call<Shown>('rotateApiKey', { principal: ada.principal, params: { keyId: old.keyId } })
    const { body: fresh } = await rotate()
    const valid = async (key: string) => (await id.rpc.verifyApiKey({ key })).valid
    expect([await valid(old.key), await valid(fresh.key)]).toEqual([true, true])
    id.time.advance(24 * 3_600_000)
    expect([await valid(old.key), await valid(fresh.key)]).toEqual([false, true])
    id.time.advance(90 * 86_400_000)
    expect(await valid(fresh.key)).toBe(false)
  })
  test('are revoked by their owner alone, and others hear of it', async () => {
    const [ada, eve] = [await id.register(), await id.register()]
    const { body } = await make(ada)
    const revoke = (who: typeof ada) =>
      id.call('revokeApiKey', { principal: who.principal, params: { keyId: body.keyId } })
    expect((await revoke(eve)).status).toBe(404)
    expect((await revoke(ada)).status).toBe(204)
    expect((await id.rpc.verifyApiKey({ key: body.key })).valid).toBe(false)
    expect((await id.rpc.listRevoked({})).sessionIds).toContain(body.keyId)
    expect((await revoke(ada)).status).toBe(404)
  })
  test('are listed without their secret; their last use is written down at leisure', async () => {
    const ada = await id.register()
    const { body: first } = await make(ada)
    id.time.advance(1)
    await make(ada)
    await id.rpc.verifyApiKey({ key: first.key })
    await id.parts.stop?.()
    const page = (query: Record<string, unknown>) =>
      id.call<{ items: { keyId: string; lastUsedAt: string }[]; nextCursor: string }>('listApiKeys', {
        principal: ada.principal,
        query: { limit: 1, ...query },
      })
    const newest = await page({})
    const oldest = await page({ cursor: newest.body.nextCursor })
    expect(oldest.body).toMatchObject({ items: [{ keyId: first.keyId }], nextCursor: null })
    expect(oldest.body.items[0]?.lastUsedAt).toBe(id.time.clock().toISOString())
    expect(newest.body.items[0]?.lastUsedAt).toBeNull()
  })
  test('cannot manage keys, sessions or passwords', async () => {
    const machine = principal({ kind: 'api-key' })
    for (const operation of ['listApiKeys', 'listSessions', 'logOut'])
      expect(await id.call(operation, { principal: machine })).toMatchObject({ body: { code: 'session-needed' } })
  })
  test('of all shapes of nonsense are refused', async () => {
    for (const key of ['', 'souk_', 'souk_x_y', `souk_${'0'.repeat(32)}_${'A'.repeat(43)}`, "souk_' or 1=1 --"])
      expect((await id.rpc.verifyApiKey({ key })).valid).toBe(false)
  })
})

describe('an operator', () => {
  test('gives and takes roles; whoever loses one is signed out', async () => {
    const ada = await id.register()
    const [boss] = await seedAccounts(id.context, [
      { email: 'boss@example.com', password: goodPassword, name: 'Boss', roles: ['operator'] },
    ])
    const principal = operator({ accountId: boss as string })
    const set = (accountId: string, roles: string[]) =>
      id.call('setAccountRoles', { principal, params: { accountId }, body: { roles } })
    expect((await set(ada.accountId, ['shopper', 'operator'])).body).toMatchObject({ roles: ['operator', 'shopper'] })
    const { body } = await id.logIn(ada.email, goodPassword)
    expect((await id.principal(body.accessToken)).permissions.has('operator')).toBe(true)
    expect((await set(ada.accountId, ['shopper'])).status).toBe(200)
    expect((await id.refresh(body.refreshToken)).status).toBe(401)
    expect(await set(ada.accountId, ['king'])).toMatchObject({ status: 422, body: { code: 'role-unknown' } })
    expect(await set(boss as string, [])).toMatchObject({ status: 409, body: { code: 'last-operator' } })
    expect(await id.call('disableAccount', { principal, params: { accountId: boss as string } })).toMatchObject({
      body: { code: 'last-operator' },
    })
    expect((await id.trail('roles-changed')).map((event) => event.detail)).toEqual([
      { added: ['operator'], taken: [] },
      { added: [], taken: ['operator'] },
    ])
  })
  test('disables an account: its sessions and keys end, and only its owner is told why', async () => {
    const ada = await id.register()
    const key = await id.call<{ key: string }>('makeApiKey', {
      principal: ada.principal,
      body: { name: 'k', permissions: [] },
    })
    const turn = (operation: string) =>
      id.call(operation, { principal: operator(), params: { accountId: ada.accountId } })
    expect((await turn('disableAccount')).status).toBe(200)
    expect((await id.refresh(ada.refreshToken)).status).toBe(401)
    expect((await id.rpc.verifyApiKey({ key: key.body.key })).valid).toBe(false)
    expect((await id.rpc.listRevoked({})).sessionIds).toContain(ada.principal.sessionId)
    expect(await id.logIn(ada.email, 'wrong-donkey-battery')).toMatchObject({ body: { code: 'sign-in-refused' } })
    expect(await id.logIn(ada.email, goodPassword)).toMatchObject({ status: 403, body: { code: 'account-disabled' } })
    expect((await turn('enableAccount')).status).toBe(200)
    expect((await id.logIn(ada.email, goodPassword)).status).toBe(200)
    expect(await id.findings()).toEqual([])
  })
  test('sees all accounts, page by page, each once', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: Record<string, unknown> = cursor === null ? { limit: 2 } : { limit: 2, cursor }
      const { body } = await id.call<{ items: { email: string }[]; nextCursor: string | null }>('listAccounts', {
        principal: operator(),
        query,
      })
      seen.push(...body.items.map((item) => item.email))
      cursor = body.nextCursor
    } while (cursor !== null)
    const all = await id.database.query<{ email: string }>('select email from identity.accounts')
    expect(seen.sort()).toEqual(all.map((row) => row.email).sort())
  })
  test('is the only one who may', async () => {
    const ada = await id.register()
    const operations = id.routes.filter((route) => route.url.startsWith('/v1/identity/'))
    expect(operations.length).toBeGreaterThan(8)
    for (const { operationId } of operations) {
      expect((await id.call(operationId)).status, operationId).toBe(401)
      expect((await id.call(operationId, { principal: ada.principal })).status, operationId).toBe(403)
    }
  })
})

describe('sessions', () => {
  test('are seen and ended by their owner alone', async () => {
    const [ada, eve] = [await id.register(), await id.register()]
    await id.logIn(ada.email, goodPassword)
    const list = () =>
      id.call<{ items: { sessionId: string; current: boolean }[] }>('listSessions', { principal: ada.principal })
    const { items } = (await list()).body
    expect(items.map((item) => item.current).sort()).toEqual([false, true])
    const other = items.find((item) => !item.current)?.sessionId
    const end = (who: typeof ada) => id.call('endSession', { principal: who.principal, params: { sessionId: other } })
    expect((await end(eve)).status).toBe(404)
    expect((await end(ada)).status).toBe(204)
    expect((await list()).body.items).toHaveLength(1)
    expect((await id.call('logOut', { principal: ada.principal })).status).toBe(204)
    expect((await id.refresh(ada.refreshToken)).status).toBe(401)
  })
  test('say who is asking', async () => {
    const ada = await id.register()
    expect((await id.call('verify', { principal: ada.principal })).body).toMatchObject({ accountId: ada.accountId })
    expect((await id.call('getMe', { principal: ada.principal })).body).toMatchObject({
      email: ada.email,
      roles: ['shopper'],
    })
  })
})

test('members are found by e-mail, the unknown left out', async () => {
  const ada = await id.register({ email: 'findme@example.com' })
  const { accounts } = await id.rpc.findAccounts({ emails: ['FindMe@example.com', 'nobody@example.com'] })
  expect(accounts).toMatchObject([{ accountId: ada.accountId, email: 'findme@example.com', name: 'Ada' }])
})

test('seeding people twice makes them once', async () => {
  const people = ['one', 'two'].map((name) => ({ email: `${name}@seed.example`, password: goodPassword, name }))
  const first = await seedAccounts(id.context, people)
  expect(await seedAccounts(id.context, people)).toEqual(first)
  expect((await id.logIn('two@seed.example', goodPassword)).status).toBe(200)
})

test('what nobody can use any more is forgotten, and nothing else', async () => {
  const ada = await id.register()
  const { body } = await id.refresh(ada.refreshToken)
  await id.logIn(ada.email, 'wrong-donkey-battery')
  const count = async (table: string) => (await id.database.query(`select from identity.${table}`)).length
  id.time.advance(7 * 86_400_000 - 1)
  await id.job('identity.forget-the-past')
  expect((await id.refresh(body.refreshToken)).status).toBe(200)
  expect(await count('sign_in_attempts')).toBe(0)
  id.time.advance(61 * 86_400_000)
  await id.job('identity.forget-the-past')
  expect([await count('sessions'), await count('refresh_tokens')]).toEqual([0, 0])
  expect(await count('accounts')).toBeGreaterThan(0)
})

describe('rehearsal shoppers', () => {
  test('are made by the thousand, can act at once, cannot sign in, and go without a trace', async () => {
    const accountsBefore = await id.database.query('select id from identity.accounts')
    const startedAt = performance.now()
    const { status, body } = await id.call<{ items: { accountId: string; accessToken: string }[] }>(
      'makeRehearsalShoppers',
      { principal: operator(), body: { count: 1000 } },
    )
    const perSecond = 1000 / ((performance.now() - startedAt) / 1000)
    expect(status).toBe(201)
    // 3,000 and more on two idle cores; the tests share theirs.
    expect(perSecond).toBeGreaterThan(200)
    const { accountId, accessToken } = body.items[999] as { accountId: string; accessToken: string }
    expect(await id.verify(accessToken)).toMatchObject({ sub: accountId, perms: ['orders:place', 'orders:read-own'] })
    expect((await id.logIn(`${accountId}@rehearsal.invalid`, '')).status).toBe(401)
    expect(await id.findings()).toEqual([])
    expect(await id.call('removeRehearsalShoppers', { principal: operator() })).toMatchObject({
      body: { removed: 1000 },
    })
    expect(await id.database.query('select id from identity.accounts')).toEqual(accountsBefore)
  })
})

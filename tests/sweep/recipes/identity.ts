import { codeAt, stepMs } from '../../../services/identity/second-factor.ts'
import { canary, unique, type World } from '../world.ts'
import { freshKey } from './fresh.ts'
import { anybody, operator, owner, type Recipes, shopper } from './recipe.ts'

/** Somebody who has been shown a secret, and the codes of it. */
async function careful(world: World) {
  const person = await world.register('a-careful')
  const { secret } = await world.do<{ secret: string }>(person, 'POST', '/v1/auth/second-factor', {
    password: person.password,
  })
  const bytes = fromBase32(secret)
  return { person, code: (later: number) => codeAt(bytes, Math.floor(Date.now() / stepMs) + later) }
}

const fromBase32 = (text: string) => {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

export const identityRecipes: Recipes = {
  register: anybody(201, () => ({
    body: { email: `new-${unique()}@souk.example`, password: `${canary}-new-password`, name: 'New' },
  })),
  beginAsGuest: anybody(201, () => ({ body: { email: `guest-${unique()}@souk.example`, name: 'Guest' } })),
  logIn: anybody(200, ({ a: { customer } }) => ({ body: { email: customer.email, password: customer.password } })),
  refresh: anybody(200, async (world) => ({
    body: { refreshToken: (await world.signIn(world.a.customer)).refreshToken },
  })),
  getKeySet: anybody(200),
  logOut: shopper(204, async (world) => ({ as: await world.signIn(world.a.customer) })),
  verify: shopper(200),
  getMe: shopper(200),
  listSessions: shopper(200, () => ({ query: { limit: 5 } })),
  endSession: shopper(204, async (world) => {
    const other = await world.signIn(world.a.customer)
    const { sessionId } = await world.do<{ sessionId: string }>(other, 'GET', '/v1/auth/verify')
    return { params: { sessionId } }
  }),
  changePassword: shopper(204, async (world) => {
    const person = await world.register('a-forgetful')
    return { as: person, body: { currentPassword: person.password, newPassword: `${person.password}-2` } }
  }),
  closeMyAccount: shopper(204, async (world) => {
    const person = await world.register('a-leaving')
    return { as: person, body: { currentPassword: person.password } }
  }),
  getSecondFactor: shopper(200),
  beginSecondFactor: shopper(200, async (world) => {
    const person = await world.register('a-careful')
    return { as: person, body: { password: person.password } }
  }),
  confirmSecondFactor: shopper(200, async (world) => {
    const { person, code } = await careful(world)
    return { as: person, body: { code: code(0) } }
  }),
  removeSecondFactor: shopper(204, async (world) => {
    const { person, code } = await careful(world)
    await world.do(person, 'POST', '/v1/auth/second-factor/confirm', { code: code(0) })
    // The one of the next half minute: no code is good twice.
    return { as: person, body: { password: person.password, code: code(1) } }
  }),
  resetSecondFactor: operator(204, async (world) => ({
    params: { accountId: (await world.register('a-locked-out')).accountId },
  })),
  makeApiKey: owner(201, ({ a: { shopId } }) => ({
    body: { name: 'Till', permissions: ['orders:place'], shopId, duties: ['catalog'], expiresInDays: 30 },
  })),
  listApiKeys: shopper(200, () => ({ query: { limit: 5 } })),
  revokeApiKey: shopper(204, async (world) => ({ params: { keyId: await freshKey(world) } })),
  rotateApiKey: shopper(200, async (world) => ({ params: { keyId: await freshKey(world) } })),
  listAccounts: operator(200, () => ({ query: { limit: 5 } })),
  getAccount: operator(200, ({ a: { customer } }) => ({ params: { accountId: customer.accountId } })),
  setAccountRoles: operator(200, async (world) => ({
    params: { accountId: (await world.register('a-promoted')).accountId },
    body: { roles: ['shopper'] },
  })),
  disableAccount: operator(200, async (world) => ({
    params: { accountId: (await world.register('a-disabled')).accountId },
  })),
  enableAccount: operator(200, async (world) => ({
    params: { accountId: (await world.register('a-enabled')).accountId },
  })),
  closeAccount: operator(204, async (world) => ({
    params: { accountId: (await world.register('a-closed')).accountId },
  })),
  rotateSigningKeys: operator(200),
  listTrail: operator(200, ({ a: { customer } }) => ({
    query: {
      limit: 5,
      accountId: customer.accountId,
      who: customer.accountId,
      kind: 'registered',
      without: 'refreshed',
    },
  })),
  makeRehearsalShoppers: operator(201, () => ({ body: { count: 1 } })),
  removeRehearsalShoppers: operator(200),
}

import { eventually } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openChildStage } from './child-stage.ts'
import { ask, everyRoute } from './recipes/index.ts'
import { filledCart } from './recipes/carts.ts'
import { freshReview } from './recipes/reviews.ts'
import { tablesHolding } from './tables.ts'
import { buildWorld, canary, type Person, unique, type World } from './world.ts'

const stage = await openChildStage()
afterAll(() => stage.close())
const world = await buildWorld(stage)
const { a, b, operator } = world

/** What must be readable nowhere: what opens something. */
const secrets = new Map<string, string>()
/** Of people: only where it is kept on purpose. */
const personal = [b.customer.email, `${canary}-b-customer-name`]

const tokenParts = ({ name, accessToken, refreshToken, password }: Person): [string, string][] => [
  [`the password of ${name}`, password],
  [`the access token of ${name}`, accessToken.split('.')[2] ?? ''],
  [`the refresh token of ${name}`, refreshToken],
]

async function makeKey(person: Person): Promise<string> {
  const { key } = await world.do<{ key: string }>(person, 'POST', '/v1/api-keys', { name: 'Key', permissions: [] })
  secrets.set(`an API key of ${person.name}`, key.split('_').slice(2).join('_'))
  return key
}

/** Everything there is, done right, done wrong, and done while the database is broken. */
beforeAll(async () => {
  const everybody = [a.customer, b.customer, a.owner, b.owner, operator, world.stranger, ...Object.values(b.staff)]
  for (const person of everybody) for (const [what, secret] of tokenParts(person)) secrets.set(what, secret)
  const key = await makeKey(b.customer)
  for (const { operation, recipe } of everyRoute(stage.document)) {
    const sample = await recipe.make(world)
    await ask(world, operation, sample, sample.as ?? recipe.as(world))
    await ask(world, operation, sample, b.customer)
    await ask(world, operation, sample, { ...b.customer, accessToken: key })
    await ask(world, operation, { ...sample, body: secretsAsBody(b.customer, key) }, b.customer)
  }
  // Signed out by the way: every route was asked for in this name.
  const [robbed, unlucky] = [await world.signIn(b.customer), await world.signIn(b.customer)]
  for (const person of [robbed, unlucky])
    for (const [what, secret] of tokenParts(person))
      secrets.set(`${what}, session ${person === robbed ? 2 : 3}`, secret)
  await stealing(world, robbed, key)
  await whileBroken(world, unlucky)
})

const secretsAsBody = ({ email, password, accessToken, refreshToken }: Person, key: string) => ({
  email,
  password,
  accessToken,
  refreshToken,
  lines: [{ variantId: key, quantity: password }],
})

/** Secrets where they do not belong, and those of others that are no good. */
async function stealing({ as }: World, person: Person, key: string): Promise<void> {
  const { email, password, accessToken, refreshToken } = person
  const search = new URLSearchParams({ search: password, token: accessToken, key }).toString()
  await as(person, 'GET', `/v1/shops?${search}`)
  await as(undefined, 'GET', `/v1/nowhere/${encodeURIComponent(password)}?${search}`)
  await as(undefined, 'GET', `/v1/auth/verify?${search}`)
  await as(undefined, 'POST', '/v1/auth/login', `{"email":"${email}","password":"${password}"`)
  await as(undefined, 'POST', '/v1/auth/login', { email, password: `${password}-wrong` })
  await as(undefined, 'POST', '/v1/auth/login', { email: password, password: email })
  await as(undefined, 'POST', '/v1/auth/refresh', { refreshToken: `${refreshToken}x` })
  await as({ ...person, accessToken: `${accessToken}x` }, 'GET', '/v1/auth/me')
  await as(undefined, 'GET', '/v1/auth/me', undefined, { authorization: `Basic ${password}`, cookie: refreshToken })
  await as(person, 'GET', '/v1/auth/me', undefined, {
    traceparent: password,
    'user-agent': password,
    'idempotency-key': key,
  })
  await as(person, 'POST', '/v1/orders', { lines: [] }, { 'idempotency-key': password })
  await as(undefined, 'POST', '/v1/auth/refresh', { refreshToken })
  await as(undefined, 'POST', '/v1/auth/refresh', { refreshToken })
}

/** PostgreSQL tells in its errors what was in the row. */
async function whileBroken({ as }: World, person: Person): Promise<void> {
  const { email, password, name } = person
  const broken = `alter table identity.accounts add constraint broken check (false) not valid`
  await stage.query(broken)
  await stage.query('alter table orders.orders rename to orders_away')
  const failures = [
    await as(undefined, 'POST', '/v1/auth/register', { email: `${canary}-${unique()}@souk.example`, password, name }),
    await as(person, 'GET', '/v1/orders'),
  ]
  await stage.query('alter table identity.accounts drop constraint broken')
  await stage.query('alter table orders.orders_away rename to orders')
  expect(failures.map(({ status }) => status)).toEqual([500, 500])
  await as(undefined, 'POST', '/v1/auth/register', { email, password, name })
}

const found = (text: string) => [...secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => what)

describe('nothing that opens something, and nobody by name, is to be read', () => {
  test('in what the program writes, however much it is asked to log', () => {
    const output = stage.output()
    expect(output.split('\n').filter((line) => line.includes('"level":"debug"')).length).toBeGreaterThan(200)
    expect(output).toContain('"level":"error"')
    expect(found(output)).toEqual([])
    expect(output.split('\n').filter((line) => line.includes(canary))).toEqual([])
  })
  test('in answers that are errors', () => {
    expect(stage.problems.length).toBeGreaterThan(150)
    for (const { call, reply } of stage.problems) {
      const told = `${call.method} ${call.path}: ${reply.text}`
      expect(found(reply.text), told).toEqual([])
      for (const text of personal) expect(reply.text, told).not.toContain(text)
      expect(reply.text, told).not.toMatch(/constraint|relation "|node_modules|\.ts:\d/)
    }
  })
  test('in metrics', async () => {
    const metrics = (await world.as(undefined, 'GET', '/metrics')).text
    expect(metrics).toContain('souk_http_requests_total')
    expect(found(metrics)).toEqual([])
    expect(metrics).not.toContain(canary)
  })
  test('in any table, events and remembered answers included', async () => {
    for (const [what, secret] of secrets) expect(await tablesHolding(stage.query, secret), what).toEqual([])
  })
  test('but for the accounts themselves, the news that there is one, customers, and the address book of messages', async () => {
    const meant = [
      'customers.customer_terms',
      'customers.customers',
      'identity.accounts',
      'identity.outbox',
      'notifications.recipients',
    ]
    for (const text of personal) {
      const tables = await tablesHolding(stage.query, text)
      expect(tables).toContain('identity.accounts')
      // They may have called themselves something else among customers by now.
      expect(meant).toEqual(expect.arrayContaining(tables))
    }
  })
})

test('whoever asks for everything held about them gets it from wherever they wrote it, and none of what opens something', async () => {
  const words = 'in-the-export'
  const login = { email: b.customer.email, password: b.customer.password }
  const signedIn = await world.as(undefined, 'POST', '/v1/auth/login', login, { 'user-agent': `${words}-sessions` })
  const me = { ...b.customer, ...(signedIn.json as Person) }
  const profile = await world.as(me, 'GET', '/v1/customers/me')
  await world.as(
    me,
    'PUT',
    '/v1/customers/me',
    { givenName: `${words}-profile`, familyName: 'B', phone: null, birthDate: null, language: 'en', currency: 'EUR' },
    { 'if-match': String(profile.headers['etag']) },
  )
  const { shopId, variantId, productId } = b
  const contact = { name: `${words}-checkouts` }
  await world.do(me, 'PUT', '/v1/customers/me/consents/analytics', {
    given: false,
    wordingVersion: `${words}-consents`,
    source: 'web',
  })
  await world.do(me, 'PUT', `/v1/wishlist/${productId}`)
  await world.do(me, 'PUT', '/v1/notifications/preferences', {
    language: 'en',
    phone: null,
    pushToken: `device:${words}-recipient`,
    kinds: [],
  })
  await world.do(me, 'POST', '/v1/api-keys', { name: `${words}-apiKeys`, permissions: [] })
  const { params } = await freshReview(world, 'published')
  await world.do(me, 'POST', `/v1/reviews/${params.reviewId}/reports`, { reason: 'other', note: `${words}-reports` })
  await world.do(me, 'PUT', '/v1/settings/mine/display.theme', { value: 'dark' })
  const cartId = await filledCart(world, me, variantId)
  await world.do(me, 'POST', `/v1/carts/${cartId}/checkout`, { contact })
  await filledCart(world, me, variantId)

  const reply = await world.as(me, 'GET', '/v1/customers/me/export')
  expect(reply.status, reply.text).toBe(200)
  const { data } = reply.json as { data: Record<string, Record<string, object[]>> }
  const textOf = (service: string, section: string) => JSON.stringify(data[service]?.[section] ?? [])
  for (const [service, section, text] of [
    ['identity', 'account', me.email],
    ['identity', 'sessions', `${words}-sessions`],
    ['identity', 'apiKeys', `${words}-apiKeys`],
    ['identity', 'trail', '"registered"'],
    ['customers', 'profile', `${words}-profile`],
    ['customers', 'addresses', `${canary}-b-1`],
    ['customers', 'consents', `${words}-consents`],
    ['carts', 'carts', variantId],
    ['carts', 'checkouts', b.checkoutId],
    ['carts', 'wishlist', productId],
    ['orders', 'orders', b.orderId],
    ['orders', 'orders', contact.name],
    ['orders', 'returns', `${canary}-b-note`],
    ['payments', 'payments', b.orderId],
    ['reviews', 'reviews', `${canary}-b-review`],
    ['reviews', 'reports', `${words}-reports`],
    ['reviews', 'purchases', shopId],
    ['notifications', 'recipient', `device:${words}-recipient`],
    ['settings', 'settings', 'dark'],
  ] as const)
    expect(textOf(service, section), `${service}: ${section}`).toContain(text)
  expect(found(reply.text)).toEqual([])
  expect(reply.text).not.toContain(`${canary}-a-`)
})

test('an event that cannot be read is parked without saying what was in it', async () => {
  const secret = `${canary}-in-an-event`
  await stage.query(`insert into catalog.outbox (topic, event_count, batch) values ('catalog.product', 1, $1)`, [
    Buffer.from(`\x0a\xff${secret}`),
  ])
  const letters = await eventually(
    async () => {
      const reply = await world.as(operator, 'GET', '/v1/operations/dead-letters')
      expect((reply.json as { items: unknown[] }).items.length).toBeGreaterThan(0)
      return reply.text
    },
    { timeoutMs: 10_000, everyMs: 100 },
  )
  expect(letters).not.toContain(secret)
  const causes = await stage.query<{ cause: string }>(
    'select cause from inventory.dead_letters union all select cause from orders.dead_letters',
  )
  expect(causes.length).toBeGreaterThan(0)
  expect(JSON.stringify(causes)).not.toContain(secret)
  expect(stage.output()).not.toContain(secret)
})

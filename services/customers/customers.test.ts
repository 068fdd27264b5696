import { consentChanged, customerChanged } from '@souk/contracts'
import { CustomerService } from '@souk/contracts/customers'
import { createDirectory } from '@souk/rpc'
import type { Principal } from '@souk/http'
import { uuidv7 } from '@souk/postgres'
import { callRoute, manualClock, operator, type RouteCall, shopper } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { customerAudits } from './audits.ts'
import { endOfPrefix } from './customer.ts'
import { runList, searchCustomers } from './customers.sql.ts'
import { customerRpc } from './rpc.ts'
import { startCustomers } from './test-customers.ts'

const time = manualClock()
let world: Awaited<ReturnType<typeof startCustomers>>
let me: Principal

beforeAll(async () => {
  world = await startCustomers(time.clock)
})
afterAll(() => world.close())
beforeEach(() => {
  me = shopper({ accountId: uuidv7(time.clock().getTime()) })
  world.outbox.clear()
})

type Answered = {
  status: number
  body: Record<string, unknown> & { items: Record<string, unknown>[] }
  headers: Record<string, string>
}
const call = async (operation: string, given: RouteCall = {}) =>
  (await callRoute(world.routes, operation, { principal: me, ...given })) as unknown as Answered

const registered = (...of: Parameters<typeof world.registered>) => world.registered(...of)

const profile = {
  givenName: 'Ada',
  familyName: 'Lovelace',
  phone: '+44 20 7946 0018',
  birthDate: '1990-12-10',
  language: 'en',
  currency: 'GBP',
}
const home = { name: 'Ada', line1: 'Street 1', postalCode: '10115', city: 'Berlin', country: 'DE' }

describe('a profile', () => {
  test('begins with what was said at registration, and is announced', async () => {
    await registered(me.accountId, 'ada@souk.example', 'Ada King Lovelace')
    expect((await call('getMyProfile')).body).toMatchObject({
      email: 'ada@souk.example',
      givenName: 'Ada King',
      familyName: 'Lovelace',
      version: 1,
    })
    expect(world.outbox.of(customerChanged)).toMatchObject([{ customerId: me.accountId, created: true, version: 1n }])
  })

  test('may be changed before the news of the registration comes, which then changes no name', async () => {
    const { headers } = await call('getMyProfile')
    expect((await call('setMyProfile', { body: profile, headers: { 'if-match': headers.etag ?? '' } })).status).toBe(
      200,
    )
    await registered(me.accountId, 'late@souk.example', 'Somebody Else')
    expect((await call('getMyProfile')).body).toMatchObject({
      givenName: 'Ada',
      phone: '+442079460018',
      email: 'late@souk.example',
    })
    expect(world.outbox.of(customerChanged).map(({ created, version }) => [created, version])).toEqual([
      [true, 1n],
      [false, 2n],
    ])
  })

  test('is changed only by whoever read it last', async () => {
    await call('setMyProfile', { body: profile, headers: { 'if-match': '"1"' } })
    const stale = await call('setMyProfile', { body: profile, headers: { 'if-match': '"1"' } })
    expect(stale).toMatchObject({ status: 412, body: { code: 'version-mismatch' } })
    expect((await call('setMyProfile', { body: profile })).body.code).toBe('precondition-required')
  })

  test.each([
    ['phone', 'call me', 'phone-refused'],
    ['phone', '030 901820', 'phone-refused'],
    ['birthDate', '2990-01-01', 'birth-date-refused'],
    ['birthDate', '1800-01-01', 'birth-date-refused'],
  ])('with the %s %s is refused', async (field, value, code) => {
    const answer = await call('setMyProfile', { body: { ...profile, [field]: value }, headers: { 'if-match': '"1"' } })
    expect(answer.body.code).toBe(code)
  })

  test('keeps preferences with a version of their own', async () => {
    const chosen = { appearance: 'dark', timeZone: 'Europe/Berlin', recentlyViewed: false }
    expect((await call('setMyPreferences', { body: chosen, headers: { 'if-match': '"1"' } })).headers.etag).toBe('"2"')
    expect((await call('getMyProfile')).headers.etag).toBe('"1"')
    expect((await call('getMyPreferences')).body).toMatchObject(chosen)
    const nowhere = { ...chosen, timeZone: 'Moon/Crater' }
    expect((await call('setMyPreferences', { body: nowhere, headers: { 'if-match': '"2"' } })).status).toBe(400)
  })

  test('of a guest who registers is one of a full customer from then on', async () => {
    await registered(me.accountId, 'guest@souk.example', 'Guest', true)
    await registered(me.accountId, 'guest@souk.example', 'Grace Hopper')
    expect((await call('getMyProfile')).body).toMatchObject({ guest: false, givenName: 'Grace' })
  })
})

describe('an address book', () => {
  const add = async (more: object = {}) => {
    // Ids of one millisecond are in no order.
    time.advance(1)
    return (await call('addMyAddress', { body: { ...home, ...more } })).body as unknown as {
      id: string
      version: number
    }
  }
  const defaults = async () =>
    (await call('listMyAddresses')).body.items.map(({ defaultDelivery, defaultBilling }) => [
      defaultDelivery,
      defaultBilling,
    ])

  test('has one default for delivery and one for billing, whatever is added, changed and removed', async () => {
    const first = await add()
    const second = await add({ defaultBilling: true })
    expect(await defaults()).toEqual([
      [true, false],
      [false, true],
    ])
    const moved = await call('setMyAddress', {
      params: { addressId: second.id },
      body: { ...home, defaultDelivery: true },
      headers: { 'if-match': `"${second.version}"` },
    })
    expect(moved.body).toMatchObject({ defaultDelivery: true, defaultBilling: true })
    await call('removeMyAddress', { params: { addressId: second.id } })
    expect(await defaults()).toEqual([[true, true]])
    await call('removeMyAddress', { params: { addressId: first.id } })
    expect(await defaults()).toEqual([])
  })

  test('keeps its defaults when two are added at the same moment', async () => {
    await Promise.all([add({ defaultDelivery: true }), add({ defaultDelivery: true }), add()])
    expect((await defaults()).flat().filter(Boolean)).toHaveLength(2)
  })

  test('refuses what cannot be delivered to, naming each fault, and more than it holds', async () => {
    const wrong = await call('addMyAddress', { body: { ...home, postalCode: '1', country: 'US' } })
    expect(wrong.body).toMatchObject({
      code: 'address-refused',
      faults: [{ field: 'region' }, { field: 'postalCode' }],
    })
    for (let count = 0; count < 3; count += 1) await add()
    expect((await call('addMyAddress', { body: home })).body.code).toBe('too-many-addresses')
  })

  test('is its owner’s alone', async () => {
    const mine = await add()
    const thief = shopper()
    const params = { addressId: mine.id }
    const headers = { 'if-match': '"1"' }
    expect((await call('setMyAddress', { params, body: home, headers, principal: thief })).body.code).toBe(
      'address-not-found',
    )
    expect((await call('removeMyAddress', { params, principal: thief })).body.code).toBe('address-not-found')
  })

  test('gives other services the address asked for, or the default for delivery', async () => {
    const directory = createDirectory()
    directory.serve(customerRpc(world.deps), [CustomerService])
    const rpc = directory.client(CustomerService)
    await add()
    const other = await add({ city: 'Potsdam' })
    expect((await rpc.getAddress({ customerId: me.accountId })).address?.city).toBe('Berlin')
    expect((await rpc.getAddress({ customerId: me.accountId, addressId: other.id })).address?.city).toBe('Potsdam')
    expect((await rpc.getAddress({ customerId: shopper().accountId, addressId: other.id })).address).toBeUndefined()
  })
})

describe('a consent', () => {
  const set = (given: boolean, wordingVersion = 'v1') =>
    call('setMyConsent', { params: { purpose: 'marketing-email' }, body: { given, wordingVersion, source: 'web' } })

  test('is not given until somebody gives it, and its history tells of every decision once', async () => {
    expect((await call('listMyConsents')).body.items.every(({ given }) => given === false)).toBe(true)
    await set(true)
    await set(true)
    await set(true, 'v2')
    await set(false, 'v2')
    expect((await call('listMyConsentHistory')).body.items.map((each) => [each.given, each.wordingVersion])).toEqual([
      [false, 'v2'],
      [true, 'v2'],
      [true, 'v1'],
    ])
    expect(world.outbox.of(consentChanged)).toHaveLength(3)
    const [first] = (await call('listMyConsents')).body.items
    expect(first).toMatchObject({ purpose: 'marketing-email', given: false, wordingVersion: 'v2' })
  })

  test('once written down can be changed by nobody', async () => {
    await set(true)
    await expect(
      world.database
        .open('customers')
        .autocommit.run({ name: '', text: 'update consents set given = false', values: [] } as never),
    ).rejects.toThrow('permission denied')
  })
})

describe('operators', () => {
  test('find customers by the beginning of an e-mail address or of a word of a name, page by page', async () => {
    for (const [index, name] of ['Zora Quick', 'Quentin Zorn', 'Zorba Quick'].entries())
      await registered(uuidv7(time.clock().getTime()), `zz${index}@souk.example`, name)
    const find = async (query: object) =>
      (await call('listCustomers', { principal: operator(), query: { ...query } })).body
    const all = await find({ query: 'ZOR', limit: 2 })
    expect(all.items).toHaveLength(2)
    const rest = await find({ query: 'zor', limit: 2, cursor: all.nextCursor })
    expect([...all.items, ...rest.items].map(({ email }) => email).sort()).toEqual(
      ['zz0', 'zz1', 'zz2'].map((each) => `${each}@souk.example`),
    )
    expect(rest.nextCursor).toBeNull()
    expect((await find({ query: 'zz1@' })).items).toHaveLength(1)
    expect((await find({ query: "%' or 1=1" })).items).toEqual([])
  })

  test('search by a range of one index, however many customers there are', async () => {
    await world.database.query(`
      with made as (
        insert into customers.customers (customer_id, email, given_name, created_at, changed_at)
        select gen_random_uuid(), 'x' || n || '@souk.example', 'X' || n, now(), now() from generate_series(1, 20000) n
        returning customer_id, email)
      insert into customers.customer_terms (customer_id, term) select customer_id, email from made`)
    await world.database.query('analyze customers.customer_terms')
    const { text, values } = searchCustomers('x1', endOfPrefix('x1'), { term: 'x15', id: me.accountId }, 21)
    const rows = await world.database.query<Record<string, string>>(
      `explain ${text.replaceAll(/\b(customer_terms|customers) /g, 'customers.$1 ')}`,
      values as unknown[],
    )
    const plan = rows.map((row) => Object.values(row)[0]).join('\n')
    expect(plan).toMatch(/Index (Only )?Scan using customer_terms_pkey on customer_terms t/)
    expect(plan).not.toContain('Seq Scan')
    expect(plan).not.toContain('Sort')
    expect(
      await runList(world.deps.db.autocommit, searchCustomers('x1', endOfPrefix('x1'), undefined, 21)),
    ).toHaveLength(21)
  })

  test('read many at once, in the order they asked, and one with everything', async () => {
    await call('addMyAddress', { body: home })
    const other = uuidv7(time.clock().getTime())
    await registered(other, `o-${other}@souk.example`, 'Other')
    const body = { customerIds: [other, shopper().accountId, me.accountId] }
    const { items } = (await call('getCustomers', { principal: operator(), body })).body
    expect(items.map(({ id }) => id)).toEqual([other, me.accountId])
    const detail = await call('getCustomer', { principal: operator(), params: { customerId: me.accountId } })
    expect(detail.body.addresses).toHaveLength(1)
    expect((await call('getCustomer', { params: { customerId: me.accountId } })).body.code).toBe('forbidden')
  })

  test('are told by the audit of nothing that does not add up', async () => {
    for (const check of customerAudits)
      expect(
        (
          await world.deps.db.transaction((tx) =>
            check.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 9 }),
          )
        ).findings,
        check.title,
      ).toEqual([])
  })
})

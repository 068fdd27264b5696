import { randomUUID } from 'node:crypto'
import { shopChanged } from '@souk/contracts'
import { defineErrors } from '@souk/errors'
import type { Principal, Route } from '@souk/http'
import type { Database } from '@souk/postgres'
import {
  callRoute,
  collectingOutbox,
  manualClock,
  memoryLog,
  operator,
  shopper,
  staff,
  type TestDatabase,
  testDatabase,
} from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { shopAudits } from './audits.ts'
import type { RouteDeps } from './edge.ts'
import { shops } from './index.ts'
import { shopRoutes } from './routes.ts'
import { tellWhatIsUntold } from './tell-others.ts'

type Told = { shopId: string; selling: boolean; version: number }

let database: TestDatabase
let db: Database
let routes: Route[]
let deps: RouteDeps
const outbox = collectingOutbox()
const time = manualClock()
let sold: Told[] = []
let duties: { accountId: string; shopId: string; duties: string[] }[] = []
let away = false
/** To identity. */
const unknown = new Set<string>()
const accounts = defineErrors({ 'account-not-found': { status: 404, title: '', help: '' } })

beforeAll(async () => {
  database = await testDatabase([shops])
  db = database.open('shops')
  deps = {
    db,
    outbox,
    clock: time.clock,
    log: memoryLog(),
    needsVerification: true,
    shopsPerAccount: 3,
    commissionBasisPoints: 1_000,
    sales: {
      setSelling: async ({ shopId = '', selling = false, version = 0n }) => {
        if (away) throw new Error('orders is away')
        sold.push({ shopId, selling, version: Number(version) })
        return {} as never
      },
    },
    identity: {
      setShopDuties: async ({ accountId = '', shopId = '', duties: given = [] }) => {
        if (away) throw new Error('identity is away')
        if (unknown.has(accountId)) throw accounts.error('account-not-found', 'There is no account with this id.')
        duties.push({ accountId, shopId, duties: [...given] })
        return {} as never
      },
      nameMembers: async ({ accountIds = [] }) => {
        if (away) throw new Error('identity is away')
        const members = accountIds.map((accountId) => ({ accountId, name: 'Ada', emailMasked: 'a***@souk.example' }))
        return { members } as never
      },
    },
  }
  routes = shopRoutes(deps)
})
afterAll(() => database.close())
beforeEach(() => {
  outbox.clear()
  sold = []
  duties = []
  away = false
})

type Body = {
  id: string
  version: number
  status: string
  slug: string
  code?: string
  items: Body[]
  nextCursor: string | null
}
const call = async (operation: string, principal: Principal | undefined, given: object = {}) => {
  const answer = await callRoute(routes, operation, { ...given, ...(principal && { principal }) })
  return { ...answer, body: answer.body as Body & Record<string, never> }
}
const all = ['catalog', 'inventory', 'orders', 'members', 'settings']
let count = 0
async function aShop(given: object = {}, open = true) {
  const owner = shopper()
  count += 1
  const { body, status } = await call('registerShop', owner, {
    body: { name: `Shop ${count}`, country: 'DE', currency: 'EUR', ...given },
  })
  expect(status, JSON.stringify(body)).toBe(201)
  if (open)
    await call('decideShopVerification', operator(), { params: { shopId: body.id }, body: { decision: 'verify' } })
  return { shopId: body.id, body, owner: { ...staff(body.id, ...all), accountId: owner.accountId } }
}

describe('registering a shop', () => {
  test('the shop waits for its verification; its owner has all duties and identity knows', async () => {
    const { body, shopId, owner } = await aShop({}, false)
    expect(body).toMatchObject({ status: 'registered', verification: 'unverified', version: 1 })
    expect(duties).toEqual([{ accountId: owner.accountId, shopId, duties: all }])
    expect(outbox.of(shopChanged)).toMatchObject([{ shopId, version: 1n, status: 'registered', currencyCode: 'EUR' }])
  })
  test('a second shop of the same name gets an address of its own; an address asked for twice is refused', async () => {
    const one = await aShop({ name: 'Twice' })
    const two = await aShop({ name: 'Twice' })
    expect(one.body.slug).toBe('twice')
    expect(two.body.slug).toMatch(/^twice-[0-9a-f]{6}$/)
    const { status, body } = await call('registerShop', shopper(), {
      body: { name: 'X', slug: 'twice', country: 'DE', currency: 'EUR' },
    })
    expect([status, body.code]).toEqual([409, 'shop-slug-taken'])
  })
  test('an account cannot own more shops than allowed, however many it asks for at once', async () => {
    const owner = shopper()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        call('registerShop', owner, { body: { name: `Many ${index}`, country: 'DE', currency: 'EUR' } }),
      ),
    )
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 201, 201, 409, 409, 409])
  })
  test.each([
    '<script>alert(1)</script>',
    `Robert'); drop table shops;-- "quoted" \\`,
    '😀🏳️‍🌈 𠜎𠜱',
    'متجر الورد \u202Eevil',
    '{"$gt": ""}',
  ])('the name %s is kept as it was written', async (name) => {
    const { shopId } = await aShop({ name })
    const { body } = await call('getShop', undefined, { params: { shopId } })
    expect(body).toMatchObject({ name })
    const found = await call('listShops', undefined, { query: { search: Array.from(name).slice(0, 12).join('') } })
    expect(found.status).toBe(200)
  })
  test.each([
    ['a name of 121 characters', { name: 'x'.repeat(121) }],
    ['an empty name', { name: '' }],
    ['half of a character', { name: 'a\ud800' }],
    ['a NUL', { name: 'a\0b' }],
    ['a field of ours', { status: 'open' }],
    ['a commission', { commissionBasisPoints: 0 }],
    ['a script for a picture', { logo: { url: 'javascript:alert(1)', alt: '' } }],
    ['a picture outside our folder', { logo: { url: '/v1/pictures/../accounts', alt: '' } }],
  ])('%s is refused', async (_, given) =>
    expect(
      (await call('registerShop', shopper(), { body: { name: 'A', country: 'DE', currency: 'EUR', ...given } })).status,
    ).toBe(400),
  )
})

describe('verification and suspension', () => {
  test('verifying opens the shop, and orders is told before the answer', async () => {
    const { shopId } = await aShop()
    expect(sold).toEqual([{ shopId, selling: true, version: 2 }])
  })
  test('suspending stops sales before the answer; reinstating resumes them', async () => {
    const { shopId } = await aShop()
    const stopped = await call('suspendShop', operator(), { params: { shopId }, body: { reason: 'complaints' } })
    expect([stopped.status, stopped.body.status]).toEqual([200, 'suspended'])
    const resumed = await call('reinstateShop', operator(), { params: { shopId }, body: { reason: 'settled' } })
    expect(resumed.body.status).toBe('open')
    expect(sold.map(({ selling, version }) => [selling, version])).toEqual([
      [true, 2],
      [false, 3],
      [true, 4],
    ])
    expect(outbox.of(shopChanged).map((event) => event.status)).toEqual(['registered', 'open', 'suspended', 'open'])
  })
  test('when orders cannot be reached the answer says so, and the job tells it later', async () => {
    const { shopId } = await aShop()
    away = true
    expect((await call('suspendShop', operator(), { params: { shopId }, body: { reason: 'fraud' } })).status).toBe(202)
    away = false
    sold = []
    await tellWhatIsUntold(deps)
    expect(sold).toEqual([{ shopId, selling: false, version: 3 }])
    sold = []
    await tellWhatIsUntold(deps)
    expect(sold).toEqual([])
  })
  test('a rejected shop reads why, and may ask again', async () => {
    const { shopId, owner } = await aShop({}, false)
    await call('requestShopVerification', owner, { params: { shopId }, body: {} })
    expect(
      (await call('decideShopVerification', operator(), { params: { shopId }, body: { decision: 'reject' } })).status,
    ).toBe(400)
    const { body } = await call('decideShopVerification', operator(), {
      params: { shopId },
      body: { decision: 'reject', reason: 'No imprint' },
    })
    expect(body).toMatchObject({ verification: 'rejected', management: { verificationReason: 'No imprint' } })
    expect((await call('requestShopVerification', owner, { params: { shopId }, body: {} })).body).toMatchObject({
      verification: 'pending',
    })
    const { body: history } = await call('listShopHistory', owner, { params: { shopId }, query: { limit: 2 } })
    expect(history.items).toMatchObject([{ to: 'pending' }, { to: 'rejected', reason: 'No imprint' }])
    const { body: older } = await call('listShopHistory', owner, {
      params: { shopId },
      query: { cursor: history.nextCursor },
    })
    expect(older.items).toMatchObject([{ to: 'pending' }, { to: 'registered' }])
  })
  test('a closed shop takes part in nothing any more', async () => {
    const { shopId, owner } = await aShop()
    expect((await call('closeShop', owner, { params: { shopId }, body: {} })).body.status).toBe('closed')
    const again = await call('reinstateShop', operator(), { params: { shopId }, body: { reason: 'please' } })
    expect([again.status, again.body.code]).toEqual([409, 'shop-move-refused'])
  })
})

describe('editing a shop', () => {
  test('what was edited on an older version is refused', async () => {
    const { shopId, owner } = await aShop()
    const edit = (ifMatch: string | undefined, body: object) =>
      call('editShop', owner, { params: { shopId }, body, ...(ifMatch && { headers: { 'if-match': ifMatch } }) })
    expect((await edit('"2"', { name: 'Renamed', description: 'One\nTwo' })).body).toMatchObject({
      name: 'Renamed',
      version: 3,
    })
    expect((await edit('"2"', { name: 'Other' })).status).toBe(412)
    expect((await edit(undefined, { name: 'Other' })).status).toBe(428)
    expect((await call('listShops', undefined, { query: { search: 'rename' } })).body.items).toMatchObject([
      { id: shopId },
    ])
  })
})

describe('members', () => {
  test('the last owner cannot leave; a second owner makes it possible', async () => {
    const { shopId, owner } = await aShop()
    const accountId = randomUUID()
    const leave = () => call('removeShopMember', owner, { params: { shopId, accountId: owner.accountId } })
    expect((await leave()).body.code).toBe('last-owner')
    const made = await call('setShopMember', owner, {
      params: { shopId, accountId },
      body: { duties: [], owner: true },
    })
    expect(made.body).toMatchObject({ owner: true, duties: all })
    expect((await leave()).status).toBe(204)
    expect(outbox.of(shopChanged).at(-1)).toMatchObject({ shopId, ownerAccountId: accountId })
    expect(duties.at(-1)).toEqual({ shopId, accountId: owner.accountId, duties: [] })
  })
  test('two owners who remove each other at once leave one', async () => {
    const { shopId, owner } = await aShop()
    const other = { ...staff(shopId, ...all), accountId: randomUUID() }
    await call('setShopMember', owner, {
      params: { shopId, accountId: other.accountId },
      body: { duties: [], owner: true },
    })
    await Promise.all([
      call('removeShopMember', owner, { params: { shopId, accountId: other.accountId } }),
      call('removeShopMember', other, { params: { shopId, accountId: owner.accountId } }),
    ])
    expect(await database.query('select from shops.shop_members where shop_id = $1 and owner', [shopId])).toHaveLength(
      1,
    )
  })
  test('who is no owner cannot make one', async () => {
    const { shopId, owner } = await aShop()
    const clerk = staff(shopId, 'members')
    await call('setShopMember', owner, {
      params: { shopId, accountId: clerk.accountId },
      body: { duties: ['members'] },
    })
    const { status } = await call('setShopMember', clerk, {
      params: { shopId, accountId: clerk.accountId },
      body: { duties: [], owner: true },
    })
    expect(status).toBe(403)
  })
  test('what identity could not be told is told by the job, the newest state alone', async () => {
    const { shopId, owner } = await aShop()
    const accountId = randomUUID()
    duties = []
    away = true
    await call('setShopMember', owner, { params: { shopId, accountId }, body: { duties: ['orders'] } })
    await call('setShopMember', owner, { params: { shopId, accountId }, body: { duties: ['orders', 'catalog'] } })
    away = false
    await tellWhatIsUntold(deps)
    expect(duties).toEqual([{ shopId, accountId, duties: ['catalog', 'orders'] }])
  })
  test('an account that is none is refused and left out, at once or when identity can be asked; nothing is asked again', async () => {
    const { shopId, owner } = await aShop()
    const accountId = randomUUID()
    unknown.add(accountId)
    const add = () => call('setShopMember', owner, { params: { shopId, accountId }, body: { duties: [], owner: true } })
    const left = async () => ({
      members: await database.query('select account_id from shops.shop_members where shop_id = $1', [shopId]),
      untold: await database.query('select from shops.duty_intents where shop_id = $1', [shopId]),
    })
    const ownerAlone = { members: [{ account_id: owner.accountId }], untold: [] }
    expect((await add()).body.code).toBe('member-refused')
    expect(await left()).toEqual(ownerAlone)
    away = true
    expect((await add()).status).toBe(200)
    away = false
    await tellWhatIsUntold(deps)
    expect(await left()).toEqual(ownerAlone)
    // Whoever is gone as the only owner stays it: a shop has one.
    unknown.add(owner.accountId)
    await call('setShopMember', operator(), {
      params: { shopId, accountId: owner.accountId },
      body: { duties: [], owner: true },
    })
    expect(await left()).toEqual(ownerAlone)
  })
})

describe('who may do what', () => {
  const params = (shopId: string) => ({ params: { shopId } })
  test.each([
    ['editShop', 404, { body: { name: 'Mine' }, headers: { 'if-match': '"2"' } }],
    ['requestShopVerification', 404, { body: {} }],
    ['closeShop', 404, { body: {} }],
    ['listShopHistory', 404, {}],
    ['listShopMembers', 404, {}],
    ['getShopMember', 404, {}],
    ['setShopMember', 404, { body: { duties: ['orders'] } }],
    ['removeShopMember', 404, {}],
    ['decideShopVerification', 403, { body: { decision: 'verify' } }],
    ['suspendShop', 403, { body: { reason: 'x' } }],
    ['reinstateShop', 403, { body: { reason: 'x' } }],
    ['setShopCommission', 403, { body: { basisPoints: 0 } }],
  ])('%s: staff of another shop gets %i, a shopper 403, nobody 401', async (operation, expected, given) => {
    const { shopId, owner } = await aShop()
    const asked = {
      ...given,
      params: {
        shopId,
        ...(operation.includes('ShopMember') && operation !== 'listShopMembers' && { accountId: owner.accountId }),
      },
    }
    const before = await database.query('select version from shops.shops where shop_id = $1', [shopId])
    expect((await call(operation, staff(randomUUID(), ...all), asked)).status).toBe(expected)
    expect((await call(operation, shopper(), asked)).status).toBe(403)
    expect((await call(operation, undefined, asked)).status).toBe(401)
    expect(await database.query('select version from shops.shops where shop_id = $1', [shopId])).toEqual(before)
  })
  test('members are listed with their names, and without them while nobody can be asked', async () => {
    const { shopId, owner } = await aShop()
    const list = async () =>
      ((await call('listShopMembers', owner, params(shopId))).body as unknown as { items: object[] }).items
    expect(await list()).toMatchObject([{ accountId: owner.accountId, name: 'Ada', email: 'a***@souk.example' }])
    away = true
    expect(await list()).toMatchObject([{ accountId: owner.accountId, name: null, email: null }])
  })
  test('a shop that is not open is there for its people and operators alone', async () => {
    const { shopId, owner } = await aShop({}, false)
    expect((await call('getShop', undefined, params(shopId))).status).toBe(404)
    expect((await call('getShop', owner, params(shopId))).body).toHaveProperty('management')
    expect((await call('getShop', operator(), params(shopId))).status).toBe(200)
    const { body } = await call('listShops', undefined, { query: { limit: 100, status: 'registered' } })
    expect(body.items.every((shop) => shop.status === 'open')).toBe(true)
  })
})

test('pages of a list hold every open shop once, in the order of names', async () => {
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const { body } = await call('listShops', undefined, { query: { limit: 3, ...(cursor !== null && { cursor }) } })
    seen.push(...body.items.map((shop) => shop.id))
    cursor = body.nextCursor
  } while (cursor !== null)
  const rows = await database.query<{ shop_id: string }>(
    "select shop_id from shops.shops where status = 'open' order by name_key, shop_id",
  )
  expect(seen).toEqual(rows.map((row) => row.shop_id))
  for (const bad of ['x', Buffer.from('[1,2]').toString('base64url')])
    expect((await call('listShops', undefined, { query: { cursor: bad } })).status).toBe(400)
})

test('the audit finds nothing, and finds a state its history does not explain', async () => {
  const run = () =>
    db.transaction(async (tx) => {
      const findings: { subject: string; message: string }[] = []
      for (const audit of shopAudits)
        findings.push(...(await audit.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 10 })).findings)
      return findings
    })
  expect(await run()).toEqual([])
  const [row] = await database.query<{ shop_id: string }>(
    "update shops.shops set status = 'closed' where shop_id = (select shop_id from shops.shops where status = 'open' limit 1) returning shop_id",
  )
  expect(await run()).toEqual([
    { subject: `shop ${row?.shop_id}`, message: 'it is closed, its history ends with open' },
  ])
})

import { accountClosed, consentChanged, customerChanged } from '@souk/contracts'
import { CustomerService } from '@souk/contracts/customers'
import type { Event } from '@souk/events'
import { createDirectory } from '@souk/rpc'
import { callRoute, manualClock, operator, type RouteCall, shopper } from '@souk/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { customerAudits } from './audits.ts'
import { forgetPictures } from './choose-avatar.ts'
import { customerRpc } from './rpc.ts'
import { startCustomers } from './test-customers.ts'

let world: Awaited<ReturnType<typeof startCustomers>>
const time = manualClock()
beforeAll(async () => {
  world = await startCustomers(time.clock)
})
afterAll(() => world.close())
let me = shopper()
beforeEach(() => {
  me = shopper()
  world.outbox.clear()
  world.queued.length = 0
})

const call = async (operation: string, given: RouteCall = {}) =>
  (await callRoute(world.routes, operation, { principal: me, ...given })) as {
    status: number
    body: Record<string, unknown> & { items: Record<string, unknown>[] }
  }
const profile = {
  givenName: 'Ada',
  familyName: 'Lovelace',
  phone: '+442079460018',
  birthDate: '1990-12-10',
  language: 'de',
  currency: 'GBP',
}
const set = (more: object, version = 1) =>
  call('setMyProfile', { body: { ...profile, ...more }, headers: { 'if-match': `"${version}"` } })

describe('a gender', () => {
  test('is what somebody calls it, or nothing, and stays where a client knows nothing of it', async () => {
    expect((await set({ gender: ' Genderfluid ' })).body.gender).toBe('Genderfluid')
    expect((await set({}, 2)).body.gender).toBe('Genderfluid')
    expect((await set({ gender: null }, 3)).body.gender).toBeNull()
  })
})

describe('a picture of a customer', () => {
  test('is one they uploaded of themselves; those before it are forgotten, if need be after several tries', async () => {
    const [first, second] = [world.upload(me.accountId), world.upload(me.accountId)]
    const shown = await call('setMyAvatar', { body: { mediaId: first } })
    expect(shown.body.avatar).toEqual({ mediaId: first, url: `/media/${first}/160.webp` })
    expect((await call('setMyAvatar', { body: { mediaId: second } })).status).toBe(200)
    expect(world.queued).toEqual([
      { customerId: me.accountId, keep: first },
      { customerId: me.accountId, keep: second },
    ])
    await forgetPictures(world.deps, world.queued[1])
    expect(world.kept).toEqual([{ accountId: me.accountId, mediaId: second }])
    expect((await call('getMyProfile')).body.avatar).toMatchObject({ mediaId: second })
  })

  test('is never somebody else’s', async () => {
    const theirs = world.upload(shopper().accountId)
    expect((await call('setMyAvatar', { body: { mediaId: theirs } })).body.code).toBe('avatar-not-found')
    expect((await call('getMyProfile')).body.avatar).toBeNull()
  })

  test('can be taken away, and then none is kept', async () => {
    await call('setMyAvatar', { body: { mediaId: world.upload(me.accountId) } })
    expect((await call('removeMyAvatar')).body.avatar).toBeNull()
    expect(world.queued.at(-1)).toEqual({ customerId: me.accountId, keep: '' })
  })
})

describe('a closed account', () => {
  const closed = (accountId = me.accountId) => {
    const event = { payload: { accountId }, correlationId: 'c', type: accountClosed.type } as unknown as Event
    return world.consume([event])
  }
  const full = async () => {
    await world.registered(me.accountId, `${me.accountId}@souk.example`, 'Ada Lovelace')
    await set({ gender: 'Woman' })
    await call('setMyAvatar', { body: { mediaId: world.upload(me.accountId) } })
    await call('addMyAddress', {
      body: { name: 'Ada', line1: 'Street 1', postalCode: '10115', city: 'Berlin', country: 'DE' },
    })
    for (const purpose of ['analytics', 'marketing-sms'])
      await call('setMyConsent', { params: { purpose }, body: { given: true, wordingVersion: 'v1', source: 'web' } })
    world.outbox.clear()
  }

  test('leaves nothing that tells who it was, and its consents end with the proof of them kept', async () => {
    await full()
    await closed()
    const detail = await call('getCustomer', { principal: operator(), params: { customerId: me.accountId } })
    expect(detail.body).toMatchObject({
      email: null,
      givenName: '',
      phone: null,
      birthDate: null,
      gender: null,
      avatar: null,
      addresses: [],
      closedAt: time.clock().toISOString(),
    })
    expect((await call('listMyConsentHistory')).body.items).toHaveLength(4)
    expect(detail.body.consents).toMatchObject([
      { purpose: 'analytics', given: false, wordingVersion: 'v1', source: 'closing' },
      { purpose: 'marketing-sms', given: false, source: 'closing' },
    ])
    const found = await call('listCustomers', { principal: operator(), query: { query: me.accountId } })
    expect(found.body.items).toEqual([])
    expect(world.outbox.of(consentChanged).map(({ given }) => given)).toEqual([false, false])
    expect(world.outbox.of(customerChanged)).toMatchObject([{ customerId: me.accountId, closed: true }])
    expect(world.queued.at(-1)).toEqual({ customerId: me.accountId, keep: '' })
  })

  test('is not filled again, by a token of its last second or by news that comes twice', async () => {
    await full()
    await closed()
    expect((await set({}, 3)).body.code).toBe('customer-closed')
    const consent = { given: true, wordingVersion: 'v2', source: 'web' }
    expect((await call('setMyConsent', { params: { purpose: 'analytics' }, body: consent })).body.code).toBe(
      'customer-closed',
    )
    world.outbox.clear()
    await world.registered(me.accountId, 'late@souk.example', 'Ada Lovelace')
    await closed()
    expect(world.outbox.of(customerChanged)).toEqual([])
    expect((await call('getMyProfile')).body).toMatchObject({ email: null, givenName: '' })
  })

  test('that nobody had heard of is closed all the same; others are told of no such customer', async () => {
    await closed()
    const directory = createDirectory()
    directory.serve(customerRpc(world.deps), [CustomerService])
    const { customers } = await directory.client(CustomerService).getCustomers({ customerIds: [me.accountId] })
    expect(customers).toEqual([])
  })

  test('is looked for by the audit: what is left of it is found', async () => {
    await full()
    await closed()
    const findings = async () => {
      const found: string[] = []
      for (const check of customerAudits)
        await world.deps.db.transaction(async (tx) => {
          const result = await check.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 9 })
          found.push(...result.findings.map(({ subject }) => subject))
        })
      return found
    }
    expect(await findings()).toEqual([])
    await world.database.query(`update customers.customers set phone = '+49301234567' where customer_id = $1`, [
      me.accountId,
    ])
    expect(await findings()).toEqual([`customer ${me.accountId}`])
    await world.database.query('update customers.customers set phone = null where customer_id = $1', [me.accountId])
  })
})

import { randomUUID } from 'node:crypto'
import { flagChanged, settingChanged } from '@souk/contracts'
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
import { settingAudits } from './audits.ts'
import { catalogue, effective, faultOfValue } from './catalogue.ts'
import { ensureDeclared } from './change-flag.ts'
import { declaredFlags } from './declared.ts'
import { allFlags, revision } from './flags.sql.ts'
import { settings } from './index.ts'
import { flagRoutes } from './routes-flags.ts'
import { settingRoutes } from './routes-settings.ts'
import { createSnapshot } from './snapshot.ts'

let database: TestDatabase
let db: Database
let routes: Route[]
const outbox = collectingOutbox()
const time = manualClock()
const shopId = randomUUID()

beforeAll(async () => {
  database = await testDatabase([settings])
  db = database.open('settings')
  const snapshot = createSnapshot({
    freshMs: 1_000,
    log: memoryLog(),
    load: async () => ({
      revision: await revision(db.autocommit),
      flags: (await allFlags(db.autocommit)).map(({ definition }) => definition),
    }),
  })
  const shops = {
    getShop: async (asked: { shopId?: string }) => (asked.shopId === shopId ? { shop: {} } : {}) as never,
  }
  const deps = { db, outbox, clock: time.clock, snapshot, shops }
  routes = [...settingRoutes(deps), ...flagRoutes(deps)]
  await ensureDeclared(deps)
  await snapshot.refresh()
})
afterAll(() => database.close())
beforeEach(() => outbox.clear())

type Body = {
  version: number
  code?: string
  items: Record<string, unknown>[]
  nextCursor: string | null
  value: unknown
}
const call = async (operation: string, principal: Principal | undefined, given: object = {}) => {
  const answer = await callRoute(routes, operation, { ...given, ...(principal && { principal }) })
  return { ...answer, body: answer.body as Body & Record<string, unknown> }
}
const at = (version: number) => ({ 'if-match': `"${version}"` })
const valueOf = (body: Body, key: string) => body.items.find((each) => each.key === key)
const clerk = staff(shopId, 'settings')

describe('settings of the marketplace', () => {
  test('have their defaults until somebody sets them; shoppers see what is for them', async () => {
    const { body, headers } = await call('listSettings', undefined)
    expect(valueOf(body, 'checkout.guest')).toMatchObject({ value: true, origin: 'default', version: 0 })
    expect(valueOf(body, 'operations.note')).toBeUndefined()
    expect(headers).toMatchObject({ 'cache-control': expect.stringContaining('public') })
    expect(valueOf((await call('listSettings', operator())).body, 'operations.note')).toBeDefined()
  })
  test('are changed on the version that was read, told to others, and kept in a history', async () => {
    const set = (value: unknown, version: number) =>
      call('changeSetting', operator(), {
        params: { key: 'storefront.announcement' },
        body: { value },
        headers: at(version),
      })
    expect((await set('Sale today', 0)).body).toMatchObject({ value: 'Sale today', origin: 'marketplace', version: 1 })
    expect((await set('Mine', 0)).status).toBe(412)
    expect((await set('Sale tomorrow', 1)).body).toMatchObject({ version: 2 })
    expect(valueOf((await call('listSettings', undefined)).body, 'storefront.announcement')).toMatchObject({
      value: 'Sale tomorrow',
    })
    expect(outbox.of(settingChanged)).toMatchObject([
      { scope: 'marketplace', ownerId: '', valueJson: '"Sale today"', version: 1n },
      { valueJson: '"Sale tomorrow"', version: 2n },
    ])
    const reset = await call('resetSetting', operator(), {
      params: { key: 'storefront.announcement' },
      headers: at(2),
    })
    expect(reset.body).toMatchObject({ value: '', origin: 'default', version: 3 })
    const { body } = await call('listSettingHistory', operator(), { query: { limit: 2 } })
    expect(body.items).toMatchObject([
      { version: 3, value: null },
      { version: 2, value: 'Sale tomorrow' },
    ])
    const next = await call('listSettingHistory', operator(), { query: { cursor: body.nextCursor } })
    expect(next.body.items).toMatchObject([{ version: 1 }])
  })
  test('first set by two at once, the second learns of the first', async () => {
    const answers = await Promise.all(
      ['One', 'Two'].map((value) =>
        call('changeSetting', operator(), { params: { key: 'operations.note' }, body: { value }, headers: at(0) }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  })
  test.each([
    ['returns.window-days', 13],
    ['returns.window-days', 366],
    ['returns.window-days', 'thirty'],
    ['checkout.guest', 'true'],
    ['storefront.announcement', 'ring '.repeat(57)],
    ['storefront.announcement-link', 'javascript:alert(1)'],
    ['storefront.announcement-link', '//evil.example'],
    ['storefront.announcement-level', 'screaming'],
    ['support.email', '<script>@x'],
  ])('beyond their bounds are refused: %s %.40s', async (key, value) => {
    const { body } = await call('changeSetting', operator(), { params: { key }, body: { value }, headers: at(0) })
    expect(body.code).toBe('setting-refused')
  })
  test('that nobody declared, or belong elsewhere, are not there', async () => {
    for (const key of ['no.such', 'display.theme', '__proto__', 'constructor']) {
      const { status, body } = await call('changeSetting', operator(), {
        params: { key },
        body: { value: 'x' },
        headers: at(0),
      })
      expect([400, 404], `${key} ${body.code}`).toContain(status)
    }
  })
})

describe('settings of a shop', () => {
  const set = (who: Principal, key: string, value: unknown, version = 0, shop = shopId) =>
    call('changeShopSetting', who, { params: { shopId: shop, key }, body: { value }, headers: at(version) })
  const shownDays = async () =>
    valueOf((await call('listShopSettings', undefined, { params: { shopId } })).body, 'returns.window-days')
  test('are its staff’s, and nobody else’s', async () => {
    expect((await set(clerk, 'shop.notice', 'Away on Friday')).status).toBe(200)
    expect((await set(staff(randomUUID(), 'settings'), 'shop.notice', 'x', 1)).body.code).toBe(
      'settings-shop-not-found',
    )
    expect((await set(staff(shopId, 'orders'), 'shop.notice', 'x', 1)).status).toBe(403)
    expect((await set(operator(), 'shop.notice', 'x', 0, randomUUID())).body.code).toBe('settings-shop-not-found')
    expect((await set(clerk, 'shop.featured', true)).body.code).toBe('setting-not-found')
    expect((await set(operator(), 'shop.featured', true)).status).toBe(200)
    expect((await call('listFeaturedShops', undefined)).body.items).toEqual([{ shopId }])
    const { body } = await call('listShopSettings', undefined, { params: { shopId } })
    expect(valueOf(body, 'shop.packing-note')).toBeUndefined()
    expect(
      valueOf((await call('listShopSettings', clerk, { params: { shopId } })).body, 'shop.packing-note'),
    ).toBeDefined()
  })
  test('a shop gives as many days to return as it likes, never fewer than the marketplace promises', async () => {
    expect(await shownDays()).toMatchObject({ value: 30, origin: 'default' })
    await set(clerk, 'returns.window-days', 20)
    expect(await shownDays()).toMatchObject({ value: 30, origin: 'default' })
    const all = (value: number, version: number) =>
      call('changeSetting', operator(), {
        params: { key: 'returns.window-days' },
        body: { value },
        headers: at(version),
      })
    await all(60, 0)
    await set(clerk, 'returns.window-days', 90, 1)
    expect(await shownDays()).toMatchObject({ value: 90, origin: 'shop' })
    await all(100, 1)
    expect(await shownDays()).toMatchObject({ value: 100, origin: 'marketplace' })
  })
})

describe('settings of people', () => {
  test('are their own; the last word counts, and nobody else hears of it', async () => {
    const [one, other] = [shopper(), shopper()]
    const set = (value: unknown) => call('changeMySetting', one, { params: { key: 'display.theme' }, body: { value } })
    await set('light')
    expect((await set('dark')).body).toMatchObject({ value: 'dark', origin: 'user' })
    expect(valueOf((await call('listMySettings', one)).body, 'display.theme')).toMatchObject({ value: 'dark' })
    expect(valueOf((await call('listMySettings', other)).body, 'display.theme')).toMatchObject({ value: 'system' })
    const bad = { params: { key: 'admin.saved-filters' }, body: { value: '{not json' } }
    expect((await call('changeMySetting', one, bad)).body.code).toBe('setting-refused')
    expect(outbox.events).toEqual([])
  })
})

test('every default is within its own bounds, and a value that no longer fits counts for nothing', () => {
  for (const setting of catalogue) {
    expect(faultOfValue(setting, setting.default), setting.key).toBeUndefined()
    expect(effective(setting, { odd: 1 } as never, { odd: 1 } as never, 'shop').origin, setting.key).toBe('default')
  }
})

describe('feature flags', () => {
  const flag = {
    description: 'A page',
    type: 'boolean',
    variants: [
      { name: 'on', value: true },
      { name: 'off', value: false },
    ],
    fallback: 'off',
    enabled: true,
    exposed: true,
    rules: [],
    otherwise: [] as object[],
  }
  const on = [{ variant: 'on', basisPoints: 10_000 }]
  const shown = async (query: object = {}, who?: Principal) =>
    (await call('evaluateFlags', who, { query })).body.items as { key: string; value: unknown; variant: string }[]
  const key = 'new-page'
  const change = (version: number, more: object, flagKey = key) =>
    call('changeFlag', operator(), { params: { flagKey }, body: { ...flag, ...more }, headers: at(version) })

  test('the program’s own are there, and keep the variants it knows', async () => {
    const { body } = await call('listFlags', operator(), { query: { limit: 100 } })
    expect(body.items.map((each) => each.key)).toEqual(declaredFlags.map((each) => each.key).toSorted())
    const params = { flagKey: 'price-intelligence' }
    const { body: found } = await call('getFlag', operator(), { params })
    expect((await call('removeFlag', operator(), { params, headers: at(found.version) })).body.code).toBe(
      'flag-declared',
    )
    const words = { type: 'string', variants: [{ name: 'static', value: 'static' }], fallback: 'static' }
    expect((await change(found.version, words, 'price-intelligence')).body.code).toBe('flag-declared')
  })
  test('a change holds at once, is told, and can be taken back', async () => {
    expect((await call('createFlag', operator(), { body: { key, ...flag } })).status).toBe(201)
    expect((await call('createFlag', operator(), { body: { key, ...flag } })).body.code).toBe('flag-exists')
    expect((await shown()).find((each) => each.key === key)).toMatchObject({ value: false })
    expect((await change(1, { otherwise: on, note: 'For all' })).body).toMatchObject({ version: 2 })
    expect((await shown()).find((each) => each.key === key)).toMatchObject({ value: true })
    expect((await change(1, {})).status).toBe(412)
    const back = { params: { flagKey: key }, body: { version: 1 }, headers: at(2) }
    expect((await call('restoreFlag', operator(), back)).body).toMatchObject({ version: 3, otherwise: [] })
    expect((await shown()).find((each) => each.key === key)).toMatchObject({ value: false })
    const { body } = await call('listFlagHistory', operator(), { params: { flagKey: key } })
    expect(body.items.map(({ version, note }) => [version, note])).toEqual([
      [3, 'as in version 1'],
      [2, 'For all'],
      [1, ''],
    ])
    expect(outbox.of(flagChanged).map(({ version }) => version)).toEqual([1n, 2n, 3n])
  })
  test('one that was removed is gone, and made again goes on counting', async () => {
    expect((await call('removeFlag', operator(), { params: { flagKey: key }, headers: at(3) })).status).toBe(204)
    expect((await shown()).find((each) => each.key === key)).toBeUndefined()
    expect((await call('createFlag', operator(), { body: { key, ...flag } })).body).toMatchObject({ version: 5 })
  })
  test('what does not add up is refused and changes nothing', async () => {
    expect((await change(5, { fallback: 'maybe' })).body).toMatchObject({ code: 'flag-refused' })
    expect(
      (await change(5, { type: 'number', variants: [{ name: 'off', value: 0 }], fallback: 'off' })).body.code,
    ).toBe('flag-refused')
    expect((await change(5, {})).status).toBe(200)
  })
  test('those not for browsers stay unseen; who asks is known by the account, or by the key a visitor sends', async () => {
    expect((await shown()).map((each) => each.key)).not.toContain('risk-assessment')
    await change(6, { otherwise: [{ variant: 'on', basisPoints: 5_000 }] })
    const ask = async (query: object, who?: Principal) =>
      (await shown(query, who)).find((each) => each.key === key)?.value
    expect(await ask({})).toBe(false)
    const values = await Promise.all(Array.from({ length: 40 }, (_, index) => ask({ key: `visitor-${index}` })))
    expect(new Set(values)).toEqual(new Set([true, false]))
    const me = shopper()
    expect(await ask({ key: 'visitor-1' }, me)).toBe(await ask({ key: 'visitor-2' }, me))
  })
  test('an answer that has not changed is not sent again', async () => {
    const first = await call('evaluateFlags', undefined)
    const again = await call('evaluateFlags', undefined, { headers: { 'if-none-match': first.headers?.etag } })
    expect([first.status, again.status]).toEqual([200, 304])
  })
})

describe('the audit', () => {
  const audited = () =>
    db.transaction(
      async (tx) => {
        const found = []
        for (const check of settingAudits) {
          const { findings } = await check.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 10 })
          found.push(...findings.map(({ subject }) => subject))
        }
        return found
      },
      { readOnly: true, isolation: 'repeatable read' },
    )
  test('finds nothing after all of this, and names what somebody wrote past the rules', async () => {
    expect(await audited()).toEqual([])
    await database.query(
      `update settings.settings set value = '5' where scope = 'marketplace' and key = 'returns.window-days'`,
    )
    await database.query(
      `update settings.flags set definition = jsonb_set(definition, '{fallback}', '"gone"') where key = 'new-page'`,
    )
    expect((await audited()).toSorted()).toEqual([
      'flag new-page',
      'flag new-page',
      'marketplace 00000000-0000-0000-0000-000000000000 returns.window-days',
      'marketplace 00000000-0000-0000-0000-000000000000 returns.window-days',
    ])
  })
})

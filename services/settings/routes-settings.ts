import {
  cursorOf,
  etag,
  mayActFor,
  ok,
  pageOf,
  readCursor,
  type Route,
  type RouteRequest,
  route,
  versionFrom,
} from '@souk/http'
import type { ShopService } from '@souk/contracts/shops'
import type { Database } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { Type } from 'typebox'
import type { Scope, Value } from './catalogue.ts'
import { type By, changeSetting, type SettingDeps, type Shown, settingsInForce } from './change-setting.ts'
import { settingErrors } from './errors.ts'
import { featuredShops, nobody, settingHistory } from './settings.sql.ts'
import {
  closed,
  FeaturedShops,
  KeyParams,
  listOf,
  paging,
  SettingHistoryView,
  SettingList,
  SettingView,
  settingHistoryView,
  settingView,
  ShopKeyParams,
  ShopParams,
  ValueBody,
} from './views.ts'

export type SettingRouteDeps = SettingDeps & { db: Database; shops: Pick<Client<typeof ShopService>, 'getShop'> }

const tag = 'Settings'
const changes = ['setting-not-found', 'setting-refused'] as const
const guarded = ['version-mismatch', 'precondition-required'] as const
const brief = { 'cache-control': 'public, max-age=5, stale-while-revalidate=30' }

const byOf = ({ me, correlationId }: Pick<RouteRequest, 'me' | 'correlationId'>): By => ({
  accountId: me.accountId,
  operator: me.permissions.has('operator'),
  correlationId,
})
const visible = (all: readonly Shown[], everything: boolean) => ({
  items: all.filter(({ setting }) => everything || setting.public).map(settingView),
})

/** A value, or (DELETE) the default again; for the marketplace, a shop, or whoever asks. */
function change(deps: SettingRouteDeps, request: RouteRequest, scope: Scope, ownerId: string, guard: boolean) {
  const { key } = request.params as { key: string }
  const value = (request.body as { value: Value } | undefined)?.value ?? null
  const ifVersion = guard ? versionFrom(request.headers['if-match']) : null
  return request.once(deps.db, async (tx) => {
    const changed = await changeSetting(deps, tx, { scope, ownerId, key, value }, ifVersion, byOf(request))
    return ok(settingView(changed), etag(changed.version))
  })
}

export function settingRoutes(deps: SettingRouteDeps): Route[] {
  const historyPage = async (scope: Scope, ownerId: string, query: { limit: number; cursor?: string }) => {
    const place = readCursor('setting-history', query.cursor, 'integer')
    const rows = await settingHistory(deps.db.autocommit, scope, ownerId, place?.[0], query.limit + 1)
    return ok(pageOf(rows, query.limit, settingHistoryView, (last) => cursorOf('setting-history', last.entryId)))
  }
  /** Of this very shop; for operators, one there is. @throws settings-shop-not-found */
  const assertShop = async ({ me }: Pick<RouteRequest, 'me'>, shopId: string) => {
    const mine = me.duties.has(shopId) && mayActFor(me, shopId, 'settings')
    const there = () => deps.shops.getShop({ shopId }, { timeoutMs: 2_000 })
    if (mine || (me.permissions.has('operator') && (await there()).shop !== undefined)) return
    throw settingErrors.error('settings-shop-not-found', 'There is no shop with this id whose settings are yours.')
  }
  return [
    route({
      method: 'GET',
      url: '/v1/settings',
      operationId: 'listSettings',
      summary: 'Settings of the marketplace',
      description: 'What shoppers may know for everybody; all of them for operators.',
      tag,
      access: 'public',
      answers: { 200: SettingList },
      async handle({ principal }) {
        const everything = principal?.permissions.has('operator') ?? false
        const all = await settingsInForce(deps.db.autocommit, 'marketplace', nobody)
        return ok(visible(all, everything), principal === undefined ? brief : undefined)
      },
    }),
    route({
      method: 'GET',
      url: '/v1/settings/featured-shops',
      operationId: 'listFeaturedShops',
      summary: 'Shops that are shown on the first page',
      description: 'Those operators have chosen (`shop.featured`), the longest chosen first.',
      tag,
      access: 'public',
      answers: { 200: FeaturedShops },
      async handle({ principal }) {
        const items = await featuredShops(deps.db.autocommit, 100)
        return ok({ items }, principal === undefined ? brief : undefined)
      },
    }),
    route({
      method: 'GET',
      url: '/v1/settings/history',
      operationId: 'listSettingHistory',
      summary: 'Who changed settings of the marketplace',
      tag,
      access: { permission: 'operator' },
      query: Type.Object(paging, closed),
      answers: { 200: listOf(SettingHistoryView) },
      handle: ({ query }) => historyPage('marketplace', nobody, query),
    }),
    ...(['PUT', 'DELETE'] as const).map((method) =>
      route({
        method,
        url: '/v1/settings/:key',
        operationId: method === 'PUT' ? 'changeSetting' : 'resetSetting',
        summary: method === 'PUT' ? 'Change a setting of the marketplace' : 'Let its default hold again',
        description: 'Send its version as If-Match: "0" while nobody has set it.',
        tag,
        access: { permission: 'operator' },
        params: KeyParams,
        ...(method === 'PUT' && { body: ValueBody }),
        answers: { 200: SettingView },
        errors: [...changes, ...guarded],
        handle: (request) => change(deps, request as RouteRequest, 'marketplace', nobody, true),
      }),
    ),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/settings',
      operationId: 'listShopSettings',
      summary: 'Settings of a shop',
      description:
        'As they hold there: the shop’s own, else the marketplace’s, else the default. What shoppers may know for everybody; all of them for its staff and operators.',
      tag,
      access: 'public',
      params: ShopParams,
      answers: { 200: SettingList },
      async handle({ params: { shopId }, principal }) {
        const everything = principal !== undefined && mayActFor(principal, shopId, 'settings')
        const all = await settingsInForce(deps.db.autocommit, 'shop', shopId)
        return ok(visible(all, everything), principal === undefined ? brief : undefined)
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/settings/history',
      operationId: 'listShopSettingHistory',
      summary: 'Who changed settings of a shop',
      tag,
      access: { duty: 'settings' },
      params: ShopParams,
      query: Type.Object(paging, closed),
      answers: { 200: listOf(SettingHistoryView) },
      errors: ['settings-shop-not-found'],
      async handle(request) {
        await assertShop(request, request.params.shopId)
        return historyPage('shop', request.params.shopId, request.query)
      },
    }),
    ...(['PUT', 'DELETE'] as const).map((method) =>
      route({
        method,
        url: '/v1/shops/:shopId/settings/:key',
        operationId: method === 'PUT' ? 'changeShopSetting' : 'resetShopSetting',
        summary: method === 'PUT' ? 'Change a setting of a shop' : 'Let the marketplace’s hold again',
        description: 'Send its version as If-Match: "0" while the shop has not set it.',
        tag,
        access: { duty: 'settings' },
        params: ShopKeyParams,
        ...(method === 'PUT' && { body: ValueBody }),
        answers: { 200: SettingView },
        errors: ['settings-shop-not-found', ...changes, ...guarded],
        async handle(request) {
          const { shopId } = request.params as { shopId: string }
          await assertShop(request, shopId)
          return change(deps, request as RouteRequest, 'shop', shopId, true)
        },
      }),
    ),
    route({
      method: 'GET',
      url: '/v1/settings/mine',
      operationId: 'listMySettings',
      summary: 'Your own settings',
      tag,
      access: 'signed-in',
      answers: { 200: SettingList },
      handle: async ({ me }) => ok(visible(await settingsInForce(deps.db.autocommit, 'user', me.accountId), true)),
    }),
    ...(['PUT', 'DELETE'] as const).map((method) =>
      route({
        method,
        url: '/v1/settings/mine/:key',
        operationId: method === 'PUT' ? 'changeMySetting' : 'resetMySetting',
        summary: method === 'PUT' ? 'Change a setting of yours' : 'Let its default hold again',
        tag,
        access: 'signed-in',
        params: KeyParams,
        ...(method === 'PUT' && { body: ValueBody }),
        answers: { 200: SettingView },
        errors: changes,
        handle: (request) => change(deps, request as RouteRequest, 'user', request.me.accountId, false),
      }),
    ),
  ]
}

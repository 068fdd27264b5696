import {
  created,
  cursorOf,
  etag,
  ok,
  pageOf,
  type Principal,
  readCursor,
  route,
  type Route,
  type RouteRequest,
  versionFrom,
} from '@souk/http'
import type { Tx } from '@souk/postgres'
import { Type } from 'typebox'
import { editShop, moveShop, setCommission, shopNotFound } from './change-shop.ts'
import { byOf, closed, paging, requireDuty, type RouteDeps, ShopParams, tag } from './edge.ts'
import { memberRoutes } from './member-routes.ts'
import { endOfPrefix, searchOf, slugPattern } from './names.ts'
import { registerShop } from './register-shop.ts'
import { requireOwner } from './set-members.ts'
import { type ShopAction, shopStatuses, verifications } from './shop.ts'
import {
  findShop,
  findShopBySlug,
  type ListFilter,
  listHistory,
  listShops,
  listShopsOf,
  runList,
  searchShops,
  type Shop,
} from './shops.sql.ts'
import { tellIdentity, tellOrders } from './tell-others.ts'
import { EditShopBody, HistoryView, historyView, line, listOf, NewShopBody, ShopView, shopView } from './views.ts'

const Reason = line(1, 1_000, 'For whoever reads the history.')

const worksIn = (principal: Principal | undefined, shopId: string): boolean =>
  principal !== undefined && (principal.permissions.has('operator') || principal.duties.has(shopId))

/** What this caller may see of a shop: everybody sees open ones, its people and operators see it always. */
function visible(shop: Shop | undefined, principal: Principal | undefined, asked: string) {
  const managed = shop !== undefined && worksIn(principal, shop.shopId)
  if (shop === undefined || !(managed || shop.status === 'open')) throw shopNotFound(asked)
  return ok(shopView(shop, managed), etag(shop.version))
}

export function shopRoutes(deps: RouteDeps): Route[] {
  /** Move a shop and see to it that orders knows before we answer; 202 when it could not be reached. */
  async function moveAndTell(
    request: RouteRequest,
    shopId: string,
    action: ShopAction,
    reason: string,
    guard?: (tx: Tx) => Promise<void>,
  ) {
    const by = byOf(request)
    const answer = await request.once(deps.db, async (tx) => {
      await guard?.(tx)
      const shop = await moveShop(deps, tx, shopId, action, reason, by)
      return ok(shopView(shop, true), etag(shop.version))
    })
    return (await tellOrders(deps, shopId)) ? answer : { ...answer, status: 202 }
  }
  const movedAnswers = { 200: ShopView, 202: ShopView }
  const told =
    'Orders is told before the answer: 200 means it sells or has stopped selling now. 202: done here, but orders could not be reached; it is told as soon as it can be.'

  return [
    route({
      method: 'POST',
      url: '/v1/shops',
      operationId: 'registerShop',
      summary: 'Register a shop',
      description:
        'The caller becomes its owner; refresh the access token to act for it. Unless the marketplace is set up otherwise, it sells only after an operator has verified it.',
      tag,
      access: 'signed-in',
      body: NewShopBody,
      answers: { 201: ShopView },
      errors: ['shop-slug-taken', 'shop-limit-reached'],
      async handle(request) {
        const by = byOf(request)
        const { name, slug, country, currency, ...profile } = request.body
        const answer = await request.once(deps.db, async (tx) => {
          const shop = await registerShop(
            deps,
            tx,
            { name, country, currency, profile, ...(slug !== undefined && { slug }) },
            by,
          )
          return created(shopView(shop, true), { ...etag(shop.version), location: `/v1/shops/${shop.shopId}` })
        })
        const { id } = answer.body as { id: string }
        await Promise.all([tellIdentity(deps, id, by.accountId), tellOrders(deps, id)])
        return answer
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops',
      operationId: 'listShops',
      summary: 'List or search shops',
      description:
        'Open shops by name. `search` finds those with a word that begins so. Operators may ask for other states.',
      tag,
      access: 'public',
      query: Type.Object(
        {
          ...paging,
          search: Type.Optional(line(1, 80)),
          status: Type.Optional(Type.Enum(shopStatuses, { description: 'For operators.' })),
          verification: Type.Optional(Type.Enum(verifications, { description: 'For operators.' })),
        },
        closed,
      ),
      answers: { 200: listOf(ShopView) },
      async handle({ query, principal }) {
        const operator = principal?.permissions.has('operator') ?? false
        const after = placeIn('shops', query.cursor)
        const search = query.search === undefined ? '' : searchOf(query.search)
        const statement =
          search !== ''
            ? searchShops(search, endOfPrefix(search), !operator, after, query.limit + 1)
            : listShops(filterOf(query, operator), after, query.limit + 1)
        return ok(
          pageOf(
            await runList(deps.db.autocommit, statement),
            query.limit,
            (shop) => shopView(shop, worksIn(principal, shop.shopId)),
            (last) => cursorOf('shops', last.name_key, last.shopId),
          ),
        )
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/mine',
      operationId: 'listMyShops',
      summary: 'List the shops you are a member of',
      tag,
      access: 'signed-in',
      query: Type.Object(paging, closed),
      answers: { 200: listOf(ShopView) },
      async handle({ query, me }) {
        const statement = listShopsOf(me.accountId, placeIn('my-shops', query.cursor), query.limit + 1)
        return ok(
          pageOf(
            await runList(deps.db.autocommit, statement),
            query.limit,
            (shop) => shopView(shop, worksIn(me, shop.shopId)),
            (last) => cursorOf('my-shops', '', last.shopId),
          ),
        )
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId',
      operationId: 'getShop',
      summary: 'Get a shop',
      tag,
      access: 'public',
      params: ShopParams,
      answers: { 200: ShopView },
      errors: ['shop-not-found'],
      handle: async ({ params, principal }) =>
        visible(await findShop(deps.db.autocommit, params.shopId), principal, params.shopId),
    }),
    route({
      method: 'GET',
      url: '/v1/shops/by-slug/:slug',
      operationId: 'getShopBySlug',
      summary: 'Get a shop by its address',
      tag,
      access: 'public',
      params: Type.Object({ slug: Type.String({ pattern: slugPattern }) }, closed),
      answers: { 200: ShopView },
      errors: ['shop-not-found'],
      handle: async ({ params, principal }) =>
        visible(await findShopBySlug(deps.db.autocommit, params.slug), principal, params.slug),
    }),
    route({
      method: 'PATCH',
      url: '/v1/shops/:shopId',
      operationId: 'editShop',
      summary: 'Edit the profile of a shop',
      description: 'Fields left out stay as they are. Send the ETag you read as If-Match.',
      tag,
      access: { duty: 'settings' },
      params: ShopParams,
      body: EditShopBody,
      answers: { 200: ShopView },
      errors: ['shop-not-found', 'version-mismatch', 'precondition-required'],
      async handle(request) {
        const { shopId } = request.params
        requireDuty(request, shopId, 'settings')
        const ifVersion = versionFrom(request.headers['if-match'])
        return request.once(deps.db, async (tx) => {
          const shop = await editShop(deps, tx, shopId, ifVersion, request.body, byOf(request))
          return ok(shopView(shop, true), etag(shop.version))
        })
      },
    }),
    route({
      method: 'POST',
      url: '/v1/shops/:shopId/verification/request',
      operationId: 'requestShopVerification',
      summary: 'Ask to be verified',
      tag,
      access: { duty: 'settings' },
      params: ShopParams,
      body: Type.Object({ note: Type.Optional(line(0, 1_000)) }, closed),
      answers: movedAnswers,
      errors: ['shop-not-found', 'shop-move-refused'],
      async handle(request) {
        requireDuty(request, request.params.shopId, 'settings')
        return moveAndTell(request, request.params.shopId, 'request', request.body.note ?? '')
      },
    }),
    route({
      method: 'POST',
      url: '/v1/shops/:shopId/verification',
      operationId: 'decideShopVerification',
      summary: 'Verify or reject a shop',
      description: `A verified shop opens. One that is rejected stops selling. ${told}`,
      tag,
      access: { permission: 'operator' },
      params: ShopParams,
      body: Type.Union([
        Type.Object({ decision: Type.Literal('verify'), reason: Type.Optional(line(0, 1_000)) }, closed),
        Type.Object({ decision: Type.Literal('reject'), reason: Reason }, closed),
      ]),
      answers: movedAnswers,
      errors: ['shop-not-found', 'shop-move-refused'],
      handle: (request) =>
        moveAndTell(request, request.params.shopId, request.body.decision, request.body.reason ?? ''),
    }),
    ...(['suspend', 'reinstate'] as const).map((action) =>
      route({
        method: 'POST',
        url: `/v1/shops/:shopId/${action}`,
        operationId: `${action}Shop`,
        summary: action === 'suspend' ? 'Stop a shop from selling, at once' : 'Let a suspended shop sell again',
        description: told,
        tag,
        access: { permission: 'operator' },
        params: ShopParams,
        body: Type.Object({ reason: Reason }, closed),
        answers: movedAnswers,
        errors: ['shop-not-found', 'shop-move-refused'],
        handle: (request) => moveAndTell(request, request.params.shopId, action, request.body.reason),
      }),
    ),
    route({
      method: 'POST',
      url: '/v1/shops/:shopId/close',
      operationId: 'closeShop',
      summary: 'Close a shop for good',
      description: `For its owners and for operators. Orders already placed are not touched. ${told}`,
      tag,
      access: { duty: 'settings' },
      params: ShopParams,
      body: Type.Object({ reason: Type.Optional(line(0, 1_000)) }, closed),
      answers: movedAnswers,
      errors: ['shop-not-found', 'shop-move-refused', 'owners-only'],
      async handle(request) {
        const { shopId } = request.params
        requireDuty(request, shopId, 'settings')
        return moveAndTell(request, shopId, 'close', request.body.reason ?? '', (tx) =>
          requireOwner(tx, shopId, byOf(request)),
        )
      },
    }),
    route({
      method: 'PUT',
      url: '/v1/shops/:shopId/commission',
      operationId: 'setShopCommission',
      summary: "Set a shop's commission",
      tag,
      access: { permission: 'operator' },
      params: ShopParams,
      body: Type.Object(
        {
          basisPoints: Type.Integer({ minimum: 0, maximum: 10_000, description: '1000 is 10 %.' }),
          reason: Type.Optional(line(0, 1_000)),
        },
        closed,
      ),
      answers: { 200: ShopView },
      errors: ['shop-not-found'],
      handle: (request) =>
        request.once(deps.db, async (tx) => {
          const { basisPoints, reason = '' } = request.body
          const shop = await setCommission(deps, tx, request.params.shopId, basisPoints, reason, byOf(request))
          return ok(shopView(shop, true), etag(shop.version))
        }),
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/history',
      operationId: 'listShopHistory',
      summary: 'What became of a shop, latest first',
      tag,
      access: { duty: 'settings' },
      params: ShopParams,
      query: Type.Object(paging, closed),
      answers: { 200: listOf(HistoryView) },
      errors: ['shop-not-found'],
      async handle(request) {
        const { params, query } = request
        requireDuty(request, params.shopId, 'settings')
        const before = readCursor('history', query.cursor, 'integer')?.[0]
        return ok(
          pageOf(
            await listHistory(deps.db.autocommit, params.shopId, before, query.limit + 1),
            query.limit,
            historyView,
            (last) => cursorOf('history', Number(last.entryId)),
          ),
        )
      },
    }),
    ...memberRoutes(deps),
  ]
}

/** Behind which shop of a list by name a page begins. */
function placeIn(list: string, cursor: string | undefined): { key: string; id: string } | undefined {
  const place = readCursor(list, cursor, 'text', 'id')
  return place && { key: place[0], id: place[1] }
}

type Wanted = { status?: (typeof shopStatuses)[number]; verification?: (typeof verifications)[number] }

/** Whoever is no operator is shown open shops, whatever they ask for. */
function filterOf({ status, verification }: Wanted, operator: boolean): ListFilter {
  if (!operator) return { kind: 'status', value: 'open' }
  if (verification !== undefined) return { kind: 'verification', value: verification }
  return status === undefined ? { kind: 'all' } : { kind: 'status', value: status }
}

import { createHash } from 'node:crypto'
import {
  created,
  cursorOf,
  etag,
  noContent,
  ok,
  pageOf,
  type Principal,
  readCursor,
  type Route,
  type RouteRequest,
  route,
  versionFrom,
} from '@souk/http'
import type { Database } from '@souk/postgres'
import { Type } from 'typebox'
import {
  changeFlag,
  createFlag,
  type FlagBy,
  type FlagDeps,
  flagNotFound,
  removeFlag,
  restoreFlag,
} from './change-flag.ts'
import { evaluate, type Flag, type FlagContext } from './flag.ts'
import { findFlag, flagHistory, listFlags } from './flags.sql.ts'
import type { Snapshot } from './snapshot.ts'
import {
  closed,
  EvaluatedView,
  FlagBody,
  FlagHistoryView,
  FlagParams,
  FlagView,
  flagHistoryView,
  flagView,
  Id,
  listOf,
  NewFlagBody,
  paging,
} from './views.ts'

export type FlagRouteDeps = FlagDeps & { db: Database; snapshot: Snapshot }

const tag = 'Feature flags'
const operator = { permission: 'operator' } as const
const guarded = [
  'flag-not-found',
  'flag-refused',
  'flag-declared',
  'version-mismatch',
  'precondition-required',
] as const

const byOf = ({ me, correlationId }: Pick<RouteRequest, 'me' | 'correlationId'>): FlagBy => ({
  accountId: me.accountId,
  correlationId,
})

/** Who asks, for rules by role. */
export const rolesOf = (principal: Principal | undefined): string[] =>
  principal === undefined
    ? ['guest']
    : [
        'customer',
        ...(principal.duties.size > 0 ? ['staff'] : []),
        ...(principal.permissions.has('operator') ? ['operator'] : []),
      ]

export const flagRoutes = (deps: FlagRouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/flags/evaluated',
    operationId: 'evaluateFlags',
    summary: 'Feature flags as they are for you',
    description:
      'Answered from memory. Who is signed in is known by the account; a visitor sends a stable `key` of his own making, without which a gradual roll-out leaves him with the fallback. A flag hides or shows something; it permits nothing.',
    tag,
    access: 'public',
    query: Type.Object(
      {
        key: Type.Optional(Type.String({ maxLength: 100, pattern: '^[\\x21-\\x7e]*$' })),
        country: Type.Optional(Type.String({ pattern: '^[A-Za-z]{2}$' })),
        shopId: Type.Optional(Id),
      },
      closed,
    ),
    answers: { 200: EvaluatedView, 304: Type.Null() },
    async handle({ query, principal, headers }) {
      const context: FlagContext = {
        targetingKey: principal?.accountId ?? query.key,
        shopId: query.shopId,
        country: query.country,
        roles: rolesOf(principal),
      }
      const items = deps.snapshot
        .all()
        .filter(({ exposed }) => exposed)
        .map((flag) => ({ key: flag.key, ...evaluate(flag, context) }))
      const body = { items }
      const tagged = `"${createHash('sha1').update(JSON.stringify(body)).digest('base64url').slice(0, 20)}"`
      const about = { etag: tagged, 'cache-control': 'private, max-age=5' }
      return headers['if-none-match'] === tagged ? { status: 304, headers: about } : ok(body, about)
    },
  }),
  route({
    method: 'GET',
    url: '/v1/flags',
    operationId: 'listFlags',
    summary: 'All feature flags',
    tag,
    access: operator,
    query: Type.Object(paging, closed),
    answers: { 200: listOf(FlagView) },
    async handle({ query }) {
      const place = readCursor('flags', query.cursor, 'text')
      const rows = await listFlags(deps.db.autocommit, place?.[0], query.limit + 1)
      return ok(pageOf(rows, query.limit, flagView, (last) => cursorOf('flags', last.key)))
    },
  }),
  route({
    method: 'POST',
    url: '/v1/flags',
    operationId: 'createFlag',
    summary: 'Add a feature flag',
    tag,
    access: operator,
    body: NewFlagBody,
    answers: { 201: FlagView },
    errors: ['flag-exists', 'flag-refused', 'flag-declared'],
    async handle(request) {
      const { note = '', ...flag } = request.body
      const answer = await request.once(deps.db, async (tx) => {
        const row = await createFlag(deps, tx, flag as Flag, note, byOf(request))
        return created(flagView(row), { ...etag(row.version), location: `/v1/flags/${row.key}` })
      })
      await deps.snapshot.refresh()
      return answer
    },
  }),
  route({
    method: 'GET',
    url: '/v1/flags/:flagKey',
    operationId: 'getFlag',
    summary: 'Get a feature flag',
    tag,
    access: operator,
    params: FlagParams,
    answers: { 200: FlagView },
    errors: ['flag-not-found'],
    async handle({ params: { flagKey } }) {
      const row = await findFlag(deps.db.autocommit, flagKey)
      if (row === undefined) throw flagNotFound(flagKey)
      return ok(flagView(row), etag(row.version))
    },
  }),
  route({
    method: 'PUT',
    url: '/v1/flags/:flagKey',
    operationId: 'changeFlag',
    summary: 'Change a feature flag',
    description: 'The whole of it. Send its ETag as If-Match. In force at once here, and within a second everywhere.',
    tag,
    access: operator,
    params: FlagParams,
    body: FlagBody,
    answers: { 200: FlagView },
    errors: guarded,
    async handle(request) {
      const ifVersion = versionFrom(request.headers['if-match'])
      const { note = '', ...definition } = request.body
      const flag = { key: request.params.flagKey, ...definition } as Flag
      const answer = await request.once(deps.db, async (tx) => {
        const row = await changeFlag(deps, tx, flag, ifVersion, note, byOf(request))
        return ok(flagView(row), etag(row.version))
      })
      await deps.snapshot.refresh()
      return answer
    },
  }),
  route({
    method: 'POST',
    url: '/v1/flags/:flagKey/restore',
    operationId: 'restoreFlag',
    summary: 'Go back to an earlier version of a flag',
    tag,
    access: operator,
    params: FlagParams,
    body: Type.Object({ version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }, closed),
    answers: { 200: FlagView },
    errors: guarded,
    async handle(request) {
      const ifVersion = versionFrom(request.headers['if-match'])
      const { flagKey } = request.params
      const answer = await request.once(deps.db, async (tx) => {
        const row = await restoreFlag(deps, tx, flagKey, request.body.version, ifVersion, byOf(request))
        return ok(flagView(row), etag(row.version))
      })
      await deps.snapshot.refresh()
      return answer
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/flags/:flagKey',
    operationId: 'removeFlag',
    summary: 'Remove a feature flag',
    tag,
    access: operator,
    params: FlagParams,
    answers: { 204: Type.Null() },
    errors: ['flag-not-found', 'flag-declared', 'version-mismatch', 'precondition-required'],
    async handle(request) {
      const ifVersion = versionFrom(request.headers['if-match'])
      const answer = await request.once(deps.db, async (tx) => {
        await removeFlag(deps, tx, request.params.flagKey, ifVersion, byOf(request))
        return noContent
      })
      await deps.snapshot.refresh()
      return answer
    },
  }),
  route({
    method: 'GET',
    url: '/v1/flags/:flagKey/history',
    operationId: 'listFlagHistory',
    summary: 'Every version of a feature flag',
    tag,
    access: operator,
    params: FlagParams,
    query: Type.Object(paging, closed),
    answers: { 200: listOf(FlagHistoryView) },
    errors: ['flag-not-found'],
    async handle({ params: { flagKey }, query }) {
      const place = readCursor('flag-history', query.cursor, 'integer')
      const rows = await flagHistory(deps.db.autocommit, flagKey, place?.[0], query.limit + 1)
      if (rows.length === 0 && place === undefined) throw flagNotFound(flagKey)
      return ok(pageOf(rows, query.limit, flagHistoryView, (last) => cursorOf('flag-history', last.version)))
    },
  }),
]

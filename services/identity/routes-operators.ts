import { created, cursorOf, noContent, ok, pageOf, type Route, readCursor, route } from '@souk/http'
import { isUuid, type Tx } from '@souk/postgres'
import { Type } from 'typebox'
import { accountById, idsOfCalled, listAccounts } from './accounts.sql.ts'
import { setRoles, setStatus } from './administer-accounts.ts'
import { callerOf, unstored } from './caller.ts'
import { closeAccount } from './close-account.ts'
import { calledAs } from './email.ts'
import { errors } from './errors.ts'
import type { Identity } from './identity.ts'
import { makeRehearsalShoppers, removeRehearsalShoppers } from './rehearsal-shoppers.ts'
import * as schemas from './schemas.ts'
import { from } from './sessions.ts'
import { appendTrail } from './trail.ts'
import { readTrail } from './trail.sql.ts'

const operators = { permission: 'operator' }
const accountParams = schemas.closed({ accountId: schemas.id })

type Shown = NonNullable<Awaited<ReturnType<typeof accountById>>>
const shape = ({ id, email, name, status, roles, createdAt }: Omit<Shown, 'passwordHash'>) => ({
  accountId: id,
  email,
  name,
  status,
  roles,
  createdAt: createdAt.toISOString(),
})

const mostPeople = 1_000
const peopleCalled = async (tx: Tx, who: string): Promise<string[]> => {
  const id = who.trim().toLowerCase()
  return isUuid(id) ? [id] : idsOfCalled(tx, calledAs(who), mostPeople)
}

/** Running the marketplace: accounts, signing keys, the trail, rehearsals. */
export function operatorRoutes(identity: Identity, settings: { rehearsal: boolean }): Route[] {
  const { db } = identity
  const turn = (to: 'disable' | 'enable', status: 'disabled' | 'active') =>
    route({
      method: 'POST',
      url: `/v1/identity/accounts/:accountId/${to}`,
      operationId: `${to}Account`,
      summary: to === 'disable' ? 'Disable an account' : 'Enable an account again',
      ...(to === 'disable' && { description: 'Its sessions end and its API keys stop.' }),
      tag: 'Identity',
      access: operators,
      params: accountParams,
      answers: { 200: schemas.closed({ accountId: schemas.id, status: Type.String() }) },
      errors: ['account-not-found', 'last-operator'],
      handle: (request) =>
        request.once(db, async (tx) => {
          const { accountId } = request.params
          await setStatus(identity, tx, request.me.accountId, { accountId, status }, callerOf(request))
          return ok({ accountId, status })
        }),
    })
  return [
    route({
      method: 'GET',
      url: '/v1/identity/accounts',
      operationId: 'listAccounts',
      summary: 'Accounts, oldest first',
      description: 'With `query` those whose e-mail address begins so, or the words of whose name do.',
      tag: 'Identity',
      access: operators,
      query: schemas.closed({ ...schemas.pageQuery.properties, query: Type.Optional(schemas.called) }),
      answers: { 200: schemas.page(schemas.account) },
      async handle({ query: { limit, cursor, query } }) {
        const [afterId] = readCursor('accounts', cursor, 'id') ?? []
        const wanted = query === undefined ? {} : { called: calledAs(query) }
        const rows = await listAccounts(db.autocommit, { afterId, limit: limit + 1, ...wanted })
        return ok(pageOf(rows, limit, shape, (row) => cursorOf('accounts', row.id)))
      },
    }),
    route({
      method: 'GET',
      url: '/v1/identity/accounts/:accountId',
      operationId: 'getAccount',
      summary: 'An account',
      tag: 'Identity',
      access: operators,
      params: accountParams,
      answers: { 200: schemas.account },
      errors: ['account-not-found'],
      async handle({ params }) {
        const account = await accountById(db.autocommit, params.accountId)
        if (account === undefined) throw errors.error('account-not-found', 'There is no account with this id.')
        return ok(shape(account))
      },
    }),
    route({
      method: 'PUT',
      url: '/v1/identity/accounts/:accountId/roles',
      operationId: 'setAccountRoles',
      summary: 'Give an account these roles and take all others',
      description: 'Who loses a role is signed out everywhere, so that no token in use still carries it.',
      tag: 'Identity',
      access: operators,
      params: accountParams,
      body: schemas.closed({ roles: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 20 }) }),
      answers: { 200: schemas.closed({ accountId: schemas.id, roles: Type.Array(Type.String()) }) },
      errors: ['account-not-found', 'role-unknown', 'last-operator'],
      handle: (request) =>
        request.once(db, async (tx) => {
          const { accountId } = request.params
          const wanted = { accountId, roles: request.body.roles }
          return ok({ accountId, roles: await setRoles(identity, tx, request.me.accountId, wanted, callerOf(request)) })
        }),
    }),
    turn('disable', 'disabled'),
    turn('enable', 'active'),
    route({
      method: 'POST',
      url: '/v1/identity/accounts/:accountId/close',
      operationId: 'closeAccount',
      summary: 'Close an account for good, for somebody who asked for it',
      description: 'As its owner could: everything personal is erased, orders stay. Nothing brings it back.',
      tag: 'Identity',
      access: operators,
      params: accountParams,
      answers: { 204: Type.Null() },
      errors: ['account-not-found', 'account-in-shops', 'last-operator'],
      handle: (request) =>
        request.once(db, async (tx) => {
          await closeAccount(identity, tx, request.me.accountId, request.params.accountId, callerOf(request))
          return noContent
        }),
    }),
    route({
      method: 'POST',
      url: '/v1/identity/keys/rotate',
      operationId: 'rotateSigningKeys',
      summary: 'Sign access tokens with the next key from now on',
      description: 'Tokens signed with the old key are accepted until they expire, 15 minutes at most.',
      tag: 'Identity',
      access: operators,
      answers: { 200: schemas.closed({ kid: Type.String() }) },
      async handle(request) {
        const upcoming = await identity.keyring.newSigningKey()
        return request.once(db, async (tx) => {
          const { kid } = await identity.keyring.rotate(tx, upcoming)
          const about = { actorId: request.me.accountId, ...from(callerOf(request)), detail: { kid } }
          await appendTrail(tx, [{ kind: 'signing-key-rotated', ...about }], identity.clock())
          return ok({ kid })
        })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/identity/trail',
      operationId: 'listTrail',
      summary: 'What happened around sign-in, newest first',
      tag: 'Identity',
      access: operators,
      query: schemas.trailQuery,
      answers: { 200: schemas.page(schemas.trailEvent) },
      async handle({ query: { limit, cursor, who, from, until, ...filter } }) {
        const [beforeSeq] = readCursor('trail', cursor, 'integer') ?? []
        const rows = await readTrail(db.autocommit, {
          ...filter,
          beforeSeq,
          limit: limit + 1,
          ...(who !== undefined && { people: await peopleCalled(db.autocommit, who) }),
          ...(from !== undefined && { from: new Date(from) }),
          ...(until !== undefined && { until: new Date(until) }),
        })
        const shapeEvent = (row: (typeof rows)[number]) => ({ ...row, occurredAt: row.occurredAt.toISOString() })
        return ok(pageOf(rows, limit, shapeEvent, (row) => cursorOf('trail', row.seq)))
      },
    }),
    route({
      method: 'POST',
      url: '/v1/identity/rehearsal-shoppers',
      operationId: 'makeRehearsalShoppers',
      summary: 'Make signed-in shoppers for a load test',
      description: 'Accounts nobody can sign in to, each with an access token of 15 minutes. Off in production.',
      tag: 'Identity',
      access: operators,
      idempotency: 'none',
      body: schemas.closed({ count: Type.Integer({ minimum: 1, maximum: 1000 }) }),
      answers: {
        201: schemas.closed({
          items: Type.Array(schemas.closed({ accountId: schemas.id, accessToken: Type.String() })),
        }),
      },
      errors: ['rehearsal-off'],
      async handle(request) {
        if (!settings.rehearsal) throw errors.error('rehearsal-off', 'Rehearsals are switched off here.')
        const { me, body } = request
        return created(
          { items: await makeRehearsalShoppers(identity, me.accountId, body.count, callerOf(request)) },
          unstored,
        )
      },
    }),
    route({
      method: 'DELETE',
      url: '/v1/identity/rehearsal-shoppers',
      operationId: 'removeRehearsalShoppers',
      summary: 'Take all rehearsal shoppers away',
      tag: 'Identity',
      access: operators,
      idempotency: 'none',
      answers: { 200: schemas.closed({ removed: Type.Integer() }) },
      timeoutMs: 120_000,
      handle: async (request) =>
        ok({ removed: await removeRehearsalShoppers(identity, request.me.accountId, callerOf(request)) }),
    }),
  ]
}

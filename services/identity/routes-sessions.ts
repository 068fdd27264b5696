import { cursorOf, noContent, ok, pageOf, type Route, readCursor, route } from '@souk/http'
import { Type } from 'typebox'
import { accountById } from './accounts.sql.ts'
import { callerOf, personOf, shopsOf } from './caller.ts'
import { changePassword } from './change-password.ts'
import { closeOwnAccount } from './close-account.ts'
import { errors } from './errors.ts'
import type { Identity } from './identity.ts'
import * as schemas from './schemas.ts'
import { endOwnSession, listSessions, logOut } from './sessions.ts'

/** What somebody signed in can see and end. */
export function sessionRoutes(identity: Identity): Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/auth/logout',
      operationId: 'logOut',
      summary: 'End this session',
      description: 'Its refresh token ends at once, its access token as soon as every process has heard of it.',
      tag: 'Identity',
      access: 'signed-in',
      idempotency: 'none',
      answers: { 204: Type.Null() },
      errors: ['session-needed'],
      async handle(request) {
        const { accountId, sessionId } = personOf(request)
        await logOut(identity, { accountId, sessionId }, callerOf(request))
        return noContent
      },
    }),
    route({
      method: 'GET',
      url: '/v1/auth/verify',
      operationId: 'verify',
      summary: 'Who this token or API key stands for',
      tag: 'Identity',
      access: 'signed-in',
      answers: { 200: schemas.principal },
      async handle({ me }) {
        const { accountId, sessionId, kind, permissions, duties } = me
        return ok({ accountId, sessionId, kind, permissions: [...permissions], shops: shopsOf(duties) })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/auth/me',
      operationId: 'getMe',
      summary: 'My account',
      tag: 'Identity',
      access: 'signed-in',
      answers: { 200: schemas.me },
      errors: ['account-not-found'],
      async handle({ me }) {
        const account = await accountById(identity.db.autocommit, me.accountId)
        if (account === undefined) throw errors.error('account-not-found', 'This account does not exist any more.')
        const { id, email, name, status, roles, createdAt } = account
        const about = { accountId: id, email, name, status, roles, createdAt: createdAt.toISOString() }
        return ok({ ...about, permissions: [...me.permissions], shops: shopsOf(me.duties) })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/auth/sessions',
      operationId: 'listSessions',
      summary: 'My live sessions, newest first',
      tag: 'Identity',
      access: 'signed-in',
      query: schemas.pageQuery,
      answers: { 200: schemas.page(schemas.session) },
      errors: ['session-needed'],
      async handle(request) {
        const { accountId, sessionId } = personOf(request)
        const { limit, cursor } = request.query
        const [beforeId] = readCursor('sessions', cursor, 'id') ?? []
        const rows = await listSessions(identity, accountId, { beforeId, limit: limit + 1 })
        const page = pageOf(
          rows,
          limit,
          ({ id, createdAt, lastUsedAt, expiresAt, address, userAgent }) => ({
            sessionId: id,
            createdAt: createdAt.toISOString(),
            lastUsedAt: lastUsedAt.toISOString(),
            expiresAt: expiresAt.toISOString(),
            address,
            userAgent,
            current: id === sessionId,
          }),
          (row) => cursorOf('sessions', row.id),
        )
        return ok(page)
      },
    }),
    route({
      method: 'DELETE',
      url: '/v1/auth/sessions/:sessionId',
      operationId: 'endSession',
      summary: 'End one of my sessions',
      tag: 'Identity',
      access: 'signed-in',
      idempotency: 'none',
      params: schemas.closed({ sessionId: schemas.id }),
      answers: { 204: Type.Null() },
      errors: ['session-needed', 'session-not-found'],
      async handle(request) {
        await endOwnSession(identity, personOf(request).accountId, request.params.sessionId, callerOf(request))
        return noContent
      },
    }),
    route({
      method: 'POST',
      url: '/v1/auth/password',
      operationId: 'changePassword',
      summary: 'Change my password',
      description: 'Ends all my other sessions. API keys stay.',
      tag: 'Identity',
      access: 'signed-in',
      idempotency: 'none',
      body: schemas.closed({ currentPassword: schemas.password, newPassword: schemas.newPassword }),
      answers: { 204: Type.Null() },
      errors: [
        'session-needed',
        'sign-in-refused',
        'sign-in-slowed',
        'sign-in-busy',
        'password-too-weak',
        'account-not-found',
      ],
      async handle(request) {
        const { accountId, sessionId } = personOf(request)
        await changePassword(identity, { accountId, sessionId }, request.body, callerOf(request))
        return noContent
      },
    }),
    route({
      method: 'POST',
      url: '/v1/auth/close',
      operationId: 'closeMyAccount',
      summary: 'Close my account for good',
      description:
        'Ends all sessions and API keys; name, addresses, pictures, lists and preferences are erased. Orders stay with the shops, as the law asks, and so do consents given and taken back. Nothing brings it back. Guests, who have no password, leave it out.',
      tag: 'Identity',
      access: 'signed-in',
      idempotency: 'none',
      body: schemas.closed({ currentPassword: Type.Optional(schemas.password) }),
      answers: { 204: Type.Null() },
      errors: [
        'session-needed',
        'sign-in-refused',
        'sign-in-slowed',
        'sign-in-busy',
        'account-not-found',
        'account-in-shops',
        'last-operator',
      ],
      async handle(request) {
        await closeOwnAccount(identity, personOf(request).accountId, request.body, callerOf(request))
        return noContent
      },
    }),
  ]
}

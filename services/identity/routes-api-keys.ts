import { created, cursorOf, noContent, ok, pageOf, type Route, readCursor, route } from '@souk/http'
import { Type } from 'typebox'
import type { ApiKeyRow } from './api-keys.sql.ts'
import { callerOf, personOf, unstored } from './caller.ts'
import type { Identity } from './identity.ts'
import { listKeys, makeApiKey, revokeKey, rotateKey, type ShownKey } from './manage-api-keys.ts'
import * as schemas from './schemas.ts'

const shape = (row: ApiKeyRow) => ({
  keyId: row.id,
  name: row.name,
  permissions: row.permissions,
  shopId: row.shopId,
  duties: row.duties,
  createdAt: row.createdAt.toISOString(),
  rotatedAt: row.rotatedAt?.toISOString() ?? null,
  expiresAt: row.expiresAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
})
const shown = ({ key, row }: ShownKey) => ({ ...shape(row), key })

/** A person's keys for machines. Answers with a secret are not stored under an Idempotency-Key. */
export function apiKeyRoutes(identity: Identity): Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/api-keys',
      operationId: 'makeApiKey',
      summary: 'Make an API key',
      description: 'With some of my own permissions, and duties in one shop if wanted. The key is shown this once.',
      tag: 'Identity',
      access: 'signed-in',
      idempotency: 'none',
      body: schemas.apiKeyWish,
      answers: { 201: schemas.apiKeyShown },
      errors: ['session-needed', 'api-key-too-mighty', 'too-many-api-keys'],
      handle: async (request) =>
        created(shown(await makeApiKey(identity, personOf(request), request.body, callerOf(request))), unstored),
    }),
    route({
      method: 'GET',
      url: '/v1/api-keys',
      operationId: 'listApiKeys',
      summary: 'My API keys, newest first',
      tag: 'Identity',
      access: 'signed-in',
      query: schemas.pageQuery,
      answers: { 200: schemas.page(schemas.apiKey) },
      errors: ['session-needed'],
      async handle(request) {
        const { limit, cursor } = request.query
        const { accountId } = personOf(request)
        const [beforeId] = readCursor('api-keys', cursor, 'id') ?? []
        const rows = await listKeys(identity, accountId, { beforeId, limit: limit + 1 })
        return ok(pageOf(rows, limit, shape, (row) => cursorOf('api-keys', row.id)))
      },
    }),
    route({
      method: 'DELETE',
      url: '/v1/api-keys/:keyId',
      operationId: 'revokeApiKey',
      summary: 'Revoke an API key',
      tag: 'Identity',
      access: 'signed-in',
      idempotency: 'none',
      params: schemas.closed({ keyId: schemas.id }),
      answers: { 204: Type.Null() },
      errors: ['session-needed', 'api-key-not-found'],
      async handle(request) {
        await revokeKey(identity, personOf(request).accountId, request.params.keyId, callerOf(request))
        return noContent
      },
    }),
    route({
      method: 'POST',
      url: '/v1/api-keys/:keyId/rotate',
      operationId: 'rotateApiKey',
      summary: 'Give an API key a new secret',
      description: 'And a new term. The secret before works for 24 hours more; one before that stops at once.',
      tag: 'Identity',
      access: 'signed-in',
      idempotency: 'none',
      params: schemas.closed({ keyId: schemas.id }),
      answers: { 200: schemas.apiKeyShown },
      errors: ['session-needed', 'api-key-not-found'],
      async handle(request) {
        const { accountId } = personOf(request)
        return ok(shown(await rotateKey(identity, accountId, request.params.keyId, callerOf(request))), unstored)
      },
    }),
  ]
}

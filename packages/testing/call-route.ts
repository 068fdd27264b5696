import { createHash, randomUUID } from 'node:crypto'
import { DomainError } from '@souk/errors'
import { type Access, type Answer, httpErrors, type Principal, type Route, type RouteRequest } from '@souk/http'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'

export type RouteCall = {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  headers?: Record<string, string>
  principal?: Principal
  idempotencyKey?: string
  correlationId?: string
  address?: string
}

type Remembered = { bodyHash: string; answer: Answer | undefined }
const rememberedBy = new WeakMap<readonly Route[], Map<string, Remembered>>()

/**
 * Run a route's handler as the HTTP edge would, without one: access, schemas, `once`, and the answer's own schema, which
 * must allow what is answered. Refusals come back as answers with `{ status, code, title, detail, … }`; anything else
 * thrown is passed on. Repeats are remembered per array of routes.
 */
export async function callRoute(routes: readonly Route[], operationId: string, call: RouteCall = {}): Promise<Answer> {
  const route = routes.find((candidate) => candidate.operationId === operationId)
  if (route === undefined)
    throw new Error(`no route ${operationId}; there are ${routes.map((each) => each.operationId).join(', ')}`)
  const refused = refusedAt(route.access, call.principal)
  if (refused !== undefined) return problemOf(refused)
  try {
    if (route.idempotency === 'required' && call.idempotencyKey === undefined)
      throw httpErrors.error('idempotency-key-required', 'Send an Idempotency-Key.')
    const request = requestOf(route, routes, call)
    const answer = await route.handle(request as RouteRequest<never, never, never>)
    checkAnswer(route, answer)
    return answer
  } catch (error) {
    if (error instanceof DomainError) return problemOf(error)
    throw error
  }
}

const problemOf = ({ row, code, message, extra, retryAfterSeconds }: DomainError): Answer => ({
  status: row.status,
  body: { ...extra, status: row.status, code, title: row.title, detail: message },
  ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
})

function refusedAt(access: Access, principal: Principal | undefined): DomainError | undefined {
  if (access === 'public') return undefined
  if (principal === undefined) return httpErrors.error('unauthenticated', 'Sign in first.')
  if (access === 'signed-in') return undefined
  const allowed =
    'permission' in access
      ? principal.permissions.has(access.permission)
      : principal.permissions.has('operator') ||
        [...principal.duties.values()].some((duties) => duties.has(access.duty))
  return allowed ? undefined : httpErrors.error('forbidden', 'This principal may not call the route.')
}

function requestOf(route: Route, routes: readonly Route[], call: RouteCall): RouteRequest {
  const body = checked(route.body, call.body, 'body')
  return {
    params: checked(route.params, call.params ?? {}, 'params', true),
    query: checked(route.query, call.query ?? {}, 'query', true),
    body,
    headers: call.headers ?? {},
    principal: call.principal,
    get me() {
      if (call.principal === undefined) throw new Error('a public route asked who it is talking to')
      return call.principal
    },
    idempotencyKey: call.idempotencyKey,
    correlationId: call.correlationId ?? randomUUID(),
    address: call.address ?? '127.0.0.1',
    once: (db, effects) => {
      if (route.method === 'GET' || route.idempotency === 'none' || call.idempotencyKey === undefined)
        return db.transaction(effects)
      const key = `${route.operationId} ${call.principal?.accountId} ${call.idempotencyKey}`
      return remember(routes, key, hashOf([call.params, call.query, body]), () => db.transaction(effects))
    },
  }
}

function checked(schema: TSchema | undefined, given: unknown, where: string, fromText = false): unknown {
  if (schema === undefined) {
    const absent = given === undefined || (where !== 'body' && Object.keys(given as object).length === 0)
    if (absent) return given
    throw httpErrors.error('validation-failed', `${where}: none is expected`)
  }
  const filled = Value.Default(schema, structuredClone(given))
  // What comes in an address is text: "20" is a number there, as it is for the HTTP edge.
  const value = fromText ? Value.Convert(schema, filled) : filled
  if (Value.Check(schema, value)) return value
  const faults = Value.Errors(schema, value).map((fault) => `${where}${fault.instancePath} ${fault.message}`)
  throw httpErrors.error('validation-failed', faults.join('; '))
}

async function remember(
  routes: readonly Route[],
  key: string,
  bodyHash: string,
  effects: () => Promise<Answer>,
): Promise<Answer> {
  const remembered = rememberedBy.get(routes) ?? new Map<string, Remembered>()
  rememberedBy.set(routes, remembered)
  const before = remembered.get(key)
  if (before !== undefined) {
    if (before.bodyHash !== bodyHash)
      throw httpErrors.error('idempotency-mismatch', 'This key was used for another request.')
    if (before.answer === undefined) throw httpErrors.error('idempotency-in-flight', 'The first one is under way.')
    return before.answer
  }
  const entry: Remembered = { bodyHash, answer: undefined }
  remembered.set(key, entry)
  try {
    entry.answer = await effects()
    return entry.answer
  } catch (error) {
    remembered.delete(key)
    throw error
  }
}

function checkAnswer(route: Route, answer: Answer): void {
  const schema = route.answers[answer.status]
  if (schema === undefined) throw new Error(`${route.operationId} answered ${answer.status}, which it does not declare`)
  if (answer.body === undefined) return
  const sent: unknown = JSON.parse(JSON.stringify(answer.body))
  if (Value.Check(schema, sent)) return
  const faults = Value.Errors(schema, sent).map((fault) => `${fault.instancePath} ${fault.message}`)
  throw new Error(`${route.operationId} answered what its schema does not allow: ${faults.join('; ')}`)
}

const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('hex')

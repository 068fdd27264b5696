import { createLogger, createMetrics } from '@souk/telemetry'
import { Type } from 'typebox'
import { errors } from './errors.ts'
import type { Principal, Route, RouteDefinition } from './route.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts'

/** A closed object. */
export const shape = <Properties extends Parameters<typeof Type.Object>[0]>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false })

export const aRoute = (given: Partial<RouteDefinition> = {}): Route => ({
  method: 'GET',
  url: '/v1/things',
  operationId: 'listThings',
  summary: 'List things',
  tag: 'Things',
  access: 'public',
  answers: { 200: shape({ done: Type.Boolean() }) },
  handle: async () => ({ status: 200, body: { done: true } }),
  ...given,
})

export const person = (given: Partial<Principal> = {}): Principal => ({
  accountId: 'account-1',
  sessionId: 'session-1',
  kind: 'session',
  permissions: new Set(),
  duties: new Map(),
  ...given,
})

/** A server that knows these people by their tokens, and keeps its log lines. */
export function aServer(
  given: Partial<HttpServerOptions> & { people?: Record<string, Principal> },
): HttpServer & { lines: Record<string, unknown>[] } {
  const { people = {}, ...options } = given
  const lines: Record<string, unknown>[] = []
  const find = (credential: string): Principal => {
    const found = people[credential]
    if (found === undefined) throw errors.error('unauthenticated', 'Nobody has this token.')
    return found
  }
  const server = createHttpServer({
    routes: [aRoute()],
    verify: find,
    verifyApiKey: async (apiKey) => find(apiKey),
    clock: () => new Date(),
    log: createLogger({
      level: 'debug',
      service: 'test',
      destination: { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
      pretty: false,
    }),
    metrics: createMetrics({ process: false }),
    info: { title: 'Test', version: '1' },
    ...options,
  })
  return Object.assign(server, { lines })
}

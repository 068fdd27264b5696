import type { ErrorRow } from '@souk/errors'
import { accessInWords } from './access.ts'
import type { Route } from './route.ts'

export type ApiInfo = { title: string; version: string; description?: string }
export type OpenApi = Record<string, unknown> & { paths: Record<string, Record<string, Record<string, unknown>>> }

type Rows = Readonly<Record<string, ErrorRow>>
type Schema = Readonly<Record<string, unknown>>

const problemSchema: Schema = {
  type: 'object',
  description: 'RFC 9457. Some codes add members of their own.',
  required: ['type', 'title', 'status', 'detail', 'code', 'correlationId'],
  properties: {
    type: { type: 'string', description: 'Address of a page about this code.', examples: ['/problems/not-found'] },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong this time, and what to do.' },
    code: { type: 'string', description: 'Never changes its meaning: branch on this.' },
    correlationId: { type: 'string', description: 'Quote it when you ask about this.' },
    faults: {
      type: 'array',
      description: 'With validation-failed: every fault of the request.',
      items: {
        type: 'object',
        required: ['in', 'path', 'message'],
        properties: {
          in: { type: 'string', enum: ['body', 'query', 'params'] },
          path: { type: 'string', examples: ['/lines/0/quantity'] },
          message: { type: 'string' },
        },
      },
    },
  },
}

const isUnsafe = (route: Route) => route.method !== 'GET'

/** The codes this route may answer with: its own and those the edge adds, given what it takes. */
export function codesOf(route: Route): string[] {
  const codes = new Set<string>(['rate-limited', 'internal', 'overloaded', 'database-unavailable', 'handler-timeout'])
  if (route.params !== undefined || route.query !== undefined || route.body !== undefined)
    codes.add('validation-failed')
  if (route.rawBody || route.streamBody)
    for (const code of ['body-too-large', 'unsupported-media-type']) codes.add(code)
  if (route.body !== undefined)
    for (const code of ['malformed-json', 'body-too-large', 'unsupported-media-type']) codes.add(code)
  if (route.access !== 'public') for (const code of ['unauthenticated', 'token-expired']) codes.add(code)
  if (typeof route.access === 'object') codes.add('forbidden')
  if (isUnsafe(route)) {
    codes.add('outcome-unknown')
    if (route.idempotency !== 'none')
      for (const code of ['idempotency-key-invalid', 'idempotency-in-flight', 'idempotency-mismatch']) codes.add(code)
    if (route.idempotency === 'required') codes.add('idempotency-key-required')
  }
  for (const code of route.errors ?? []) codes.add(code)
  return [...codes]
}

function problemAnswers(route: Route, rows: Rows): Record<string, unknown> {
  const byStatus = new Map<number, string[]>()
  for (const code of codesOf(route)) {
    const row = rows[code]
    if (row !== undefined) byStatus.set(row.status, [...(byStatus.get(row.status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${rows[code]?.title}.`).join('\n\n'),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [
                { $ref: '#/components/schemas/Problem' },
                { type: 'object', properties: { code: { type: 'string', enum: codes } } },
              ],
            },
          },
        },
      },
    ]),
  )
}

function parametersOf(route: Route): unknown[] {
  const of = (place: 'path' | 'query', schema: Schema | undefined) => {
    const { properties = {}, required = [] } = (schema ?? {}) as {
      properties?: Record<string, Schema>
      required?: string[]
    }
    return Object.entries(properties).map(([name, { description, ...rest }]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    }))
  }
  const parameters: unknown[] = [
    ...of('path', route.params as Schema | undefined),
    ...of('query', route.query as Schema | undefined),
  ]
  if (isUnsafe(route) && route.idempotency !== 'none')
    parameters.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: route.idempotency === 'required',
      description: 'One per intent, the same with every retry. A repeat within 24 hours gets the first answer.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
    })
  if (isUnsafe(route) && 202 in route.answers)
    parameters.push({
      name: 'Prefer',
      in: 'header',
      required: false,
      description: '`respond-async`: answer 202 with a status address at once.',
      schema: { type: 'string', examples: ['respond-async'] },
    })
  if (route.errors?.includes('version-mismatch') || route.errors?.includes('precondition-required'))
    parameters.push({
      name: 'If-Match',
      in: 'header',
      required: route.errors.includes('precondition-required'),
      description: 'The `ETag` of the version you read.',
      schema: { type: 'string', maxLength: 64 },
    })
  return parameters
}

const answerHeaders = {
  'x-correlation-id': { description: 'Names this request in our logs.', schema: { type: 'string' } },
  'ratelimit-policy': { description: 'The quota that is nearest to its end.', schema: { type: 'string' } },
  ratelimit: { description: 'What is left of it, and when it is full again.', schema: { type: 'string' } },
}

function answersOf(route: Route): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, schema]) => {
      const { description = 'Done.', ...rest } = schema as Schema
      const { contentMediaType } = schema as { contentMediaType?: string }
      if (contentMediaType !== undefined)
        return [
          status,
          {
            description,
            headers: answerHeaders,
            content: { [contentMediaType]: { schema: { type: 'string', format: 'binary' } } },
          },
        ]
      const empty = status === '204' || status === '304' || rest.type === 'null'
      return [
        status,
        { description, headers: answerHeaders, ...(!empty && { content: { 'application/json': { schema: rest } } }) },
      ]
    }),
  )
}

function operationOf(route: Route, rows: Rows): Record<string, unknown> {
  const permission = typeof route.access === 'string' ? route.access : Object.values(route.access)[0]
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, `For: ${accessInWords(route.access)}.`].filter(Boolean).join('\n\n'),
    'x-permission': permission,
    security: route.access === 'public' ? [] : [{ accessToken: [] }, { apiKey: [] }],
    parameters: parametersOf(route),
    ...(route.body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: route.body } } },
    }),
    ...(route.rawBody && { requestBody: { required: true, content: { 'application/json': { schema: {} } } } }),
    ...(route.streamBody && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          route.streamBody.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
        ),
      },
    }),
    responses: { ...problemAnswers(route, rows), ...answersOf(route) },
  }
}

/**
 * The OpenAPI 3.1 document of these routes. Its schemas are JSON Schema, and so are ours: they go in as they are.
 * @param rows the catalogue of errors, the edge's own included.
 */
export function describeApi(routes: readonly Route[], info: ApiInfo, rows: Rows): OpenApi {
  const paths: OpenApi['paths'] = {}
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, rows) }
  }
  const document = {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].sort().map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'From signing in; 15 minutes.',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'Begins with `souk_`.' },
      },
      schemas: { Problem: problemSchema },
    },
  }
  // Through text: schemas carry marks of their library that are no part of JSON Schema, and nobody may change ours.
  return JSON.parse(JSON.stringify(document)) as OpenApi
}

import type { MetricsRegistry } from '@souk/telemetry'
import fastJsonStringify from 'fast-json-stringify'
import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import type { createPipeline } from './pipeline.ts'
import type { Route } from './route.ts'
import { compileCheck, type Part } from './schema.ts'
import type { ServedRoute } from './served-route.ts'

const nothing = { type: 'object', properties: {}, additionalProperties: false } as TSchema
const partOf: Readonly<Record<string, Part>> = { body: 'body', querystring: 'query', params: 'params' }

/** By status: the same functions Fastify makes of the same schemas. */
const serialisersOf = ({ answers }: Route): ServedRoute['serialisers'] =>
  Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => [status, fastJsonStringify(schema as never) as never]),
  )

export function registerRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  options: {
    pipeline: ReturnType<typeof createPipeline>
    metrics: MetricsRegistry
    clock: () => Date
    forwardedAddress: ServedRoute['forwardedAddress']
    limits: { bodyBytes: number; handlerTimeoutMs: number }
  },
): ServedRoute[] {
  const all: ServedRoute[] = []
  const { pipeline, metrics, clock, limits, forwardedAddress } = options
  const answered = metrics.counter('souk_http_requests_total', 'Requests by answer', ['operation', 'status'])
  const seconds = metrics.histogram('souk_http_request_seconds', 'From headers read to answer sent', undefined, [
    'operation',
  ])

  for (const definition of routes) {
    const operation = definition.operationId
    const served: ServedRoute = {
      definition,
      clock,
      forwardedAddress,
      unsafe: definition.method !== 'GET',
      timeoutMs: definition.timeoutMs ?? limits.handlerTimeoutMs,
      duration: seconds.with({ operation }),
      answers: ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx'].map((status) => answered.with({ operation, status })),
      serialisers: definition.hot ? serialisersOf(definition) : {},
      written: new WeakMap(),
    }
    all.push(served)
    app.route({
      method: definition.method,
      url: definition.url,
      config: { access: 'in the contract', rawBody: definition.rawBody ?? false, streamBody: definition.streamBody },
      bodyLimit: definition.bodyLimitBytes ?? limits.bodyBytes,
      schema: {
        ...(definition.params !== undefined && { params: definition.params }),
        querystring: definition.query ?? nothing,
        ...(definition.body !== undefined && { body: definition.body }),
        response: definition.answers,
      },
      validatorCompiler: ({ schema, httpPart }) => {
        const check = compileCheck(partOf[httpPart ?? ''] ?? 'body', schema as TSchema)
        return (value: unknown) => {
          try {
            return { value: check(value) }
          } catch (error) {
            return { error: error as Error }
          }
        }
      },
      onRequest: pipeline.receive(served),
      handler: pipeline.handle,
    })
  }
  return all
}

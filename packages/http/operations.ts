import type { MetricsRegistry } from '@souk/telemetry'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { json, securityHeaders } from './headers.ts'
import type { Readiness } from './health.ts'
import type { OpenApi } from './openapi.ts'
import type { RouteEntry } from './route-table.ts'

const config = { access: 'public' }
const headers = { ...securityHeaders, 'cache-control': 'no-store' }

const live = (_request: FastifyRequest, reply: FastifyReply) => reply.headers(headers).send({ status: 'alive' })

/** What operators and their machines ask for: health, metrics, the description of the API. Not rate limited. */
export function serveOperations(
  app: FastifyInstance,
  options: {
    document: () => OpenApi
    table: () => readonly RouteEntry[]
    metrics: MetricsRegistry
    ready: () => Promise<Readiness>
    isDraining: () => boolean
  },
): void {
  let written: { of: OpenApi; bytes: Buffer } | undefined
  const document = (): Buffer => {
    const of = options.document()
    if (written?.of !== of) written = { of, bytes: Buffer.from(JSON.stringify(of)) }
    return written.bytes
  }
  const ready = async (_request: FastifyRequest, reply: FastifyReply) => {
    const state = await options.ready()
    const isReady = state.status === 'ready' && !options.isDraining()
    return reply
      .code(isReady ? 200 : 503)
      .headers(headers)
      .send({ ...state, status: isReady ? 'ready' : options.isDraining() ? 'closing' : 'not-ready' })
  }
  app.get('/health', { config }, live)
  app.get('/health/live', { config }, live)
  app.get('/health/ready', { config }, ready)
  app.get('/ready', { config }, ready)
  app.get('/metrics', { config }, async (_request, reply) =>
    reply
      .headers({ ...headers, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
      .send(await options.metrics.expose()),
  )
  app.get('/openapi.json', { config }, (_request, reply) =>
    reply.headers({ ...securityHeaders, 'cache-control': 'no-cache', 'content-type': json }).send(document()),
  )
  // For a gateway: what is to be sent here.
  app.get('/routes.json', { config }, (_request, reply) => reply.headers(headers).send(options.table()))
}

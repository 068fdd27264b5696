import cors from '@fastify/cors'
import type { ErrorCatalogue, ErrorRow } from '@souk/errors'
import type { Logger, MetricsRegistry } from '@souk/telemetry'
import fastify, {
  type FastifyInstance,
  type FastifyRequest,
  type InjectOptions,
  type LightMyRequestResponse,
} from 'fastify'
import type { Verifiers } from './authenticate.ts'
import { faultsOfRoutes } from './check-routes.ts'
import { correlationIdOf } from './correlation.ts'
import {
  assertFree,
  backlog,
  canShareAddress,
  type Doors,
  doorsOfServer,
  nobodyAtTheDoors,
  openDoors,
} from './doors.ts'
import { errors } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { forwardedAddress } from './forwarder.ts'
import { createReadiness, type HealthChecks } from './health.ts'
import { trackInFlight } from './in-flight.ts'
import { acceptJsonOnly } from './json-body.ts'
import { type ApiInfo, describeApi, type OpenApi } from './openapi.ts'
import { createPipeline } from './pipeline.ts'
import { createQuotaKeeper, defaultQuotas, type Quotas } from './quotas.ts'
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts'
import type { Route } from './route.ts'
import { registerRoutes } from './register-routes.ts'
import { collectExtras, entryOf } from './route-table.ts'
import { createFinder, type FindDirect, withDirectRoutes } from './direct.ts'
import { createNotFound } from './not-found.ts'
import {
  type Admission,
  answerClientError,
  createShedding,
  createSocketServer,
  defaultSocketLimits,
  type SocketLimits,
  type SocketServer,
} from './sockets.ts'
import { serveOperations } from './operations.ts'
import { serveProblemPages } from './problem-pages.ts'
import { serveReference } from './reference-page.ts'
import { serveWire, type Wire } from './wire.ts'

export type ServerLimits = SocketLimits &
  Quotas & {
    bodyBytes: number
    /** A handler that takes longer is answered for (503 handler-timeout); routes may have their own. */
    handlerTimeoutMs: number
    /** How long a reader may take to fetch its answer. */
    sendTimeoutMs: number
    /** How long closing waits for what is under way before it cuts connections. */
    closeTimeoutMs: number
  }

const defaultLimits: ServerLimits = {
  ...defaultSocketLimits,
  ...defaultQuotas,
  bodyBytes: 100_000,
  handlerTimeoutMs: 30_000,
  sendTimeoutMs: 30_000,
  closeTimeoutMs: 10_000,
}

export type HttpServerOptions = Verifiers & {
  routes: readonly Route[]
  clock: () => Date
  log: Logger
  metrics: MetricsRegistry
  info: ApiInfo
  limits?: Partial<ServerLimits>
  /** Errors of the services; with them, routes that name a code nobody has are refused. */
  errors?: readonly ErrorCatalogue<string>[]
  admission?: Admission
  health?: HealthChecks
  /** Counts quotas; default: in this process. */
  limiter?: RateLimiter
  /** Addresses of proxies whose X-Forwarded-For is believed, or how many there are. Default: none. */
  trustProxy?: string | readonly string[] | number
  /** What servers of ours show that ask for others (forwarder.ts). Default: nobody is believed. */
  forwarderSecret?: string
  /** Origins whose pages may call this API with credentials. Default: none. */
  corsOrigins?: readonly string[]
  /** The description of the API, where it is not that of `routes`: of a gateway. */
  document?: () => OpenApi
  /** Routes outside the contract (pictures, key sets): public, each saying so in `config: { access: 'public' }`. */
  extra?: (app: FastifyInstance) => void | Promise<void>
}

export type HttpServer = {
  /** Resolves to the address, once connections are accepted. */
  listen(at: { host: string; port: number }): Promise<{ host: string; port: number; url: string }>
  /** Stops accepting, answers what is under way (`closeTimeoutMs` at most), closes every connection. */
  close(): Promise<void>
  /** A request without a network, for tests. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>
  /** The server underneath. */
  readonly app: FastifyInstance
  openapi(): OpenApi
}

/** The routes cannot be served: every reason, each with its route. */
export class RoutesRefused extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(
      `${faults.length} fault${faults.length === 1 ? '' : 's'} in the routes:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    )
    this.name = 'RoutesRefused'
    this.faults = faults
  }
}

/** @throws RoutesRefused when a route is open to nobody knows whom, unclear, or the double of another. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { routes, clock, log, metrics } = options
  const limits: ServerLimits = { ...defaultLimits, ...options.limits }
  const rows: Record<string, ErrorRow> = Object.assign(
    {},
    errors.rows,
    ...(options.errors ?? []).map((each) => each.rows),
  )
  const faults = faultsOfRoutes(routes, options.errors && new Set(Object.keys(rows)))
  if (faults.length > 0) throw new RoutesRefused(faults)

  let draining = false
  const shed = metrics.counter('souk_http_shed_total', 'Requests refused before they were read').with({})
  const inFlight = trackInFlight({
    sendTimeoutMs: limits.sendTimeoutMs,
    onTimeout: (exchange) =>
      pipeline.fail(exchange, errors.error('handler-timeout', `No answer within ${exchange.served.timeoutMs} ms.`)),
    onDone: (exchange, durationMs) => account(log, exchange, durationMs),
  })
  metrics.gauge('souk_http_in_flight', 'Requests being worked on', () => inFlight.size)
  const quotas = createQuotaKeeper(options.limiter ?? createRateLimiter(), limits, clock)
  const corsOrigins = [...(options.corsOrigins ?? [])]
  const hasCors = corsOrigins.length > 0
  const pipeline = createPipeline({ ...options, quotas, inFlight, isDraining: () => draining, hasCors })

  let sockets: SocketServer | undefined
  let wire: Wire | undefined
  let doors: Doors | undefined
  let find: FindDirect | undefined
  const findHot: FindDirect = (url) => find?.(url)
  const app = fastify({
    logger: false,
    serverFactory: (handler) => {
      // Behind a proxy, or for pages of other origins, more must be looked at than the short way does.
      const isPlain = options.trustProxy === undefined && !hasCors
      const listen = isPlain ? withDirectRoutes(handler, findHot, pipeline) : handler
      const shedding = options.admission && createShedding(options.admission, () => shed.inc())
      sockets = createSocketServer(listen, limits, shedding)
      if (isPlain) wire = serveWire({ server: sockets.server, find: findHot, pipeline, limits, shedding })
      return sockets.server
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket),
    frameworkErrors: (error, request, reply) => pipeline.sendProblem(error, request as FastifyRequest, reply as never),
    genReqId: correlationIdOf,
    bodyLimit: limits.bodyBytes,
    trustProxy: trustOf(options.trustProxy),
    return503OnClosing: false,
    requestIdHeader: false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
  }) as unknown as FastifyInstance
  app.decorateRequest('exchange', undefined)
  acceptJsonOnly(app)
  app.setErrorHandler((error, request, reply) => pipeline.sendProblem(error, request, reply))
  app.setNotFoundHandler(createNotFound(routes, quotas, pipeline.sendProblem))
  refuseHiddenRoutes(app)
  if (hasCors) app.register(cors, { origin: corsOrigins, credentials: true, maxAge: 86_400, exposedHeaders: exposed })

  const described = describeApi(routes, options.info, rows)
  const document = () => options.document?.() ?? described
  const served = registerRoutes(app, routes, {
    pipeline,
    metrics,
    clock,
    limits,
    forwardedAddress: forwardedAddress(options.forwarderSecret),
  })
  find = createFinder(
    served.filter(({ definition }) => definition.hot),
    limits.bodyBytes,
  )
  const table = routes.map(entryOf)
  serveOperations(app, {
    document,
    table: () => table,
    metrics,
    ready: createReadiness(options.health ?? {}, log),
    isDraining: () => draining,
  })
  serveProblemPages(app, rows)
  serveReference(app, options.info.title)
  const { extra } = options
  if (extra !== undefined)
    app.register(async (inner) => {
      const extras = collectExtras(inner)
      await extra(inner)
      table.push(...extras)
    })

  async function close(): Promise<void> {
    draining = true
    await nobodyAtTheDoors(app.server)
    const closed = Promise.all([doors?.close(), app.close()])
    // Connections that were busy when closing began fall idle one by one.
    const closeIdle = () => {
      sockets?.closeIdle()
      wire?.closeIdle()
    }
    closeIdle()
    const reap = setInterval(closeIdle, 50)
    const cut = setTimeout(() => {
      sockets?.server.closeAllConnections()
      wire?.closeAll()
    }, limits.closeTimeoutMs)
    try {
      await closed
    } finally {
      clearInterval(reap)
      clearTimeout(cut)
      inFlight.stop()
    }
  }

  return {
    app,
    close,
    openapi: document,
    inject: async (request) => app.inject(request),
    async listen({ host, port }) {
      if (canShareAddress && port !== 0) await assertFree(host, port)
      await app.listen({ host, port, backlog, ...(canShareAddress && { reusePort: true }) })
      const address = app.server.address()
      if (address === null || typeof address === 'string') throw new Error('the server has no address')
      if (canShareAddress && sockets !== undefined) {
        const { server, hasRoom } = sockets
        doors = await openDoors(server, { host: address.address, port: address.port }, doorsOfServer - 1, hasRoom)
      }
      const named = address.family === 'IPv6' ? `[${address.address}]` : address.address
      return { host: address.address, port: address.port, url: `http://${named}:${address.port}` }
    },
  }
}

const exposed = [
  'etag',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'x-correlation-id',
  'idempotency-replayed',
]

const trustOf = (
  trusted: HttpServerOptions['trustProxy'],
): false | string | string[] | ((address: string, hop: number) => boolean) => {
  if (typeof trusted === 'number') return (_address, hop) => hop < trusted
  return trusted === undefined || typeof trusted === 'string' ? (trusted ?? false) : [...trusted]
}

/** Whatever registers routes beside the contract must say that they are for anybody; there is no other kind. */
function refuseHiddenRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    const { access } = (config ?? {}) as { access?: unknown }
    const isPreflight = method === 'OPTIONS' && url === '*'
    if (!isPreflight && access !== 'public' && access !== 'in the contract')
      throw new RoutesRefused([
        `${String(method)} ${url} does not declare who may call it; outside the contract only 'public' will do`,
      ])
  })
}

const slowMs = 500

/** One line per request at debug; failures and slow ones where they are seen. Addresses of routes, never query strings. */
function account(log: Logger, exchange: Exchange, durationMs: number): void {
  const { served, reply, principal } = exchange
  const answered = exchange.answeredAtMs !== 0
  // 499: the caller hung up before there was an answer (as nginx counts them).
  const status = answered ? reply.raw.statusCode : 499
  served.duration.observe(durationMs / 1_000)
  served.answers[Math.floor(status / 100)]?.inc()
  const fields = {
    correlationId: exchange.correlationId,
    operationId: served.definition.operationId,
    method: served.definition.method,
    url: served.definition.url,
    status,
    ms: Math.round(durationMs * 10) / 10,
    accountId: principal?.accountId,
  }
  if (status >= 500) log.warn(fields, 'request failed')
  else if (durationMs > slowMs) log.info(fields, 'request was slow')
  else log.debug(fields, 'request')
}

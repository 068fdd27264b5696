import { PassThrough, type Readable } from 'node:stream'
import httpProxy from '@fastify/http-proxy'
import {
  authenticate,
  type createQuotaKeeper,
  httpErrors,
  type Principal,
  rateLimitHeader,
  refusalOf,
  type Verifiers,
} from '@souk/http'
import { BulkheadFull, CircuitOpen } from '@souk/resilience'
import { type Logger, type MetricsRegistry, secondsBuckets } from '@souk/telemetry'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { headersToClient, headersToUpstream } from './headers.ts'
import type { Offered } from './route-map.ts'
import type { Upstream, Upstreams } from './upstreams.ts'

export type ProxyOptions = {
  upstreams: Upstreams
  verifiers: Verifiers
  quotas: ReturnType<typeof createQuotaKeeper>
  /** See headers.ts. */
  secret: string
  /** Of whoever asks; empty when a server of ours asks for everybody. */
  addressOf(request: FastifyRequest): string
  log: Logger
  metrics: MetricsRegistry
}

/** Longer than an upstream's own time for a route, so that its own answer comes first. */
const graceMs = 2_000
const usualTimeoutMs = 30_000
const usualBodyBytes = 100_000

type Answer = { statusCode: number; headers: Record<string, string | string[]>; stream: Readable }
type Taken = { policy: string | undefined; taken: Parameters<typeof rateLimitHeader>[1] | undefined }

/** Every request goes through here: found, recognised, counted, sent on, handed back. */
export async function serveProxy(app: FastifyInstance, options: ProxyOptions): Promise<void> {
  const { upstreams, log, metrics } = options
  const answered = metrics.counter('souk_gateway_requests_total', 'Requests by route and answer', [
    'operation',
    'status',
  ])
  const seconds = metrics.histogram(
    'souk_gateway_request_seconds',
    'From headers read to answer sent',
    secondsBuckets,
    ['operation'],
  )
  app.addHook('onRequest', (request, _reply, done) => {
    // The upstream takes the trace for the name of the request: with one of this form both have the same.
    request.id = request.id.replaceAll('-', '')
    done()
  })

  // Bodies pass through as they come, byte for byte.
  app.removeAllContentTypeParsers()
  await app.register(httpProxy, {
    upstream: '',
    config: { access: 'public' },
    disableRequestLogging: true,
    // A busy upstream has said when to come back; asking it again at once is the opposite.
    retryMethods: [],
    // It would be destroyed when closing begins, under the requests that are still being answered. Idle connections keep
    // nobody from ending.
    destroyAgent: false,
    undici: { connections: 256, pipelining: 1, keepAliveTimeout: 30_000, connect: { timeout: 2_000 } },
    replyOptions: { getUpstream: () => '' },
    handler: (request: FastifyRequest, reply: FastifyReply) => proxied(request, reply),
  } as never)

  async function proxied(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const beganMs = performance.now()
    let route: Offered<Upstream> | undefined
    let principal: Principal | undefined
    let upstream: Upstream | undefined
    reply.raw.once('close', () => {
      const operation = route?.operationId ?? (route === undefined ? 'none' : 'page')
      const status = reply.raw.headersSent ? reply.raw.statusCode : 499
      const tookMs = performance.now() - beganMs
      answered.inc({ operation, status: `${Math.floor(status / 100)}xx` })
      seconds.observe(tookMs / 1_000, { operation })
      log.info(
        {
          correlationId: request.id,
          method: request.method,
          url: route?.url,
          operationId: route?.operationId,
          status,
          ms: Math.round(tookMs * 10) / 10,
          accountId: principal?.accountId,
          upstream: upstream?.url,
        },
        'request',
      )
    })
    route = find(request, reply)
    if (route === undefined) return reply
    principal = await recognise(request, route, options)
    const counted = count(request, route, principal, options)
    const body = bodyOf(request, route)
    const { answer, from } = await send(request, reply, route, body, options)
    upstream = from
    if (counted.policy !== undefined && counted.taken !== undefined)
      reply.headers({
        'ratelimit-policy': counted.policy,
        ratelimit: rateLimitHeader(counted.policy, counted.taken),
      })
    return reply.send(answer.stream)
  }

  function find(request: FastifyRequest, reply: FastifyReply): Offered<Upstream> | undefined {
    const [path = ''] = (request.raw.url ?? '').split('?', 1)
    const found = upstreams.routes.find(request.method, path)
    if (found === undefined) {
      // Whose routes have never been read may have this one.
      if (upstreams.all.some(({ table }) => table === undefined))
        throw httpErrors.error('service-unavailable', 'A part of the marketplace has not been seen yet.', {}, 2)
      reply.callNotFound()
      return undefined
    }
    if ('route' in found) return found.route
    reply.header('allow', found.allow.join(', '))
    throw httpErrors.error('method-not-allowed', `This address takes ${found.allow.join(', ')}.`)
  }
}

/** As the upstream will do again: a request that would be refused there is not worth sending. */
async function recognise(
  request: FastifyRequest,
  { access }: Offered<Upstream>,
  { verifiers, quotas, addressOf, log }: ProxyOptions,
): Promise<Principal | undefined> {
  try {
    const principal = await authenticate(request.headers, verifiers)
    return principal
  } catch (error) {
    const refused = (error as { row?: { status?: number } }).row?.status === 401
    if (!refused) {
      log.warn({ correlationId: request.id, err: error }, 'a credential could not be checked')
      throw httpErrors.error('overloaded', 'Credentials cannot be checked right now. Nothing was done.', {}, 2)
    }
    if (access === 'public') return undefined
    // Guessing costs the address it comes from.
    const taken = quotas.takeByAddress(addressOf(request))
    if (taken?.allowed === false)
      throw httpErrors.error(
        'rate-limited',
        'Too many credentials that are none.',
        { policy: 'address' },
        taken.resetSeconds,
      )
    throw error
  }
}

function count(
  request: FastifyRequest,
  route: Offered<Upstream>,
  principal: Principal | undefined,
  { quotas, addressOf }: ProxyOptions,
): Taken {
  const counted: Taken = { policy: undefined, taken: undefined }
  // Pages and pictures outside the contract have no quota upstream either.
  if (route.operationId === undefined) return counted
  const exchange = Object.assign(counted, {
    principal,
    address: addressOf(request),
    served: { definition: { ...(route.limit !== undefined && { limit: route.limit }) } },
  })
  quotas.take(exchange as never)
  const refusal = refusalOf(route.access, principal)
  if (refusal !== undefined) throw refusal
  return counted
}

/** The body on its way through, if there is one; it ends where the route says that bodies end. */
function bodyOf(request: FastifyRequest, route: Offered<Upstream>): Readable | undefined {
  const { headers } = request
  const limit = route.bodyLimitBytes ?? usualBodyBytes
  const length = headers['content-length']
  const tooLarge = () => httpErrors.error('body-too-large', `At most ${limit} bytes are taken here.`)
  if (length !== undefined && Number(length) > limit) throw tooLarge()
  const body = request.body as Readable | undefined
  if (body === undefined || body === null) return undefined
  if (length !== undefined) return body
  let bytes = 0
  const counting = new PassThrough({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > limit) done(tooLarge())
      else done(null, chunk)
    },
  })
  body.on('error', (error) => counting.destroy(error))
  return body.pipe(counting)
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  route: Offered<Upstream>,
  body: Readable | undefined,
  options: ProxyOptions,
): Promise<{ answer: Answer; from: Upstream }> {
  const candidates = options.upstreams.choose(route.upstreams)
  let failure: unknown
  for (const upstream of candidates)
    try {
      const answer = await upstream.guard.run(() => sendTo(upstream, request, reply, route, body, options))
      return { answer, from: upstream }
    } catch (error) {
      failure = error
      if (isNotSent(error)) upstream.isReady = false
      // A body that has begun to flow cannot be sent twice, and what may have been done is not done again.
      if (!isKeptBack(error) && (body !== undefined || !isNotSent(error))) break
    }
  throw problemOf(failure, route)
}

function sendTo(
  upstream: Upstream,
  request: FastifyRequest,
  reply: FastifyReply,
  route: Offered<Upstream>,
  body: Readable | undefined,
  { secret, addressOf }: ProxyOptions,
): Promise<Answer> {
  request.body = body
  const { url = '/' } = request.raw
  return new Promise((resolve, reject) => {
    reply.from(url, {
      getUpstream: () => upstream.url,
      timeout: (route.timeoutMs ?? usualTimeoutMs) + graceMs,
      rewriteRequestHeaders: (_request, headers) =>
        headersToUpstream({
          headers: headers as never,
          address: addressOf(request),
          correlationId: request.id,
          secret,
          hasBody: body !== undefined,
        }) as never,
      rewriteHeaders: (headers) => headersToClient(headers as never) as never,
      onResponse: (_request, _reply, answer) => resolve(answer as never),
      onError: (_reply, { error }) => reject(error),
    })
  })
}

const codeOf = (error: unknown): string => {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return cause?.code ?? code ?? ''
}
/** The connection was never made. */
const isNotSent = (error: unknown) =>
  ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'EAI_AGAIN'].includes(codeOf(error))
const isKeptBack = (error: unknown) => error instanceof CircuitOpen || error instanceof BulkheadFull

function problemOf(error: unknown, { operationId }: Offered<Upstream>) {
  const extra = operationId === undefined ? {} : { operationId }
  if (error === undefined || isKeptBack(error)) {
    const waitMs = error instanceof CircuitOpen || error instanceof BulkheadFull ? error.retryAfterMs : 1_000
    return httpErrors.error('service-unavailable', 'Nothing was done. Try again shortly.', extra, seconds(waitMs))
  }
  if (isNotSent(error)) return httpErrors.error('service-unavailable', 'Nothing was done. Try again shortly.', extra, 1)
  if (error instanceof Error && 'row' in error) return error
  const { cause } = error as { cause?: unknown }
  if (cause instanceof Error && 'row' in cause) return cause
  if ((error as { statusCode?: number }).statusCode === 400)
    return httpErrors.error('bad-request', 'The address is not encoded correctly.')
  return httpErrors.error('service-silent', 'What was asked of it may still take effect.', extra, 2)
}

const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1_000))

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Socket } from 'node:net'
import type { DomainError } from '@souk/errors'
import { correlationIdOf } from './correlation.ts'
import { errors } from './errors.ts'
import { problemJson, securityHeaders } from './headers.ts'
import { problemBody } from './problem.ts'

/** Consulted before anything is parsed: undefined lets the request in. Must take well under a microsecond. */
export type Admission = (method: string, url: string) => { retryAfterSeconds: number } | undefined

export type SocketLimits = {
  /** All header lines must have come. */
  headersTimeoutMs: number
  /** Headers and body must have come (a body sent a byte at a time is cut off here). */
  requestTimeoutMs: number
  /** A kept-alive connection may be silent so long; longer than the 60 s of most load balancers. */
  keepAliveTimeoutMs: number
  /** No byte moved in either direction: above the handlers' time, so that waiting for an answer is not silence. */
  idleTimeoutMs: number
  maxHeaderBytes: number
  maxConnections: number
}

export const defaultSocketLimits: SocketLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  keepAliveTimeoutMs: 65_000,
  idleTimeoutMs: 90_000,
  maxHeaderBytes: 16_384,
  maxConnections: 20_000,
}

/** Beyond this the rest of a refused body is not worth reading: the connection is closed instead. */
const drainableBytes = 65_536

/** Whether the rest of the request is small enough to read and throw away, so that the connection can stay. */
export function mayDrain(request: IncomingMessage): boolean {
  if (request.complete || request.headers['transfer-encoding'] !== undefined) return request.complete
  const length = request.headers['content-length']
  return length === undefined || Number(length) <= drainableBytes
}

export type SocketServer = {
  server: Server
  /** Whether one more connection may come in. */
  hasRoom(): boolean
  /** Let go of every connection nobody is being answered on. */
  closeIdle(): void
}

/** The server underneath: Node's, with every timeout set (Fastify turns most of them off), and the admission in front. */
export function createSocketServer(
  handler: RequestListener,
  limits: SocketLimits,
  shedding: Shedding | undefined,
): SocketServer {
  const listener = careful(shedding === undefined ? handler : withShedding(handler, shedding))
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      maxHeaderSize: limits.maxHeaderBytes,
      // How often the two timeouts above are looked at. Node's 30 s would make them up to 30 s longer.
      connectionsCheckingInterval: Math.min(1_000, Math.ceil(limits.headersTimeoutMs / 4)),
      requireHostHeader: true,
      noDelay: true,
    },
    listener,
  )
  server.timeout = limits.idleTimeoutMs
  server.maxConnections = limits.maxConnections
  server.maxRequestsPerSocket = 0
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    // By whichever door it came: the server itself counts only those who came by its own.
    if (sockets.size >= limits.maxConnections) socket.destroy()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return {
    server,
    hasRoom: () => sockets.size < limits.maxConnections,
    closeIdle() {
      server.closeIdleConnections()
      // Node counts a connection that never said a word as busy, and would wait for it.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    },
  }
}

/** Says no before anything is read: what is answered, or undefined for a request that is let in. */
export type Shedding = {
  refuse(method: string, url: string, request: IncomingMessage): { lines: string[]; body: string } | undefined
}

/**
 * A request shed here costs 16 µs, an answered one several times that, so a server at its limit can still say no
 * to several times its capacity. The body is written once; only the correlation id changes.
 */
export function createShedding(admission: Admission, onShed: () => void): Shedding {
  const refusal = errors.error('overloaded', 'More arrives than can be done. Nothing was done.')
  const marker = '00000000-0000-0000-0000-000000000000'
  const [before = '', after = ''] = problemBody(refusal, marker).split(marker)
  return {
    refuse(method, url, request) {
      const shed = admission(method, url)
      if (shed === undefined) return undefined
      onShed()
      const correlationId = correlationIdOf(request)
      const body = before + correlationId + after
      const fields = {
        'content-type': problemJson,
        'content-length': String(body.length),
        'retry-after': String(shed.retryAfterSeconds),
        'x-correlation-id': correlationId,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      }
      const lines = Object.entries(fields).flat()
      if (!mayDrain(request)) lines.push('connection', 'close')
      return { lines, body }
    },
  }
}

const withShedding =
  (handler: RequestListener, shedding: Shedding): RequestListener =>
  (request, response) => {
    const refused = shedding.refuse(request.method ?? 'GET', request.url ?? '/', request)
    if (refused === undefined) return handler(request, response)
    response.writeHead(503, refused.lines)
    response.end(refused.body)
  }

/** The answer a connection was last asked for: answers go out in the order of their requests. */
const lastAnswer = new WeakMap<Socket, ServerResponse>()

/** Two Host headers and two readers of them: one picks the first, the other the second. RFC 9112 has them refused. */
const careful =
  (handler: RequestListener): RequestListener =>
  (request, response) => {
    lastAnswer.set(request.socket, response)
    if (hostsIn(request.rawHeaders) < 2) return handler(request, response)
    const refusal = errors.error('bad-request', 'The request names its host more than once.')
    const correlationId = correlationIdOf(request)
    const body = problemBody(refusal, correlationId)
    const fields = {
      ...securityHeaders,
      'content-type': problemJson,
      'content-length': String(Buffer.byteLength(body)),
      'x-correlation-id': correlationId,
      connection: 'close',
    }
    response.writeHead(400, fields)
    response.end(body)
  }

function hostsIn(rawHeaders: readonly string[]): number {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  return hosts
}

const refusals: Readonly<Record<string, () => DomainError>> = {
  HPE_HEADER_OVERFLOW: () => errors.error('headers-too-large', 'All headers together may have 16 kB.'),
  ERR_HTTP_REQUEST_TIMEOUT: () => errors.error('request-timeout', 'The request did not arrive in time.'),
}

/**
 * What is said to a connection whose bytes never became a request. It is closed in any case; but what was asked before
 * on it is answered first, for whoever reads takes the answers in that order.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const before = lastAnswer.get(socket)
  // A request that is itself broken off or too slow has no answer to wait for.
  if (before === undefined || !before.req.complete || before.writableFinished || before.destroyed)
    return refuse(error, socket)
  // It comes to an end by itself: handlers have a time, and so has whoever does not read.
  before.once('close', () => {
    if (!socket.destroyed && socket.writable) refuse(error, socket)
  })
}

function refuse(error: Error & { code?: string }, socket: Socket): void {
  const refusal = refusals[error.code ?? '']?.() ?? errors.error('bad-request', 'This is not a request of HTTP/1.1.')
  const body = problemBody(refusal, correlationIdOf({ headers: {} } as IncomingMessage))
  const { status } = refusal.row
  const lines = Object.entries({
    ...securityHeaders,
    'content-type': problemJson,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  // Whoever sent nonsense may also never read: do not wait for it.
  setTimeout(() => socket.destroy(), 1_000).unref()
}

import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { Code, ConnectError, createContextKey, createContextValues, type Interceptor } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { DomainError } from '@souk/errors'
import { carrying, type Carried, type Logger, type MetricsRegistry, secondsBuckets } from '@souk/telemetry'
import { longestCallMs, readCarried, usualCallMs } from './call-headers.ts'
import type { RpcHandlers } from './directory.ts'
import { domainErrorsOut } from './domain-errors.ts'
import { serveHealth } from './health.ts'
import { type Identities, serverNameOf, serviceOfCertificate } from './identity.ts'
import { serveReflection } from './reflection.ts'
import { connectionHeader, trackSessions } from './sessions.ts'

export type Served = {
  /** The service behind these contracts. */
  service: string
  handlers: RpcHandlers
  contracts: readonly DescService[]
  /** Whether it can work now. */
  ready(): Promise<boolean>
}

export type RpcServerOptions = {
  host: string
  port: number
  served: readonly Served[]
  /** Who this process is, and whom it believes. Undefined: plain text from anybody, for development on one machine. */
  identities: Identities | undefined
  /** Whether `caller` may call a method. Asked for every call before its message is read; health and reflection are for all. */
  mayCall(caller: string, method: DescMethod): boolean
  log: Logger
  metrics: MetricsRegistry
  limits?: Partial<RpcLimits>
}

export type RpcLimits = {
  /** Of one message. The largest batch of our own is 2 MB. */
  messageBytes: number
  /** Calls at a time on one connection. */
  concurrentCalls: number
  /** How long closing waits for calls under way. */
  closeTimeoutMs: number
}

const usualLimits: RpcLimits = { messageBytes: 16 * 2 ** 20, concurrentCalls: 1_000, closeTimeoutMs: 10_000 }

export type RpcServer = {
  /** "10.0.0.7:7800" */
  address: string
  port: number
  /** Says good-bye, finishes the calls under way, closes. */
  close(): Promise<void>
}

type Incoming = { caller: string | undefined; carried: Carried }
const incoming = createContextKey<Incoming>({ caller: undefined, carried: { correlationId: '' } })
const forAll = /^grpc\.(health|reflection)\./

/**
 * The contracts of this process for others: gRPC, Connect and gRPC-Web on one port, HTTP/2 (over TLS also HTTP/1.1, which
 * Connect and gRPC-Web can do with). A caller is the service its certificate names, whatever it says.
 */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { served, identities, log, metrics } = options
  const limits = { ...usualLimits, ...options.limits }
  const answered = metrics.counter('souk_rpc_served_total', 'Calls served, by how they ended.', ['method', 'code'])
  const seconds = metrics.histogram('souk_rpc_served_seconds', 'From a call read to its answer.', secondsBuckets, [
    'method',
  ])

  const observed: Interceptor = (next) => async (request) => {
    const { carried } = request.contextValues.get(incoming)
    const method = `${request.service.typeName}/${request.method.name}`
    const beganMs = performance.now()
    let code = 'ok'
    try {
      return await carrying(carried, () => next(request))
    } catch (error) {
      code = Code[ConnectError.from(error).code] ?? 'unknown'
      const foreseen = error instanceof ConnectError && error.code !== Code.Internal && error.code !== Code.Unknown
      const refused = error instanceof ConnectError && error.cause instanceof DomainError
      if (!foreseen && !refused)
        log.error({ method, err: error, correlationId: carried.correlationId }, 'a call failed')
      throw error
    } finally {
      answered.inc({ method, code })
      if (!request.stream) seconds.observe((performance.now() - beganMs) / 1_000, { method })
    }
  }

  const closing = new AbortController()
  const adapter = connectNodeAdapter({
    routes(router) {
      for (const { handlers } of served) handlers(router)
      const ready = new Map(
        served.flatMap((one) => one.contracts.map(({ typeName }) => [typeName, one.ready] as const)),
      )
      serveHealth(router, ready)
      serveReflection(
        router,
        served.flatMap(({ contracts }) => contracts),
      )
    },
    // From the outside in.
    interceptors: [observed, domainErrorsOut],
    contextValues(request) {
      const socket = request.socket as TLSSocket
      return createContextValues().set(incoming, {
        caller: identities === undefined ? undefined : callerOf(socket),
        carried: readCarried(request.headers),
      })
    },
    requestGate({ values, method }) {
      if (identities === undefined || forAll.test(method.parent.typeName)) return
      const { caller } = values.get(incoming)
      if (caller === undefined)
        throw new ConnectError('Your certificate names no service, or is no longer valid.', Code.Unauthenticated)
      if (options.mayCall(caller, method)) return
      log.warn({ caller, method: method.toString() }, 'a service called what it may not')
      throw new ConnectError(`${caller} may not call ${method.parent.typeName}/${method.name}`, Code.PermissionDenied)
    },
    readMaxBytes: limits.messageBytes,
    writeMaxBytes: limits.messageBytes,
    maxTimeoutMs: longestCallMs,
    shutdownSignal: closing.signal,
    // Nobody waits for ever: who names no time gets ours.
    acceptCompression: [],
  })
  const handler: typeof adapter = (request, response) => {
    const { headers } = request
    const type = headers['content-type'] ?? ''
    if (type.startsWith('application/grpc')) {
      // Streams live as long as their two ends: reflection, watching health.
      if (!forAll.test(request.url?.slice(1) ?? '')) headers['grpc-timeout'] ??= `${usualCallMs}m`
    } else headers['connect-timeout-ms'] ??= String(usualCallMs)
    const advice = sessions.adviceFor((request as Http2ServerRequest).stream?.session as ServerHttp2Session | undefined)
    if (advice !== undefined) response.setHeader(connectionHeader, advice)
    adapter(request, response)
  }

  const settings = {
    settings: {
      maxConcurrentStreams: limits.concurrentCalls,
      // Node's 64 kB would have a batch of a thousand items wait for its reader three times.
      initialWindowSize: 2 ** 20,
    },
  }
  const server: Http2SecureServer | Http2Server =
    identities === undefined
      ? createServer(settings, handler as never)
      : createSecureServer({ ...settings, ...tlsOf(identities, served) }, handler as never)
  server.on('session', (session) => session.setLocalWindowSize(4 * 2 ** 20))
  server.on('sessionError', (error) => log.debug({ err: error }, 'a connection of another service broke'))
  server.on('tlsClientError', (error: Error & { code?: string }, socket: TLSSocket) =>
    log.warn({ code: error.code, address: socket.remoteAddress, why: error.message }, 'a connection was refused'),
  )
  const sessions = trackSessions(server)
  identities?.onChange(() => {
    // New connections meet the new certificate; those there are are given up when their callers have made new ones.
    ;(server as Http2SecureServer).setSecureContext(contextOptions(identities, served[0]?.service ?? ''))
    sessions.move()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port }, () => resolve())
  })
  server.on('error', (error) => log.error({ err: error }, 'the server for other services met an error'))
  const { address, port, family } = server.address() as AddressInfo
  return {
    address: `${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const late = setTimeout(
        () => closing.abort(new ConnectError('the server is closing', Code.Unavailable)),
        limits.closeTimeoutMs * 0.8,
      )
      await sessions.leave(limits.closeTimeoutMs)
      clearTimeout(late)
      await closed
    },
  }
}

/** Who is at the other end; a certificate that has expired since the connection was made speaks for nobody. */
function callerOf(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerX509Certificate?.()
  if (certificate === undefined || certificate.validToDate.getTime() <= Date.now()) return undefined
  return serviceOfCertificate(certificate)
}

const contextOptions = (identities: Identities, service: string) => {
  const { certificate: cert, key, authorities: ca } = identities.of(service)
  return { cert, key, ca, minVersion: 'TLSv1.3' as const }
}

/** A process with several services shows the certificate of the one that is asked for by name. */
function tlsOf(identities: Identities, served: readonly Served[]) {
  const names = [...new Set(served.map(({ service }) => service))]
  let contexts = new Map<string, SecureContext>()
  const load = () => {
    contexts = new Map(names.map((name) => [serverNameOf(name), createSecureContext(contextOptions(identities, name))]))
  }
  load()
  identities.onChange(load)
  return {
    ...contextOptions(identities, names[0] ?? ''),
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: true,
    SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void) =>
      done(null, contexts.get(name)),
  }
}

import type { DescMethodUnary, DescService } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { DomainError } from '@souk/errors'
import { BulkheadFull, CallTimedOut, CircuitOpen, createGuard, type Guard, type GuardOptions } from '@souk/resilience'
import type { Logger, MetricsRegistry } from '@souk/telemetry'
import { deadlineFor, headersFor } from './call-headers.ts'
import { fromStatus } from './domain-errors.ts'
import { ServiceSilent, ServiceUnavailable } from './failures.ts'
import type { Identities } from './identity.ts'
import { createLine, type Line, NotSent } from './line.ts'

export type RemoteOptions = {
  /** Addresses (host:port) of each service that runs elsewhere. */
  peers: Readonly<Record<string, readonly string[]>>
  serviceOf(contract: DescService): string
  /** Undefined: plain text, for development on one machine. */
  identities: Identities | undefined
  clock: () => Date
  log: Logger
  metrics: MetricsRegistry
  guard?: Partial<GuardOptions>
}

export type Remote = {
  /** The way of one of our services to a contract; undefined when nobody said where it is. */
  wayFor(caller: string): (contract: DescService) => Transport | undefined
  close(): void
}

/**
 * A peer comes back within seconds: its circuit is tried sooner than that of a provider outside. Calls of batches are
 * long and few, so 200 under way are many.
 */
const usualGuard: Partial<GuardOptions> = {
  attempts: 3,
  firstDelayMs: 50,
  longestDelayMs: 1_000,
  halfOpenAfterMs: 2_000,
  maxInFlight: 200,
  maxQueued: 200,
  // Every call has its own, shorter one.
  timeoutMs: Number.POSITIVE_INFINITY,
}

/** A tenth of the calls may be repeats, and ten at once: more would be a storm on a service that is struggling. */
const repeatsPerCall = 0.1
const repeatsAtMost = 10

/** How an attempt failed, and what that says. */
class Failed extends Error {
  readonly error: Error
  readonly verdict: 'refused' | 'may-pass' | 'failed'
  constructor(error: Error, verdict: Failed['verdict']) {
    super(error.message)
    this.error = error
    this.verdict = verdict
  }
}

type Target = { service: string; guard: Guard; repeatsLeft: number }

/** Ways to services in other processes: connections kept, addresses taken in turn, failures kept from spreading. */
export function createRemote(options: RemoteOptions): Remote {
  const { peers, identities, clock, log, metrics } = options
  const targets = new Map<string, Target>()
  const lines: Line[] = []

  function targetOf(service: string): Target {
    let target = targets.get(service)
    if (target === undefined) {
      const classify = (error: unknown) => (error instanceof Failed ? error.verdict : 'failed')
      const guard = createGuard({
        name: `rpc ${service}`,
        metrics,
        clock,
        log,
        options: { ...usualGuard, ...options.guard, classify },
      })
      target = { service, guard, repeatsLeft: repeatsAtMost }
      targets.set(service, target)
    }
    return target
  }

  function wayOf(caller: string, service: string, addresses: readonly string[]): Transport {
    const target = targetOf(service)
    const ways = addresses.map((address) => createLine({ address, service, caller, identities, log }))
    lines.push(...ways)
    let turn = 0
    /** In turn; those that could not be reached lately come last, for when there is nobody else. */
    const inTurn = (): Line[] => {
      turn = (turn + 1) % ways.length
      const order = [...ways.slice(turn), ...ways.slice(0, turn)]
      return [...order.filter((line) => line.isUp()), ...order.filter((line) => !line.isUp())]
    }

    return {
      async unary(method, signal, timeoutMs, header, input, contextValues) {
        const deadlineAtMs = deadlineFor(timeoutMs, Date.now())
        const headers = headersFor(header)
        target.repeatsLeft = Math.min(repeatsAtMost, target.repeatsLeft + repeatsPerCall)
        let attempts = 0
        const attempt = async (attemptSignal: AbortSignal) => {
          attempts += 1
          let unreached: unknown
          for (const line of inTurn()) {
            const leftMs = deadlineAtMs - Date.now()
            if (leftMs <= 0) break
            try {
              const answer = await line.transport.unary(
                method,
                attemptSignal,
                Math.max(1, leftMs),
                headers,
                input,
                contextValues,
              )
              line.reached()
              return answer
            } catch (error) {
              if (!wasNotSent(error)) throw judge(target, line, method, error, attemptSignal)
              line.unreachable(error)
              unreached = error
            }
          }
          throw nowhere(target, unreached)
        }
        try {
          return await target.guard.run(attempt, { ...(signal !== undefined && { signal }) })
        } catch (error) {
          if (attempts > 1) log.debug({ service, method: method.name, attempts }, 'a call was repeated')
          throw asSeenByCaller(service, error)
        }
      },
      stream: (method, signal, timeoutMs, header, input, contextValues) =>
        (inTurn()[0] as Line).transport.stream(method, signal, timeoutMs, headersFor(header), input, contextValues),
    }
  }

  return {
    wayFor(caller) {
      const ways = new Map<string, Transport>()
      return (contract) => {
        const service = options.serviceOf(contract)
        const addresses = peers[service]
        if (addresses === undefined || addresses.length === 0) return undefined
        let way = ways.get(service)
        if (way === undefined) {
          way = wayOf(caller, service, addresses)
          ways.set(service, way)
        }
        return way
      }
    },
    close() {
      for (const line of lines) line.close()
    },
  }
}

/** What becomes of a call that was sent and failed. */
function judge(target: Target, line: Line, method: DescMethodUnary, error: unknown, signal: AbortSignal): Failed {
  const known = fromStatus(error)
  if (known !== undefined) {
    line.reached()
    return new Failed(known, 'refused')
  }
  if (signal.aborted) return new Failed(signal.reason as Error, 'refused')
  const status = ConnectError.from(error)
  const { service } = target
  switch (brokeUnderway(error) ? Code.Unavailable : status.code) {
    case Code.DeadlineExceeded:
      line.slow()
      return new Failed(new ServiceSilent(service, 'no answer in time', error), 'failed')
    case Code.Unavailable:
    case Code.Aborted:
    case Code.Canceled: {
      // The connection broke under it, and whether the call was carried out nobody knows.
      const failure = new ServiceSilent(service, status.rawMessage, error)
      return new Failed(failure, isSafeToRepeat(method) && mayRepeat(target) ? 'may-pass' : 'failed')
    }
    case Code.Internal:
    case Code.Unknown:
    case Code.DataLoss:
      line.reached()
      return new Failed(status, 'failed')
    default:
      line.reached()
      return new Failed(status, 'refused')
  }
}

/** Nothing was sent, whatever the method: it may be tried again. */
function nowhere(target: Target, cause: unknown): Failed {
  const why = cause === undefined ? 'no time was left to ask' : reasonOf(cause)
  return new Failed(
    new ServiceUnavailable(target.service, 1_000, why, cause),
    cause !== undefined && mayRepeat(target) ? 'may-pass' : 'failed',
  )
}

function mayRepeat(target: Target): boolean {
  if (target.repeatsLeft < 1) return false
  target.repeatsLeft -= 1
  return true
}

/** By the contract: `option idempotency_level = NO_SIDE_EFFECTS` or `IDEMPOTENT`. */
export const isSafeToRepeat = ({ idempotency }: Pick<DescMethodUnary, 'idempotency'>): boolean =>
  idempotency === Level.NO_SIDE_EFFECTS || idempotency === Level.IDEMPOTENT

function asSeenByCaller(service: string, error: unknown): unknown {
  if (error instanceof Failed) return error.error
  if (error instanceof CircuitOpen || error instanceof BulkheadFull)
    return new ServiceUnavailable(service, error.retryAfterMs, error.message, error)
  if (error instanceof CallTimedOut) return new ServiceSilent(service, error.message, error)
  return error instanceof DomainError || error instanceof ConnectError ? error : ConnectError.from(error)
}

function wasNotSent(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at instanceof NotSent) return true
    // Refused unread: by a server that was just leaving, or that does not believe our certificate (TLS 1.3 says so late).
    if (
      /REFUSED_STREAM|ERR_HTTP2_GOAWAY_SESSION|ERR_SSL_/.test(
        `${at.message} ${String((at as { code?: unknown }).code)}`,
      )
    )
      return true
  }
  return false
}

/** Of the connection, whatever Connect makes of it. */
function brokeUnderway(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if (/^(ECANCELED|ECONNRESET|EPIPE|ERR_HTTP2_SESSION_ERROR)$/.test(String((at as { code?: unknown }).code)))
      return true
  return false
}

function reasonOf(error: unknown): string {
  let last = ''
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) last = at.message
  return last
}

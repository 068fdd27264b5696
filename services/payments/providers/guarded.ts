import { BulkheadFull, CallTimedOut, CircuitOpen, createGuard, type Guard, type Verdict } from '@souk/resilience'
import type { Logger, Metrics } from '@souk/telemetry'
import { type PaymentProvider, ProviderOutcomeUnknown, ProviderRefused, ProviderUnavailable } from '../provider.ts'
import { notUnderstood } from './http.ts'

export type GuardedDeps = { metrics: Metrics; clock: () => Date; log: Logger }

export type GuardedProvider = { provider: PaymentProvider; guard: Guard }

const classify = (error: unknown): Verdict => (error instanceof ProviderRefused ? 'refused' : 'failed')

/**
 * A provider behind its circuit breaker, bulkhead and time-out. Nothing is repeated here: repeats outlive the process, so
 * they are the caller's. Its errors are those of the port and no others.
 * @param limits `timeoutMs`: of one operation, which may be several requests, each with this limit of its own; `restMs`: how
 * long nobody is asked once the circuit is open.
 */
export function guardProvider(
  provider: PaymentProvider,
  deps: GuardedDeps,
  { timeoutMs, restMs }: { timeoutMs: number; restMs: number },
): GuardedProvider {
  const { name } = provider
  const guard = createGuard({
    name,
    ...deps,
    // A little longer than a request may take: the adapter's own error says more.
    options: { classify, attempts: 1, timeoutMs: timeoutMs + 500, halfOpenAfterMs: restMs },
  })
  async function run<T>(call: () => Promise<T>, reading = false): Promise<T> {
    try {
      return await guard.run(call)
    } catch (error) {
      throw inWordsOfThePort(error, name, reading)
    }
  }
  const many = provider.authoriseMany?.bind(provider)
  return {
    guard,
    provider: {
      name,
      methods: provider.methods,
      authorise: (ask) => run(() => provider.authorise(ask)),
      ...(many !== undefined && { authoriseMany: (asks) => run(() => many(asks)) }),
      capture: (ask) => run(() => provider.capture(ask)),
      voidAuthorisation: (ask) => run(() => provider.voidAuthorisation(ask)),
      refund: (ask) => run(() => provider.refund(ask)),
      find: (ours, theirs) => run(() => provider.find(ours, theirs), true),
      readWebhook: (headers, rawBody, nowMs) => provider.readWebhook(headers, rawBody, nowMs),
      listLedger: (from, to) => provider.listLedger(from, to),
    },
  }
}

function inWordsOfThePort(error: unknown, name: string, reading: boolean): unknown {
  if (error instanceof CircuitOpen || error instanceof BulkheadFull)
    return new ProviderUnavailable(error.message, { cause: error, retryAfterMs: error.retryAfterMs })
  const known =
    error instanceof ProviderRefused || error instanceof ProviderUnavailable || error instanceof ProviderOutcomeUnknown
  if (known) return error
  if (!(error instanceof CallTimedOut)) return notUnderstood(name, reading, error)
  const options = { cause: error }
  return reading ? new ProviderUnavailable(error.message, options) : new ProviderOutcomeUnknown(error.message, options)
}

import {
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  DelegateBackoff,
  handleWhenResult,
  type IRetryBackoffContext,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
} from 'cockatiel'
import type { Logger, Metrics } from '@souk/telemetry'
import { BulkheadFull, CallTimedOut, CircuitOpen } from './errors.ts'
import { countCalls, showCircuit } from './meters.ts'
import { RollingWindow } from './window.ts'

/**
 * What an error says about the one who was called.
 * - `refused`: it works, and said no. Never repeated, no mark against it.
 * - `may-pass`: nothing happened there, or the call is safe to repeat: repeated, a mark against it.
 * - `failed`: a mark against it, but not to be repeated; its outcome may be unknown.
 */
export type Verdict = 'refused' | 'may-pass' | 'failed'

export type GuardOptions = {
  /**
   * Of one attempt. The signal given to the call is aborted then, and the caller is answered whether it heeds that or not.
   * Infinity: calls have times of their own.
   */
  readonly timeoutMs: number
  /** With the first; 1: none is repeated. */
  readonly attempts: number
  readonly firstDelayMs: number
  readonly longestDelayMs: number
  /** 0.25: each wait is up to a quarter shorter or longer. */
  readonly jitter: number
  readonly failureRate: number
  readonly windowMs: number
  readonly buckets: number
  readonly minimumCalls: number
  readonly halfOpenAfterMs: number
  /** How many calls are let through to try it; all must succeed. The others are told that it is open. */
  readonly trialCalls: number
  readonly maxInFlight: number
  readonly maxQueued: number
  /** Default: an error of any kind may pass. */
  readonly classify: (error: unknown) => Verdict
}

export const usualOptions: GuardOptions = {
  timeoutMs: 30_000,
  attempts: 5,
  firstDelayMs: 1_000,
  longestDelayMs: 60_000,
  jitter: 0.25,
  failureRate: 0.5,
  windowMs: 10_000,
  buckets: 10,
  minimumCalls: 10,
  halfOpenAfterMs: 60_000,
  trialCalls: 3,
  maxInFlight: 20,
  maxQueued: 20,
  classify: () => 'may-pass',
}

export type GuardDeps = {
  /** Of the dependency, in the metrics and in errors: "stripe", "smtp". One guard of a name per process. */
  name: string
  metrics: Metrics
  clock: () => Date
  log: Logger
  options?: Partial<GuardOptions>
}

export type RunOptions = {
  /** Instead of the guard's. */
  attempts?: number
  /** Aborted: no further attempt is made, and the one under way is told. */
  signal?: AbortSignal
}

export type CircuitName = 'closed' | 'half-open' | 'open'

export type Guard = {
  /**
   * Call a dependency. The signal is aborted at the time-out.
   * @throws what the call threw, or CircuitOpen, BulkheadFull, CallTimedOut
   */
  run<T>(call: (signal: AbortSignal) => Promise<T>, options?: RunOptions): Promise<T>
  readonly state: CircuitName
  readonly inFlight: number
}

/** A timer is seldom later than this, however busy the process: beyond it, the process itself stood still. */
const timersLateMs = 1_000

type Settled<T> = { value: T } | { error: unknown; verdict: Verdict }

const failed = (settled: unknown): boolean =>
  'error' in (settled as object) && (settled as { verdict: Verdict }).verdict !== 'refused'

// cockatiel listens on the signal of each call; on one that many calls share, Node warns of a leak at the eleventh.
const signalOfOwn = (signal: AbortSignal | undefined): AbortSignal =>
  signal === undefined ? new AbortController().signal : AbortSignal.any([signal])

/** Time-out, repeats, circuit breaker and bulkhead around the calls to one dependency. Each part is seen in the metrics. */
export function createGuard({ name, metrics, clock, log, options: given }: GuardDeps): Guard {
  const options: GuardOptions = { ...usualOptions, ...given }
  const nowMs = () => clock().getTime()
  const count = countCalls(metrics, name)
  const limit = bulkhead(options.maxInFlight, options.maxQueued)
  // A signal aborted after every call, as is usual, would make an error with a stack for each that nobody looks at.
  const deadline = Number.isFinite(options.timeoutMs)
    ? timeout(options.timeoutMs, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false })
    : undefined
  // Asked of results, not of errors: a refusal must count as a success, and cockatiel counts an error it does not handle
  // as nothing at all.
  const breaker = circuitBreaker(handleWhenResult(failed), {
    halfOpenAfter: options.halfOpenAfterMs,
    breaker: new RollingWindow(options, nowMs),
    halfOpenSampling: { calls: options.trialCalls, threshold: 0 },
  })
  let openedAtMs = 0
  let trials = 0
  breaker.onBreak(() => {
    openedAtMs = Date.now()
    log.warn({ dependency: name, halfOpenAfterMs: options.halfOpenAfterMs }, 'circuit opened')
  })
  breaker.onHalfOpen(() => {
    trials = 0
    log.info({ dependency: name }, 'circuit half open')
  })
  breaker.onReset(() => log.info({ dependency: name }, 'circuit closed'))

  const stateNow = (): CircuitName =>
    breaker.state === CircuitState.Closed ? 'closed' : breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open'
  const inFlight = () => options.maxInFlight - limit.executionSlots

  /** Asked before a call takes a place among those under way: cockatiel would let all others wait for the trial's end. */
  function refuseWhenOpen(): void {
    const leftMs = openedAtMs + options.halfOpenAfterMs - Date.now()
    if (breaker.state === CircuitState.Open && leftMs > 0) throw new CircuitOpen(name, leftMs)
    if (breaker.state === CircuitState.HalfOpen && trials >= options.trialCalls) throw new CircuitOpen(name, 1_000)
  }

  async function settle<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<Settled<T>> {
    trials += 1
    const beganAtMs = performance.now()
    try {
      if (deadline === undefined) return { value: await call(signal) }
      return { value: await deadline.execute((context) => call(context.signal), signal) }
    } catch (thrown) {
      const gaveUp = thrown instanceof TaskCancelledError
      if (gaveUp && signal.aborted) return { error: signal.reason, verdict: 'refused' }
      const error = gaveUp ? new CallTimedOut(name, options.timeoutMs) : thrown
      // Stopped, or on a machine that was: the alarm rang before the answers that had come meanwhile were read. The silence
      // was ours, and no mark against the one who was called.
      const wasAsleep = performance.now() - beganAtMs > options.timeoutMs + timersLateMs
      const verdict = options.classify(error)
      return { error, verdict: wasAsleep && verdict === 'failed' ? 'refused' : verdict }
    }
  }

  async function attempt<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<Settled<T>> {
    try {
      refuseWhenOpen()
      const settled = await limit.execute(() => {
        refuseWhenOpen()
        return breaker.execute(() => settle(call, signal), signal)
      }, signal)
      count('value' in settled ? 'ok' : settled.error instanceof CallTimedOut ? 'timed-out' : settled.verdict)
      return settled
    } catch (error) {
      const known = error instanceof BulkheadRejectedError ? new BulkheadFull(name, 1_000) : error
      if (known instanceof CircuitOpen) count('circuit-open')
      if (known instanceof BulkheadFull) count('bulkhead-full')
      // Repeating either at once is what they are there to prevent; the caller is told how long to wait.
      return { error: known, verdict: 'refused' }
    }
  }

  const backoff = new DelegateBackoff<IRetryBackoffContext<unknown>>(({ attempt: done }) => {
    const base = Math.min(options.longestDelayMs, options.firstDelayMs * 2 ** (done - 1))
    return base * (1 + options.jitter * (2 * Math.random() - 1))
  })
  const again = handleWhenResult(
    (settled) => 'error' in (settled as object) && (settled as { verdict: Verdict }).verdict === 'may-pass',
  )
  const repeating = new Map<number, ReturnType<typeof retry>>()
  const retrying = (attempts: number) => {
    const known = repeating.get(attempts)
    if (known !== undefined) return known
    const made = retry(again, { maxAttempts: attempts - 1, backoff })
    made.onRetry(() => count('repeated'))
    repeating.set(attempts, made)
    return made
  }

  showCircuit(metrics, { name, state: stateNow, inFlight, queued: () => options.maxQueued - limit.queueSlots })
  return {
    async run<T>(call: (signal: AbortSignal) => Promise<T>, runOptions: RunOptions = {}): Promise<T> {
      const attempts = runOptions.attempts ?? options.attempts
      const signal = signalOfOwn(runOptions.signal)
      const settled =
        attempts === 1
          ? await attempt(call, signal)
          : ((await retrying(attempts).execute((context) => attempt(call, context.signal), signal)) as Settled<T>)
      if ('error' in settled) throw settled.error
      return settled.value
    },
    get state() {
      return stateNow()
    },
    get inFlight() {
      return inFlight()
    },
  }
}

import { CallTimedOut, createGuard, type GuardDeps } from '@souk/resilience'

/** What calls to a service go through. */
export type Through = <T>(call: () => Promise<T>) => Promise<T>

export const unguarded: Through = (call) => call()

/** Longer than any answer takes that is on its way; short enough that a service that hangs is left alone soon. */
export const callWithinMs = 10_000

/**
 * Leaves a service alone that does not answer: one call waits `withinMs` in vain, those of the next 30 seconds are told at
 * once, then one tries again. Only silence counts. A service that says no, or is away, says so quickly and costs nothing;
 * and one that was restarted is not to be left alone for half a minute.
 * @throws what the call threw, or CircuitOpen, CallTimedOut
 */
export function guardService(
  name: string,
  deps: Pick<GuardDeps, 'metrics' | 'clock' | 'log'>,
  withinMs = callWithinMs,
): Through {
  const guard = createGuard({
    ...deps,
    name,
    options: {
      timeoutMs: withinMs,
      attempts: 1,
      failureRate: 0.01,
      minimumCalls: 1,
      halfOpenAfterMs: 30_000,
      trialCalls: 1,
      // As many groups of orders may be under way at a time.
      maxInFlight: 64,
      maxQueued: 64,
      classify: (error) => (error instanceof CallTimedOut || isDeadline(error) ? 'failed' : 'refused'),
    },
  })
  return (call) => guard.run(call)
}

/** Connect's `deadline_exceeded`: the transport may be done waiting a moment before we are. */
const isDeadline = (error: unknown) => error instanceof Error && (error as { code?: unknown }).code === 4

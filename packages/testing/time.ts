export type ManualClock = {
  clock: () => Date
  /** Milliseconds; negative ones turn it back. */
  advance(ms: number): void
  set(instant: Date | string): void
}

/** A clock that stands still until told. */
export function manualClock(start: Date | string = '2026-01-15T10:00:00Z'): ManualClock {
  let nowMs = new Date(start).getTime()
  return {
    clock: () => new Date(nowMs),
    advance: (ms) => {
      nowMs += ms
    },
    set: (instant) => {
      nowMs = new Date(instant).getTime()
    },
  }
}

/**
 * Try an assertion again until it holds; for what happens soon, but not at once.
 * @returns what the assertion returned. @throws its last error after `timeoutMs` (default 30,000: a busy machine may stand
 * still for some seconds).
 */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + (options.timeoutMs ?? 30_000)
  while (true) {
    try {
      return await assertion()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 20))
    }
  }
}

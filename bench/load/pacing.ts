import { exponentialMs, seededRandom, type Random } from './random.ts'
import type { PlannedRequest } from './requests.ts'
import type { LoadPlan } from './types.ts'

/**
 * Open-loop arrivals: calls `due` for each request when its time has come, whatever became of those before.
 * Timers of Node tick in milliseconds, so a request may be up to about 1 ms late; that millisecond is in its latency.
 */
export function createPacer(
  mode: Extract<LoadPlan['mode'], { kind: 'open' }>,
  seed: number,
  beganAt: number,
  plan: {
    take(intendedAt: number): PlannedRequest | null
    due(request: PlannedRequest): void
    repeatIsNext(): boolean
  },
): { stop(): void } {
  const random = seededRandom(seed ^ 0x1b873593)
  const gapMs = () =>
    mode.arrivals === 'constant' ? 1000 / mode.ratePerSecond : exponentialMs(mode.ratePerSecond, random)
  let nextAt = beganAt + gapMs()
  let timer: NodeJS.Timeout
  const send = () => {
    const now = performance.now()
    while (nextAt <= now) {
      const request = plan.take(nextAt)
      if (!request) return
      plan.due(request)
      // The second half of a double click is due together with the first.
      if (!plan.repeatIsNext()) nextAt += gapMs()
    }
    timer = setTimeout(send, Math.max(1, nextAt - now))
  }
  timer = setTimeout(send, 0)
  return { stop: () => clearTimeout(timer) }
}

/** Doubles with each attempt from `retryBaseMs` to `retryMaxMs`, then ±25 % so that clients do not return as one. */
export function pauseBeforeRetryMs(
  plan: Pick<LoadPlan, 'retryBaseMs' | 'retryMaxMs'>,
  attempts: number,
  random: Random,
): number {
  const base = plan.retryBaseMs ?? 50
  const pauseMs = Math.min(plan.retryMaxMs ?? 2_000, base * 2 ** Math.max(0, attempts - 1))
  return pauseMs * (0.75 + random() / 2)
}

import type { LoopLag } from './loop-lag.ts'

/** Lets in as many as this process keeps up with. */
export type Governor = {
  /** Whether the next one may come in. */
  admits(): boolean
  /** How many of those who come are let in, from `leastShare` to 1. */
  readonly share: number
  stop(): void
}

const everyMs = 20
/** Some always get in: they are what tells that there is room again. */
const leastShare = 0.1
const giveWay = 0.85
const takeBack = 0.02
/** Nobody came for so long. */
const restAfterMs = 1_000

/**
 * Turn away a part, and as large a part as keeps this process within `targetLagMs` of its clients: while it is further
 * behind, one in seven fewer is let in each time one looks; while it is not, two in a hundred more. Turning everybody away
 * until it has caught up, and then nobody, sold half of what the machine could; letting all in, answers took 5 s.
 */
export function createGovernor(loop: LoopLag, targetLagMs: number): Governor {
  let share = 1
  let credit = 0
  let askedAtMs = 0
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    clearInterval(timer)
    timer = undefined
  }
  const look = () => {
    share = loop.worstMs() > targetLagMs ? Math.max(leastShare, share * giveWay) : Math.min(1, share + takeBack)
    if (share === 1 && performance.now() - askedAtMs > restAfterMs) stop()
  }
  return {
    get share() {
      return share
    },
    admits() {
      askedAtMs = performance.now()
      timer ??= setInterval(look, everyMs).unref()
      if (share === 1) return true
      // Evenly: of ten with a share of 0.3 the 4th, the 7th and the 10th.
      credit += share
      if (credit < 1) return false
      credit -= 1
      return true
    },
    stop,
  }
}

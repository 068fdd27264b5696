/**
 * How far this process is behind: how late it came round to its timers, and how long ago that was. Under overload it grows
 * before any queue of ours does: requests wait in sockets nobody has read yet.
 */
export type LoopLag = {
  /** Since it last came round, beyond the usual. */
  lagMs(): number
  /** The most of the last two rounds, the one under way included. */
  worstMs(): number
  stop(): void
}

const everyMs = 20

export function watchLoopLag(): LoopLag {
  let cameRoundAtMs = performance.now()
  let lastLateMs = 0
  const lagMs = () => performance.now() - cameRoundAtMs - everyMs
  const timer = setInterval(() => {
    lastLateMs = lagMs()
    cameRoundAtMs = performance.now()
  }, everyMs)
  timer.unref()
  return { lagMs, worstMs: () => Math.max(lastLateMs, lagMs()), stop: () => clearInterval(timer) }
}

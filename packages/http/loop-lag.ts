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
/** Nobody has asked for so long: a process that does nothing need not come round fifty times a second. */
const restAfterMs = 1_000

/** Counts from when it is first asked, and as long as it is asked again. */
export function watchLoopLag(): LoopLag {
  let cameRoundAtMs = 0
  let askedAtMs = 0
  let lastLateMs = 0
  let timer: NodeJS.Timeout | undefined
  const lateMs = () => performance.now() - cameRoundAtMs - everyMs
  const stop = () => {
    clearInterval(timer)
    timer = undefined
  }
  const comeRound = () => {
    lastLateMs = lateMs()
    cameRoundAtMs = performance.now()
    if (cameRoundAtMs - askedAtMs > restAfterMs) stop()
  }
  const lagMs = () => {
    askedAtMs = performance.now()
    if (timer === undefined) {
      cameRoundAtMs = askedAtMs
      lastLateMs = 0
      timer = setInterval(comeRound, everyMs)
      timer.unref()
    }
    return lateMs()
  }
  return { lagMs, worstMs: () => Math.max(lagMs(), lastLateMs), stop }
}

/**
 * How long ago this process last came round to its timers, beyond the usual. Under overload it grows before any queue of
 * ours does: requests wait in sockets nobody has read yet.
 */
export type LoopLag = { lagMs(): number; stop(): void }

const everyMs = 20

export function watchLoopLag(): LoopLag {
  let cameRoundAtMs = performance.now()
  const timer = setInterval(() => {
    cameRoundAtMs = performance.now()
  }, everyMs)
  timer.unref()
  return { lagMs: () => performance.now() - cameRoundAtMs - everyMs, stop: () => clearInterval(timer) }
}

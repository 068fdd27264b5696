/** So many a second and no more, evenly: a second's worth may be saved up. Of this process; one process sends at a time. */
export function createPace(perSecond: number, clock: () => Date) {
  let tokens = perSecond
  let filledAtMs = clock().getTime()
  return {
    /** How many of those wanted may go now. They are taken. */
    take(wanted: number): number {
      const nowMs = clock().getTime()
      tokens = Math.min(perSecond, tokens + (Math.max(0, nowMs - filledAtMs) * perSecond) / 1_000)
      filledAtMs = nowMs
      const taken = Math.min(wanted, Math.floor(tokens))
      tokens -= taken
      return taken
    },
    giveBack(unused: number): void {
      tokens = Math.min(perSecond, tokens + unused)
    },
  }
}
export type Pace = ReturnType<typeof createPace>

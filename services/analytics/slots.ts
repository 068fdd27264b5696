// Time as it is counted here: in quarters of an hour, and in days of UTC, which are 96 of these.

export const slotMs = 900_000
export const dayMs = 86_400_000

/** An order is written within seconds after its id was made; a minute after its end a quarter of an hour is whole. */
export const settledAfterMs = 60_000
/** Orders accepted for later may be placed some minutes after they came in. */
export const closedAfterMs = 3_600_000
/** Most of what is cancelled is cancelled within a week. */
export const settleAfterDays = 7

export const slotOf = (ms: number): number => Math.floor(ms / slotMs) * slotMs
export const dayOf = (ms: number): number => Math.floor(ms / dayMs) * dayMs

/** "2026-11-22" */
export const dayName = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** Until when quarters of an hour have ended and can be counted. */
export const countableUntil = (nowMs: number): number => slotOf(nowMs - settledAfterMs)

/**
 * Where to go on after a quarter of an hour: with the next one, or, when nothing was sold in it, with that in which somebody
 * ordered next.
 * @param nextMs when that was; 0: nobody has ordered since.
 */
export function nextSlot(slotAtMs: number, sold: boolean, nextMs: number, untilMs: number): number {
  if (sold) return slotAtMs + slotMs
  if (nextMs === 0) return untilMs
  return Math.min(untilMs, Math.max(slotAtMs + slotMs, slotOf(nextMs)))
}

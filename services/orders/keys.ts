/** How long an Idempotency-Key is remembered. */
export const keyLifeMs = 24 * 3_600_000

/**
 * Keys are kept by day, so that old ones leave with their day. Within a minute of midnight a key is written to both days:
 * two processes whose clocks differ by less than that can then never both find it unused.
 */
const borderMs = 60_000

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** The days a key is written to at this instant: one, or two around midnight UTC. */
export const keyDays = (nowMs: number): string[] => [...new Set([dayOf(nowMs - borderMs), dayOf(nowMs + borderMs)])]

/** Keys of orders placed since then count. Two minutes more than promised: as long as a border day may still hold one. */
export const keysLiveSince = (nowMs: number): number => nowMs - keyLifeMs - 2 * borderMs

/** The days a key may have been written to within its life: up to three. */
export const daysToSearch = (nowMs: number): string[] => [
  ...new Set([keysLiveSince(nowMs), nowMs - keyLifeMs / 2, nowMs - borderMs, nowMs + borderMs].map(dayOf)),
]

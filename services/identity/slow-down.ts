/** How often a subject may fail within a window, and what happens beyond. */
export type Policy = { limit: number; windowMs: number; slows: boolean }

/**
 * - `pair`: one account from one network address. Slowed down, so a guesser gets some 15 tries in 5 minutes, while the
 *   owner comes in from any other address unhindered.
 * - `address`: one address over all accounts (one password tried on many of them). Higher: offices share an address.
 * - `account`: one account from everywhere. Never slowed, or a stranger could lock its owner out; only an alarm.
 */
export const policies = {
  pair: { limit: 5, windowMs: 300_000, slows: true },
  address: { limit: 30, windowMs: 300_000, slows: true },
  account: { limit: 20, windowMs: 300_000, slows: false },
} as const satisfies Record<string, Policy>

export type Attempts = {
  /** Instants of the tries in the window that failed or are under way, oldest first. */
  timesMs: readonly number[]
  blockedUntilMs: number
  noticedAtMs: number | undefined
}

export const noAttempts: Attempts = { timesMs: [], blockedUntilMs: 0, noticedAtMs: undefined }

const longestWaitMs = 60_000
/** A subject's row stays small however long the attack; beyond this the wait is at its longest anyway. */
const mostKept = 100

/** 2 s after the first failure too many, doubling with each further one, 60 s at most. */
export const waitAfterMs = (failures: number, policy: Policy): number =>
  !policy.slows || failures <= policy.limit ? 0 : Math.min(1000 * 2 ** (failures - policy.limit), longestWaitMs)

/** How long the subject still has to wait; 0 when it may try. */
export const waitMs = (attempts: Attempts, nowMs: number): number => Math.max(0, attempts.blockedUntilMs - nowMs)

const within = (attempts: Attempts, policy: Policy, nowMs: number): number[] =>
  attempts.timesMs.filter((time) => time > nowMs - policy.windowMs)

/**
 * Count a try before the password is looked at, as if it had failed: a hundred sent at once are then a hundred counted,
 * not a hundred that all found the door open.
 */
export function counted(attempts: Attempts, policy: Policy, nowMs: number): Attempts {
  const timesMs = [...within(attempts, policy, nowMs), nowMs].slice(-mostKept)
  const waitsMs = waitAfterMs(timesMs.length, policy)
  // Not `nowMs + 0`: a try that took its time a millisecond earlier and got the lock later would find itself blocked.
  return { ...attempts, timesMs, blockedUntilMs: waitsMs === 0 ? attempts.blockedUntilMs : nowMs + waitsMs }
}

/** Take one try back: it succeeded, or never happened. */
export function forgiven(attempts: Attempts, policy: Policy, triedAtMs: number, nowMs: number): Attempts {
  const kept = within(attempts, policy, nowMs)
  const at = kept.indexOf(triedAtMs)
  const timesMs = at < 0 ? kept : kept.toSpliced(at, 1)
  return { ...attempts, timesMs, blockedUntilMs: timesMs.length > policy.limit ? attempts.blockedUntilMs : 0 }
}

/** Whether somebody should be told now: more failures than the limit, and not yet told in this window. */
export const noticeDue = (attempts: Attempts, policy: Policy, nowMs: number): boolean =>
  within(attempts, policy, nowMs).length > policy.limit &&
  (attempts.noticedAtMs === undefined || nowMs - attempts.noticedAtMs >= policy.windowMs)

import { DomainError } from '@souk/errors'
import { DatabaseUnavailable, isServerError, OutcomeUnknown } from '@souk/postgres'

/** How often a batch is tried, and how long between. */
export type Backoff = {
  readonly attempts: number
  readonly firstMs: number
  readonly longestMs: number
  /** 0.25: each wait is up to a quarter shorter or longer, so that many do not come back at the same instant. */
  readonly jitter: number
}

/** 1 s, 2 s, 4 s, 8 s: five attempts in about fifteen seconds, long enough for a failover of what the handler uses. */
export const usualBackoff: Backoff = { attempts: 5, firstMs: 1_000, longestMs: 60_000, jitter: 0.25 }

/** The wait after an attempt that failed, counted from 1. @param random from 0 to 1 */
export function delayMs(backoff: Backoff, attempt: number, random: number = Math.random()): number {
  const base = Math.min(backoff.longestMs, backoff.firstMs * 2 ** (attempt - 1))
  return base * (1 + backoff.jitter * (2 * random - 1))
}

/** Another process moved this consumer's offset: it is at work, or was until a moment ago. Nothing of ours was kept. */
export class OffsetMoved extends Error {
  constructor(consumer: string) {
    super(`${consumer} is being worked on by another process`)
    this.name = 'OffsetMoved'
  }
}

/** The log does not answer. Like a database that is away: waited for, and nobody's fault. */
export class LogUnavailable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'LogUnavailable'
  }
}

// Of the server's answers, those that say nothing about the event: conflicts with neighbours (40), no more room or
// connections (53), disk trouble (58), a lock not had in time, a server that only reads (failing over).
const aboutTheServer = (code: string) =>
  ['40', '53', '58'].includes(code.slice(0, 2)) || code === '55P03' || code === '25006'

/** Not the event's fault: wait until it is over, however long, and count nothing. */
export const isOutage = (error: unknown): boolean =>
  error instanceof DatabaseUnavailable ||
  error instanceof OutcomeUnknown ||
  error instanceof LogUnavailable ||
  (isServerError(error) && aboutTheServer(error.code))

/** The same will be said every time: no use in repeating. */
export const isFinal = (error: unknown): boolean =>
  error instanceof DomainError && [400, 401, 403, 404, 409, 422].includes(error.row.status)

/** The server answered with an error. `code` is the SQLSTATE, `constraint` the name of the broken one, if any. */
export type ServerError = Error & { code: string; constraint?: string; detail?: string }

/** Told from an error of the socket by its severity: `EPIPE` would pass for a SQLSTATE too. */
export const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error &&
  'severity' in error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^[0-9A-Z]{5}$/.test(error.code)

/**
 * SQLSTATE class 57P0x (shutdown, crash), 08 (connection) and the session timeouts (25P03, 25P04) end the connection:
 * the statement's fate is not known.
 */
const endsConnection = (code: string) =>
  code.startsWith('08') || code.startsWith('57P0') || code === '25P03' || code === '25P04'

/**
 * The connection was lost while a statement or a COMMIT was under way: it may or may not have happened.
 * Never retry blindly; look the outcome up by a key of your own first.
 */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('the connection to the database was lost before the outcome was known', { cause })
    this.name = 'OutcomeUnknown'
  }
}

/** No connection could be had: nothing was sent, so nothing happened. Safe to retry later. */
export class DatabaseUnavailable extends Error {
  /** What is in the way and what to do, where that is known better than the cause says it. */
  readonly why: string | undefined

  constructor(cause: unknown, why?: string) {
    super(`the database cannot be reached${why === undefined ? '' : `: ${why}`}`, { cause })
    this.name = 'DatabaseUnavailable'
    this.why = why
  }
}

export const isRetryable = (error: unknown): boolean =>
  isServerError(error) && (error.code === '40001' || error.code === '40P01')

export const violates = (error: unknown, constraint: string): boolean =>
  isServerError(error) && error.constraint === constraint

/** What a failed statement means: an answer of the server is passed on, anything else leaves the outcome open. */
export const statementError = (error: unknown): unknown =>
  isServerError(error) && !endsConnection(error.code) ? error : new OutcomeUnknown(error)

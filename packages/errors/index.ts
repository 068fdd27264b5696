/** One row of the catalogue: what a code means to whoever receives it. */
export type ErrorRow = {
  /** HTTP status; calls between services carry the same code, so both edges agree. */
  status:
    | 400
    | 401
    | 403
    | 404
    | 405
    | 408
    | 409
    | 410
    | 412
    | 413
    | 415
    | 422
    | 428
    | 429
    | 431
    | 500
    | 502
    | 503
    | 504
  /** Short and the same every time. */
  title: string
  /** For the documentation: when it happens and what to do. */
  help: string
}

/** Something a caller may be told: what is wrong, where, and what to do. Knows no transport. */
export class DomainError extends Error {
  readonly code: string
  readonly row: ErrorRow
  /** Further members of the problem document: `{ variantId, remaining }`. Never secrets, never personal data. */
  readonly extra: Readonly<Record<string, unknown>>
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: string,
    row: ErrorRow,
    detail: string,
    extra: Readonly<Record<string, unknown>> = {},
    retryAfterSeconds?: number,
  ) {
    super(detail)
    this.name = 'DomainError'
    this.code = code
    this.row = row
    this.extra = extra
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export type ErrorCatalogue<Code extends string> = {
  readonly rows: Readonly<Record<Code, ErrorRow>>
  /** Make (not throw) the error: `throw errors.error('shop-not-found', 'There is no shop …')`. */
  error(code: Code, detail: string, extra?: Readonly<Record<string, unknown>>, retryAfterSeconds?: number): DomainError
  /** Whether a caught error is one of these. */
  is(error: unknown, code: Code): error is DomainError
}

/** A service's errors. Codes are unique over the whole program (a test sees to it) and never reused for another meaning. */
export const defineErrors = <Code extends string>(rows: Record<Code, ErrorRow>): ErrorCatalogue<Code> => ({
  rows,
  error: (code, detail, extra, retryAfterSeconds) =>
    new DomainError(code, rows[code], detail, extra, retryAfterSeconds),
  is: (error, code): error is DomainError => error instanceof DomainError && error.code === code,
})

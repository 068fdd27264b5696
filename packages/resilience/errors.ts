/** Not called: it failed too often lately. Try again in `retryAfterMs`. */
export class CircuitOpen extends Error {
  readonly dependency: string
  readonly retryAfterMs: number
  constructor(dependency: string, retryAfterMs: number) {
    super(`${dependency} is not called for another ${Math.ceil(retryAfterMs / 1_000)} s: too many calls to it failed`)
    this.name = 'CircuitOpen'
    this.dependency = dependency
    this.retryAfterMs = retryAfterMs
  }
}

/** Not called: as many calls as are allowed are under way and waiting. */
export class BulkheadFull extends Error {
  readonly dependency: string
  readonly retryAfterMs: number
  constructor(dependency: string, retryAfterMs: number) {
    super(`${dependency} has as many calls under way as it is allowed`)
    this.name = 'BulkheadFull'
    this.dependency = dependency
    this.retryAfterMs = retryAfterMs
  }
}

/** Called, and no answer in time. Whether it did what was asked is not known. */
export class CallTimedOut extends Error {
  readonly dependency: string
  readonly timeoutMs: number
  constructor(dependency: string, timeoutMs: number) {
    super(`${dependency} did not answer within ${timeoutMs} ms`)
    this.name = 'CallTimedOut'
    this.dependency = dependency
    this.timeoutMs = timeoutMs
  }
}

import { DomainError } from '@souk/errors'

/** Nothing was done: the service could not be reached, or is not asked for the time being. */
export class ServiceUnavailable extends Error {
  readonly service: string
  readonly retryAfterMs: number
  constructor(service: string, retryAfterMs: number, why: string, cause?: unknown) {
    super(`${service} cannot be asked: ${why}`, { cause })
    this.name = 'ServiceUnavailable'
    this.service = service
    this.retryAfterMs = retryAfterMs
  }
}

/** Asked, and no answer: too slow, or the connection broke. Whether it did what was asked is not known. */
export class ServiceSilent extends Error {
  readonly service: string
  constructor(service: string, why: string, cause?: unknown) {
    super(`${service} did not answer: ${why}`, { cause })
    this.name = 'ServiceSilent'
    this.service = service
  }
}

/** What a caller may be told as it is. */
export const isForeseen = (error: unknown): error is DomainError | ServiceUnavailable | ServiceSilent =>
  error instanceof DomainError || error instanceof ServiceUnavailable || error instanceof ServiceSilent

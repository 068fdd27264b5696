import { DomainError, defineErrors } from '@souk/errors'

/** What any route may answer with, because the edge does. */
export const errors = defineErrors({
  'validation-failed': {
    status: 400,
    title: 'The request is not valid',
    help: 'Some part of the request is missing, unknown, or of the wrong shape. `faults` names each: where (`in`: body, query, params), which (`path`) and why (`message`). Unknown fields are refused, never ignored.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    help: 'The body could not be read as JSON, is nested more than 32 deep, or names fields that no honest client sends (`__proto__`).',
  },
  'bad-request': {
    status: 400,
    title: 'The request cannot be read',
    help: 'The request line, a header or the encoding of the address breaks the rules of HTTP.',
  },
  'idempotency-key-required': {
    status: 400,
    title: 'An Idempotency-Key is required',
    help: 'Send an `Idempotency-Key` of your own making, one per intent, and the same one with every retry.',
  },
  'idempotency-key-invalid': {
    status: 400,
    title: 'The Idempotency-Key will not do',
    help: 'A key is 1 to 255 visible ASCII characters, sent once. A UUID is a good one.',
  },
  unauthenticated: {
    status: 401,
    title: 'Sign in first',
    help: 'Send `Authorization: Bearer` with an access token or an API key. What was sent is missing, not ours, or withdrawn.',
  },
  'token-expired': {
    status: 401,
    title: 'The access token has expired',
    help: 'Refresh it and send the request again.',
  },
  forbidden: {
    status: 403,
    title: 'You may not do this',
    help: 'The account is known but lacks the permission or duty named in `needs`.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing here',
    help: 'No route has this address. For addresses of things see the code of that thing.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This address takes other methods',
    help: 'The `Allow` header lists them.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    help: 'Headers and body must arrive within the limits of the server. Nothing was done.',
  },
  'idempotency-in-flight': {
    status: 409,
    title: 'The first request with this key is still under way',
    help: 'Try again after `Retry-After`; you will get its answer.',
  },
  'version-mismatch': {
    status: 412,
    title: 'Somebody else changed it first',
    help: 'Your `If-Match` names an older version. Read it again, apply your change to that, and send its `ETag`.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    help: 'The limit is 100 kB unless the route says otherwise.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body must be JSON',
    help: 'Send `Content-Type: application/json`, in UTF-8, not compressed.',
  },
  'idempotency-mismatch': {
    status: 422,
    title: 'This Idempotency-Key was used for another request',
    help: 'A key stands for one request: same route, same address, same body. Make a new key for a new intent.',
  },
  'precondition-required': {
    status: 428,
    title: 'If-Match is required',
    help: 'Two people may edit this. Send the `ETag` you read as `If-Match`, so that neither overwrites the other unseen.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    help: 'Wait for `Retry-After` seconds. `RateLimit` shows what is left of the quota named in `policy`.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    help: 'All headers together may have 16 kB.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    help: 'It has been recorded under `correlationId`. It may or may not have taken effect: repeat unsafe requests with the same Idempotency-Key.',
  },
  overloaded: {
    status: 503,
    title: 'Too busy right now',
    help: 'Nothing was done. Try again after `Retry-After` seconds, with some jitter.',
  },
  'database-unavailable': {
    status: 503,
    title: 'The database cannot be reached',
    help: 'Nothing was done. Try again after `Retry-After` seconds.',
  },
  'outcome-unknown': {
    status: 503,
    title: 'It is not known whether this took effect',
    help: 'The connection broke while it was being written down. Repeat with the same Idempotency-Key, or look before you repeat.',
  },
  'service-unavailable': {
    status: 503,
    title: 'A part of the marketplace cannot be reached',
    help: 'What is needed for this runs elsewhere and is away, or is not asked for the moment because it failed too often. Nothing was done. Try again after `Retry-After` seconds.',
  },
  'service-silent': {
    status: 504,
    title: 'A part of the marketplace did not answer',
    help: 'It was asked and did not answer in time. It may still take effect: repeat unsafe requests with the same Idempotency-Key.',
  },
  'handler-timeout': {
    status: 503,
    title: 'This took too long',
    help: 'The server gave up waiting. It may still take effect: repeat unsafe requests with the same Idempotency-Key.',
  },
})

export const isProblem = (error: unknown): error is DomainError => error instanceof DomainError

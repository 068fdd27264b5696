import { DomainError } from '@souk/errors'
import { DatabaseUnavailable, isServerError, OutcomeUnknown } from '@souk/postgres'
import { ServiceSilent, ServiceUnavailable } from '@souk/rpc/failures'
import { errors } from './errors.ts'

/** Codes of Fastify and Node that are the caller's doing. Whatever is not here and not ours is our own fault. */
const framework: Readonly<Record<string, () => DomainError>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: () => errors.error('malformed-json', 'The body could not be read as JSON.'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => errors.error('malformed-json', 'The body is empty, but its type says JSON.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    errors.error('bad-request', 'The body is not as long as Content-Length says.'),
  FST_ERR_CTP_BODY_TOO_LARGE: () => errors.error('body-too-large', 'Send less at once.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => errors.error('unsupported-media-type', 'Send application/json.'),
  FST_ERR_BAD_URL: () => errors.error('bad-request', 'The address is not encoded correctly.'),
  FST_ERR_MAX_PARAM_LENGTH: () => errors.error('not-found', 'No address has parts that long.'),
}

/** The refusal that an error stands for. `internal` (and so a line in the log) for what nobody foresaw. */
export function refusalFor(error: unknown): DomainError {
  if (error instanceof DomainError) return error
  if (error instanceof DatabaseUnavailable)
    return errors.error('database-unavailable', 'Nothing was done. Try again shortly.', {}, 2)
  if (error instanceof OutcomeUnknown)
    return errors.error('outcome-unknown', 'The connection to the database broke while this was written down.', {}, 2)
  if (error instanceof ServiceUnavailable)
    return errors.error(
      'service-unavailable',
      'Nothing was done. Try again shortly.',
      { service: error.service },
      Math.max(1, Math.ceil(error.retryAfterMs / 1_000)),
    )
  if (error instanceof ServiceSilent)
    return errors.error('service-silent', 'What was asked of it may still take effect.', { service: error.service }, 2)
  // Statement and lock timeouts: the database lives but is too busy for this.
  if (isServerError(error) && (error.code === '57014' || error.code === '55P03'))
    return errors.error('overloaded', 'The database was too busy for this. Nothing was done.', {}, 2)
  const { code } = error as { code?: unknown }
  const known = typeof code === 'string' ? framework[code] : undefined
  return known?.() ?? errors.error('internal', 'It has been recorded; quote the correlation id when you ask about it.')
}

/** The problem document (RFC 9457). The members of the standard always win over those an error adds. */
export const problemBody = (error: DomainError, correlationId: string): string =>
  JSON.stringify({
    ...error.extra,
    type: `/problems/${error.code}`,
    title: error.row.title,
    status: error.row.status,
    detail: error.message,
    code: error.code,
    correlationId,
  })

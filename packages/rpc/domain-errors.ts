import { fromJson, type JsonObject, toJson } from '@bufbuild/protobuf'
import { StructSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect'
import { DomainError, type ErrorRow } from '@souk/errors'
import { ServiceSilent, ServiceUnavailable } from './failures.ts'

const codeOfStatus: Partial<Record<ErrorRow['status'], Code>> = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  409: Code.FailedPrecondition,
  412: Code.Aborted,
  422: Code.InvalidArgument,
  429: Code.ResourceExhausted,
  503: Code.Unavailable,
}

/** Details travel in a trailer, and many servers and proxies cut those off at 16 kB. */
const maxDetailBytes = 8_192

type Sent =
  | { kind: 'refusal'; code: string; row: ErrorRow; extra: Record<string, unknown>; retryAfterSeconds?: number }
  | { kind: 'unavailable'; service: string; retryAfterMs: number; why: string }
  | { kind: 'silent'; service: string; why: string }

/**
 * As whoever asked from afar gets it: a status with one detail, a google.protobuf.Struct, which any gRPC client can
 * show. Undefined for what nobody foresaw, of which no more is told than "internal error".
 */
export function toStatus(error: unknown): ConnectError | undefined {
  if (error instanceof DomainError) {
    const { code, row, extra, retryAfterSeconds } = error
    const whole: Sent = {
      kind: 'refusal',
      code,
      row,
      extra,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    }
    const fits = JSON.stringify(whole).length <= maxDetailBytes
    return status(error, codeOfStatus[row.status] ?? Code.Unknown, fits ? whole : { ...whole, extra: {} })
  }
  if (error instanceof ServiceUnavailable) {
    const { service, retryAfterMs, message: why } = error
    return status(error, Code.Unavailable, { kind: 'unavailable', service, retryAfterMs, why })
  }
  if (error instanceof ServiceSilent)
    return status(error, Code.Unavailable, { kind: 'silent', service: error.service, why: error.message })
  return undefined
}

const status = (error: Error, code: Code, sent: Sent): ConnectError =>
  new ConnectError(
    error.message,
    code,
    undefined,
    // Through text, so that a date or an undefined among the extra members cannot break the way it is sent.
    [{ desc: StructSchema, value: fromJson(StructSchema, JSON.parse(JSON.stringify(sent)) as JsonObject) }],
    error,
  )

/** The refusal that arrived as a status; undefined when it is of another making. */
export function fromStatus(error: unknown): Error | undefined {
  if (!(error instanceof ConnectError)) return undefined
  const [detail] = error.findDetails(StructSchema)
  const sent = detail && (toJson(StructSchema, detail) as Sent)
  switch (sent?.kind) {
    case 'refusal':
      return new DomainError(sent.code, sent.row, error.rawMessage, sent.extra, sent.retryAfterSeconds)
    case 'unavailable':
      return new ServiceUnavailable(sent.service, sent.retryAfterMs, sent.why)
    case 'silent':
      return new ServiceSilent(sent.service, sent.why)
    default:
      return undefined
  }
}

/** On the serving side: a refusal leaves as one, not as "internal error". Anything else stays hidden, as Connect does. */
export const domainErrorsOut: Interceptor = (next) => async (request) => {
  try {
    return await next(request)
  } catch (error) {
    throw toStatus(error) ?? error
  }
}

/** On the calling side: a refusal arrives as the same error it left as. */
export const domainErrorsIn: Interceptor = (next) => async (request) => {
  try {
    return await next(request)
  } catch (error) {
    throw fromStatus(error) ?? error
  }
}

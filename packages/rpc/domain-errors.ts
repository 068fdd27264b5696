import { Code, ConnectError, type Interceptor } from '@connectrpc/connect'
import { DomainError, type ErrorRow } from '@souk/errors'

/** Carries a refusal's code, row and extra members; the message travels as the error's own. */
const header = 'souk-error'

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

/** On the serving side: a refusal leaves as one, not as "internal error". Anything else stays hidden, as Connect does. */
export const domainErrorsOut: Interceptor = (next) => async (request) => {
  try {
    return await next(request)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const { code, row, extra, retryAfterSeconds } = error
    const metadata = { [header]: encodeURIComponent(JSON.stringify({ code, row, extra, retryAfterSeconds })) }
    throw new ConnectError(error.message, codeOfStatus[row.status] ?? Code.Unknown, metadata, undefined, error)
  }
}

/** On the calling side: a refusal arrives as the same DomainError it left as. */
export const domainErrorsIn: Interceptor = (next) => async (request) => {
  try {
    return await next(request)
  } catch (error) {
    const sent = error instanceof ConnectError ? error.metadata.get(header) : null
    if (sent === null || !(error instanceof ConnectError)) throw error
    const { code, row, extra, retryAfterSeconds } = JSON.parse(decodeURIComponent(sent)) as Sent
    throw new DomainError(code, row, error.rawMessage, extra, retryAfterSeconds)
  }
}

type Sent = { code: string; row: ErrorRow; extra: Record<string, unknown>; retryAfterSeconds?: number }

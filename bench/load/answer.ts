import type { Response } from './response.ts'
import { retryAfterMs } from './response.ts'
import type { Outcome } from './types.ts'

/** What an answer means. `code` is '' when accepted, the problem code or `http-404` when not. */
export type Verdict = {
  outcome: Outcome
  code: string
  orderId: string | null
  /** The server asks for so long a pause; null when it does not. */
  pauseMs: number | null
  /** Asking again with the same key may bring another answer. */
  worthRetrying: boolean
}

/** @param retryCodes problem codes that mean "not decided yet". */
export function judge(response: Response, retryCodes: ReadonlySet<string>, now: Date): Verdict {
  const { status } = response
  if (status >= 200 && status < 300) {
    return { outcome: 'accepted', code: '', orderId: orderIdOf(response.body), pauseMs: null, worthRetrying: false }
  }
  const code = problemCode(response.body) ?? `http-${status}`
  const pauseMs = status === 429 || status >= 500 || retryCodes.size > 0 ? retryAfterMs(response.head, now) : null
  if (status >= 500) {
    const outcome = status === 503 && pauseMs !== null ? 'shed' : 'indeterminate'
    return { outcome, code, orderId: null, pauseMs, worthRetrying: true }
  }
  if (retryCodes.has(code) || status === 408 || status === 425) {
    return { outcome: 'indeterminate', code, orderId: null, pauseMs, worthRetrying: true }
  }
  // 429 is as definite as any 4xx, but a client that retries comes back.
  return { outcome: 'refused', code, orderId: null, pauseMs, worthRetrying: status === 429 }
}

const uuidLength = 36
const idFirst = '{"id":"'

function orderIdOf(body: string): string | null {
  // The order's own id mostly stands first; parsing the whole order would cost more than all the rest of an answer.
  if (body.startsWith(idFirst)) return uuidOrNull(body.slice(idFirst.length, idFirst.length + uuidLength))
  const parsed = parseObject(body)
  return uuidOrNull(parsed?.id ?? parsed?.orderId)
}

const uuidOrNull = (id: unknown) => (typeof id === 'string' && id.length === uuidLength ? id : null)

function problemCode(body: string): string | null {
  const code = parseObject(body)?.code
  return typeof code === 'string' && code !== '' ? code : null
}

function parseObject(body: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : null
  } catch {
    // A proxy's HTML page, or an answer without a body: the status alone has to do.
    return null
  }
}

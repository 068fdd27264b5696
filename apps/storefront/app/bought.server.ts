import { isProblem, SoukProblem, SoukUnreachable } from '@souk/sdk'

/** What one press of a sale's button came to. `busy`: nobody knows yet; the same key may be asked again. */
export type Bought =
  | { state: 'got'; orderId: string }
  | { state: 'missed' }
  | { state: 'had' }
  | { state: 'sign-in' }
  | { state: 'refused'; text: string }
  | { state: 'busy'; retryAfterMs: number }

export function outcomeOf(error: unknown): Bought {
  if (isProblem(error, 'out-of-stock')) return { state: 'missed' }
  if (isProblem(error, 'cap-reached')) return { state: 'had' }
  if (isProblem(error, 'unauthenticated', 'token-expired')) return { state: 'sign-in' }
  if (
    error instanceof SoukProblem &&
    error.status < 500 &&
    error.status !== 429 &&
    error.code !== 'idempotency-in-flight'
  )
    return { state: 'refused', text: error.detail }
  if (error instanceof SoukProblem)
    return { state: 'busy', retryAfterMs: Math.min(3_000, (error.retryAfterSeconds ?? 0.5) * 1_000) }
  // No answer in time: it may have been taken. The same key finds out.
  if (
    error instanceof SoukUnreachable ||
    (error as Error).name === 'TimeoutError' ||
    (error as Error).name === 'AbortError'
  )
    return { state: 'busy', retryAfterMs: 300 }
  throw error
}

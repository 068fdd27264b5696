import { idempotencyKey, isProblem, SoukProblem, SoukUnreachable } from '@souk/sdk'
import type { ActionFunctionArgs } from 'react-router'
import { visitContext } from '../visit.server.ts'

/** What one press of a sale's button came to. `busy`: nobody knows yet; the same key may be asked again. */
export type Bought =
  | { state: 'got'; orderId: string }
  | { state: 'missed' }
  | { state: 'had' }
  | { state: 'sign-in' }
  | { state: 'refused'; text: string }
  | { state: 'busy'; retryAfterMs: number }

/** Whoever presses is told within two seconds: this much of them is ours. */
const patienceMs = 1_600
const methods = ['card', 'bank-transfer', 'cash-on-delivery', 'wallet'] as const

/** No price comes from the page: what a unit costs, and whether there is one, orders alone decides. */
export async function action({ context, params, request }: ActionFunctionArgs): Promise<Response> {
  const { souk, shopper } = context.get(visitContext)
  const given = (await request.json().catch(() => ({}))) as Record<string, unknown>
  const key = typeof given.key === 'string' && /^[\w-]{8,64}$/.test(given.key) ? given.key : undefined
  const answer = (bought: Bought) => Response.json(bought, { headers: { 'cache-control': 'no-store' } })
  if (shopper === undefined) return answer({ state: 'sign-in' })
  if (key === undefined) return answer({ state: 'refused', text: 'The request has no key.' })
  try {
    const order = await souk.placeFlashSaleOrder({
      path: { productId: params.productId ?? '' },
      body: {
        ...(typeof given.variantId === 'string' && { variantId: given.variantId }),
        paymentMethod: methods.find((each) => each === given.paymentMethod) ?? 'card',
      },
      ...idempotencyKey(key),
      signal: AbortSignal.timeout(patienceMs),
    })
    return answer({ state: 'got', orderId: order.id })
  } catch (error) {
    return answer(outcomeOf(error))
  }
}

export function outcomeOf(error: unknown): Bought {
  if (isProblem(error, 'out-of-stock')) return { state: 'missed' }
  if (isProblem(error, 'cap-reached')) return { state: 'had' }
  if (isProblem(error, 'unauthenticated', 'token-expired')) return { state: 'sign-in' }
  if (error instanceof SoukProblem && error.status < 500 && error.status !== 429 && error.code !== 'idempotency-in-flight')
    return { state: 'refused', text: error.detail }
  if (error instanceof SoukProblem)
    return { state: 'busy', retryAfterMs: Math.min(3_000, (error.retryAfterSeconds ?? 0.5) * 1_000) }
  // No answer in time: it may have been taken. The same key finds out.
  if (error instanceof SoukUnreachable || (error as Error).name === 'TimeoutError' || (error as Error).name === 'AbortError')
    return { state: 'busy', retryAfterMs: 300 }
  throw error
}

import { idempotencyKey } from '@souk/sdk'
import type { ActionFunctionArgs } from 'react-router'
import { type Bought, outcomeOf } from '../bought.server.ts'
import { visitContext } from '../visit.server.ts'

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

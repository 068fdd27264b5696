import type { AllotmentService } from '@souk/contracts/orders'
import type { Client } from '@souk/rpc'
import type { Logger } from '@souk/telemetry'
import type { Left, Offer } from './cart.ts'

export type LeftDeps = { allotments: Pick<Client<typeof AllotmentService>, 'listAllotments'>; log: Logger }

/** A cart is shown without it rather than late: on a sale day orders has better things to do. */
const patienceMs = 500

/** How many units of each may still be ordered, of those that orders answered about in time. */
export async function howManyLeft(deps: LeftDeps, offers: readonly Offer[]): Promise<(variantId: string) => Left> {
  const left = new Map<string, number>()
  const byShop = Map.groupBy(offers, ({ shopId }) => shopId)
  await Promise.all(
    [...byShop].map(async ([shopId, ofShop]) => {
      const onSale = new Set(ofShop.filter(({ saleEndsAt }) => saleEndsAt !== null).map(({ variantId }) => variantId))
      const variantIds = ofShop.map(({ variantId }) => variantId)
      try {
        const request = { shopId, variantIds }
        const { allotments } = await deps.allotments.listAllotments(request, { timeoutMs: patienceMs })
        // Nothing was ever granted of what is not named.
        for (const variantId of variantIds) left.set(variantId, 0)
        // While a sale runs, only what was set aside for it is sold.
        for (const { variantId, remaining, setAside } of allotments)
          left.set(variantId, Math.max(0, Number(onSale.has(variantId) ? setAside : remaining)))
      } catch (error) {
        deps.log.debug({ shopId, error }, 'a cart is shown without how much is left')
      }
    }),
  )
  return (variantId) => left.get(variantId)
}

import type { AssignmentService } from '@souk/contracts/inventory'
import type { Client } from '@souk/rpc'
import { done, failed, type Outcome, refused } from '../saga.ts'
import { inChunks } from './in-chunks.ts'
import type { Step } from './step.ts'
import { callWithinMs, type Through } from './through.ts'

/** The goods: set apart on the shelves for orders that are paid. */
export const goodsStep = (
  inventory: Pick<Client<typeof AssignmentService>, 'assign' | 'release'>,
  through?: Through,
): Step => ({
  name: 'goods',
  refusedAs: 'out-of-stock',
  expiredAs: 'out-of-stock',
  run: (batch) =>
    inChunks(
      'inventory',
      batch,
      async (chunk): Promise<readonly Outcome[]> => {
        const { answers } = await inventory.assign(
          {
            orders: chunk.map(({ order }) => ({
              orderId: order.orderId,
              shopId: order.shopId,
              lines: order.lines.map(({ variantId, quantity }) => ({ variantId, quantity: BigInt(quantity) })),
            })),
          },
          { timeoutMs: callWithinMs },
        )
        return answers.map(({ assigned, reason, variantId }) => {
          if (assigned) return done
          const why = variantId === '' ? reason : `${reason} ${variantId}`
          // Set apart for an order that was called off a moment ago and not yet put back: the next attempt gets them.
          return reason === 'held' ? failed(why) : refused(why)
        })
      },
      through,
    ),
  undo: (batch) =>
    inChunks(
      'inventory',
      batch,
      async (chunk) => {
        await inventory.release(
          { orders: chunk.map(({ order }) => ({ orderId: order.orderId, shopId: order.shopId })) },
          { timeoutMs: callWithinMs },
        )
        return chunk.map(() => done)
      },
      through,
    ),
})

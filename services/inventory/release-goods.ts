import { findLotsOfOrders, insertTombstones, releaseGoods } from './assignments.sql.ts'
import { maxOrders } from './assign-goods.ts'
import type { Deps } from './deps.ts'
import { errors } from './errors.ts'
import { lockLotsById } from './lots.sql.ts'

/**
 * Put back what is set apart for orders and not issued. Done once however often it is asked. Of an order that nothing is
 * known of a mark stays, so that a call to assign that was on its way finds it released.
 */
export async function releaseOrders(
  { shards, clock }: Pick<Deps, 'shards' | 'clock'>,
  orders: readonly { orderId: string; shopId: string }[],
): Promise<void> {
  if (orders.length > maxOrders)
    throw errors.error('unclear-goods', `${orders.length} orders at once are too many: ${maxOrders} at most.`)
  const byShard = Map.groupBy(orders, (order) => shards.ofOwner(order.shopId))
  await Promise.all(
    [...byShard].map(([{ db }, ofShard]) =>
      db.transaction(async (tx) => {
        const at = clock()
        const orderIds = [...new Set(ofShard.map((order) => order.orderId))].sort()
        // Lots before rows, as whoever assigns does: the other way round two could wait for each other.
        const lots = await findLotsOfOrders(tx, orderIds)
        await lockLotsById(
          tx,
          lots.map((lot) => lot.lotId),
        )
        // Waits for an assignment of the same order under way; what that set apart is released below.
        await insertTombstones(tx, orderIds, at)
        await releaseGoods(tx, orderIds, at)
      }),
    ),
  )
}

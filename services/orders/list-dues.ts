import type { ListDuesRequest } from '@souk/contracts/orders'
import type { Shards } from '@souk/postgres'
import { type DueRow, duesAfter, duesOf } from './dues.sql.ts'

const first = '00000000-0000-0000-0000-000000000000'
const maxAtOnce = 2_048
/** How long after its end an order may wait for the saga to begin undoing it: as long as one may be stuck unseen. */
const unseenMs = 5 * 60_000

type Ask = Pick<ListDuesRequest, 'orderIds' | 'afterOrderId' | 'limit'>

/** What should have become of the money of many orders: of those named, or of the next ones. In the order of their ids. */
export async function listDues(
  { shards, clock }: { shards: Shards; clock: () => Date },
  { orderIds, afterOrderId, limit }: Ask,
): Promise<DueRow[]> {
  if (orderIds.length > maxAtOnce) throw new RangeError(`asked about ${orderIds.length} orders, not ${maxAtOnce}`)
  const since = new Date(clock().getTime() - unseenMs)
  const rows =
    orderIds.length > 0
      ? [...Map.groupBy(orderIds, (orderId) => shards.ofId(orderId))].map(([{ db }, ids]) =>
          duesOf(db.autocommit, ids, since),
        )
      : shards.all().map(({ db }) => duesAfter(db.autocommit, afterOrderId || first, Math.min(limit, maxAtOnce), since))
  const all = (await Promise.all(rows)).flat().sort((one, other) => (one.order_id < other.order_id ? -1 : 1))
  return orderIds.length > 0 ? all : all.slice(0, limit)
}

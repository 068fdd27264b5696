import { orderCancelled, orderConfirmed, orderReturned } from '@souk/contracts'
import type { OrderDue, OrderService } from '@souk/contracts/orders'
import type { Consumer, Event } from '@souk/events'
import { bucketInId, type Database, type Tx, uuidv7 } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import { enterPoints, type PointEntry, pointShops, pointsOfOrders } from './points.sql.ts'

/** What an order is worth in points as it stands: whole ones only, of what is paid and was not given back. */
export const pointsDue = (
  order: Pick<OrderDue, 'status' | 'totalMinor' | 'returnedMinor'>,
  minorPerPoint: number,
): number => {
  if (order.status === 'placed' || order.status === 'cancelled') return 0
  return Math.max(0, Math.floor(Number(order.totalMinor - order.returnedMinor) / minorPerPoint))
}

type OfOrder = { orderId: string; shopId: string; customerId: string }
type Prepared = { dues: ReadonlyMap<string, OrderDue>; perPoint: ReadonlyMap<string, number> }

const maxAsked = 2_048

/**
 * Points are earned when an order is confirmed and taken back when it is cancelled or goods return: always the difference
 * between what the order is worth by now and what stands in the ledger, so that events may come twice, late or in any
 * order. Orders of shops that give no points cost one look at their ids.
 */
export const pointsConsumer = (deps: {
  db: Database
  orders: Pick<Client<typeof OrderService>, 'listDues'>
  clock: () => Date
}): Consumer => ({
  name: 'promotions.points',
  events: [orderConfirmed, orderCancelled, orderReturned],
  batchSize: maxAsked,
  async prepare(events): Promise<Prepared> {
    const orders = events.map(({ payload }) => payload as unknown as OfOrder)
    const shops = [...new Set(orders.map(({ shopId }) => shopId))]
    const perPoint = new Map(
      (await pointShops(deps.db.autocommit, shops)).map((shop) => [shop.shopId, shop.minorPerPoint]),
    )
    const takenBack = events.flatMap(({ type, payload }) =>
      type === orderConfirmed.type ? [] : [(payload as unknown as OfOrder).orderId],
    )
    const earned = takenBack.length === 0 ? [] : await pointsOfOrders(deps.db.autocommit, takenBack)
    const concerned = [
      ...new Set([
        ...orders.flatMap(({ orderId, shopId }) => (perPoint.has(shopId) ? [orderId] : [])),
        ...earned.map(({ orderId }) => orderId),
      ]),
    ]
    if (concerned.length === 0) return { dues: new Map(), perPoint }
    const { dues } = await deps.orders.listDues({ orderIds: concerned }, { timeoutMs: 10_000 })
    return { dues: new Map(dues.map((due) => [due.orderId, due])), perPoint }
  },
  handle: (tx, events, prepared) => applyPoints(tx, deps.clock, events, prepared as Prepared),
})

async function applyPoints(tx: Tx, clock: () => Date, events: readonly Event[], { dues, perPoint }: Prepared) {
  if (dues.size === 0) return
  const known = new Map((await pointsOfOrders(tx, [...dues.keys()])).map((row) => [row.orderId, row]))
  const entries: PointEntry[] = []
  const seen = new Set<string>()
  const nowMs = clock().getTime()
  for (const { type, payload } of events) {
    const { orderId, shopId, customerId } = payload as unknown as OfOrder
    const due = dues.get(orderId)
    const before = known.get(orderId)
    // Only a confirmation earns: an order of the time before the shop gave points takes none back either.
    if (due === undefined || seen.has(orderId) || (before === undefined && type !== orderConfirmed.type)) continue
    const minorPerPoint = before?.minorPerPoint ?? perPoint.get(shopId)
    if (minorPerPoint === undefined) continue
    seen.add(orderId)
    const points = pointsDue(due, minorPerPoint) - (before?.points ?? 0)
    if (points === 0) continue
    const reason = points > 0 ? 'earned' : due.status === 'cancelled' ? 'cancelled' : 'returned'
    const entryId = uuidv7(nowMs, bucketInId(orderId))
    entries.push({ entryId, shopId, customerId, orderId, points, reason, minorPerPoint, madeAtMs: nowMs })
  }
  if (entries.length > 0) await enterPoints(tx, entries)
}

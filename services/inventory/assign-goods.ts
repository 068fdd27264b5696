import { violates, type Tx } from '@souk/postgres'
import { assignGoods, findDecided } from './assignments.sql.ts'
import type { Deps } from './deps.ts'
import { errors } from './errors.ts'
import { type Goods, issueLots, type Refusal } from './issue-lots.ts'
import { dayOf } from './lots.ts'
import { lockLots } from './lots.sql.ts'
import { maxOnHand } from './stock.ts'

export type AssignAnswer = { orderId: string } & (
  | { assigned: true }
  | { assigned: false; variantId: string; reason: Refusal['reason'] | 'released' }
)

/** 2,048 orders take some 20 ms: longer than one batch nobody should wait for the lots of a hot variant. */
export const maxOrders = 2_048

/**
 * Set goods apart for many orders, all lines of an order or none, in the order they are named. A repeat gives the first
 * answer. Two statements for all orders of a shard: first it is taken for granted that none was decided about before,
 * and only when the key of one says otherwise they are looked up.
 * @returns one answer per order, in their order. Throws unclear-goods before anything is done.
 */
export async function assignOrders(
  { shards, clock }: Pick<Deps, 'shards' | 'clock'>,
  orders: readonly Goods[],
): Promise<AssignAnswer[]> {
  checkGoods(orders)
  const answers = new Map<string, AssignAnswer>()
  const distinct = [...new Map(orders.map((order) => [order.orderId, order])).values()]
  const byShard = Map.groupBy(distinct, (order) => shards.ofOwner(order.shopId))
  await Promise.all(
    [...byShard].map(async ([{ db }, ofShard]) => {
      for (let attempt = 1; ; attempt += 1)
        try {
          const decided = await db.transaction((tx) => assignBatch(tx, ofShard, clock(), attempt > 1))
          for (const answer of decided) answers.set(answer.orderId, answer)
          return
        } catch (error) {
          if (attempt > 3 || !violates(error, 'assignments_pkey')) throw error
        }
    }),
  )
  return orders.map((order) => answers.get(order.orderId) as AssignAnswer)
}

async function assignBatch(tx: Tx, orders: readonly Goods[], at: Date, lookUp: boolean): Promise<AssignAnswer[]> {
  const variants = new Set<string>()
  for (const order of orders) for (const line of order.lines) variants.add(line.variantId)
  const lots = await lockLots(tx, [...variants])
  // Under the locks: whoever decided about one of these orders with the same lots has ended.
  const decided = new Map((lookUp ? await findDecided(tx, orderIdsOf(orders)) : []).map((row) => [row.orderId, row]))
  const fresh = decided.size === 0 ? orders : orders.filter((order) => !decided.has(order.orderId))
  const issued = issueLots(fresh, lots, dayOf(at))
  if (issued.units.length > 0) await assignGoods(tx, issued, at)
  const refusals = new Map<string, Refusal>()
  fresh.forEach(({ orderId }, index) => {
    const refusal = issued.refusals[index]
    if (refusal !== undefined) refusals.set(orderId, refusal)
  })
  return orders.map(({ orderId }): AssignAnswer => {
    if (decided.get(orderId)?.released) return { orderId, assigned: false, variantId: '', reason: 'released' }
    const refusal = refusals.get(orderId)
    return refusal === undefined ? { orderId, assigned: true } : { orderId, assigned: false, ...refusal }
  })
}

const orderIdsOf = (orders: readonly Goods[]) => orders.map((order) => order.orderId)

/** Goods that name a variant twice could be set apart twice or once: nobody can tell which was meant. */
export function checkGoods(orders: readonly Goods[]): void {
  if (orders.length > maxOrders)
    throw errors.error('unclear-goods', `${orders.length} orders at once are too many: ${maxOrders} at most.`)
  for (const { orderId, lines } of orders) {
    if (lines.length === 0) throw errors.error('unclear-goods', `Order ${orderId} has no lines.`, { orderId })
    if (lines.length > 1 && new Set(lines.map((line) => line.variantId)).size < lines.length)
      throw errors.error('unclear-goods', `Order ${orderId} names a variant twice: add its lines up.`, { orderId })
    for (const { quantity, variantId } of lines)
      if (!Number.isSafeInteger(quantity) || quantity < 1 || quantity > maxOnHand)
        throw errors.error('unclear-goods', `Order ${orderId} asks for ${quantity} of variant ${variantId}.`, {
          orderId,
        })
  }
}

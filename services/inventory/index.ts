import { productChanged, stockChanged, stockRanLow } from '@souk/contracts'
import { AssignmentService, StockService } from '@souk/contracts/inventory'
import { defineService } from '@souk/service'
import { audits } from './audits.ts'
import { inventoryBuckets } from './bucket-tables.ts'
import { config } from './config.ts'
import { depsOf } from './deps.ts'
import { errors } from './errors.ts'
import { writeOffExpired } from './expire-lots.ts'
import { projectProducts } from './know-items.ts'
import { goodsMetrics } from './metrics.ts'
import { lotRoutes } from './routes-lots.ts'
import { shopRoutes } from './routes-shop.ts'
import { stockRoutes } from './routes-stock.ts'
import { rpc } from './rpc.ts'
import { settleAbandoned } from './settle-transfers.ts'

export { depsOf, type Deps as InventoryDeps } from './deps.ts'
export { type ReceiptCause, receiveStock } from './receive-stock.ts'

/** Longer than a request holds a transfer in its hands when all is well. */
const abandonedAfterMs = 2_000

/** The goods: what lies on which shelf, and how much of it orders may promise. */
export const inventory = defineService({
  name: 'inventory',
  divided: inventoryBuckets,
  migrations: new URL('./migrations/', import.meta.url),
  config,
  errors,
  emits: [stockChanged, stockRanLow],
  async start(context) {
    const deps = depsOf(context)
    const meters = goodsMetrics(context.metrics)
    return {
      routes: [...stockRoutes(deps), ...shopRoutes(deps), ...lotRoutes(deps)],
      rpc: { handlers: rpc(deps, meters), services: [StockService, AssignmentService] },
      consumers: [
        {
          name: 'inventory.products',
          events: [productChanged],
          handle: (tx, events) => projectProducts(tx, events, deps.clock()),
        },
      ],
      jobs: [
        {
          name: 'inventory.settle-transfers',
          everyMs: 1_000,
          run: async () => {
            await settleAbandoned(deps, abandonedAfterMs)
          },
        },
        {
          name: 'inventory.expire-lots',
          everyMs: 60_000,
          run: async () => {
            meters.writtenOff(await writeOffExpired(deps))
          },
        },
      ],
      audits: audits(deps),
    }
  },
})

import type { Database } from '@souk/postgres'
import type { Job } from '@souk/service'
import { settleSale, type SaleDeps, tryAgainAfterMs } from './plan-sale.ts'
import { endWindows, unsettledWindows } from './sales.sql.ts'
import { relistShops } from './shop-news.ts'
import { tellShards } from './tell-shards.ts'

/** Ask orders about windows that a crash, or orders being away, left pending or half called off. */
export async function settleSales(deps: SaleDeps): Promise<void> {
  for (const { db } of deps.shards.all()) {
    const notSince = new Date(deps.clock().getTime() - tryAgainAfterMs)
    for (const saleWindowId of await unsettledWindows(db.autocommit, notSince, 100))
      await settleSale(deps, saleWindowId, '')
  }
}

export const catalogJobs = (deps: SaleDeps & { db: Database }): Job[] => [
  { name: 'catalog.tell-shards', everyMs: 60_000, run: () => tellShards(deps) },
  { name: 'catalog.settle-sales', everyMs: 5_000, run: () => settleSales(deps) },
  {
    name: 'catalog.end-sales',
    everyMs: 10_000,
    async run() {
      for (const { db } of deps.shards.all()) await endWindows(db.autocommit, deps.clock())
    },
  },
  {
    name: 'catalog.relist-shops',
    everyMs: 2_000,
    async run() {
      for (const { db } of deps.shards.all()) await relistShops(db, deps.cache)
    },
  },
]

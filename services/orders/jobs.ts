import type { Shards } from '@souk/postgres'
import type { Clock, Job } from '@souk/service'
import { forgetToldElsewhere } from './bucket-tables.sql.ts'
import { keyLifeMs } from './keys.ts'
import { tendPartitions } from './orders.sql.ts'
import { endSale } from './plan-sale.ts'
import { purgeRequests } from './requests.sql.ts'
import { windowsToEnd } from './sales.sql.ts'
import type { TermsMemory } from './terms.ts'

export const orderJobs = (deps: { shards: Shards; memory: TermsMemory; clock: Clock }): Job[] => [
  {
    // Pricing looks at the clock itself, so nobody buys after the end however late this runs.
    name: 'orders.end-sales',
    everyMs: 1_000,
    async run() {
      for (const { db } of deps.shards.all()) {
        const now = deps.clock()
        for (const { sale_window_id } of await windowsToEnd(db.autocommit, now, 100)) {
          const { variantId } = await db.transaction((tx) => endSale(tx, sale_window_id, now))
          if (variantId !== undefined) deps.memory.forget(variantId)
        }
      }
    },
  },
  {
    name: 'orders.tend-partitions',
    everyMs: 3_600_000,
    async run() {
      for (const { db } of deps.shards.all())
        await db.transaction(async (tx) => {
          const now = deps.clock()
          await tendPartitions(tx, now, dayBefore(now))
          await purgeRequests(tx, new Date(now.getTime() - keyLifeMs))
          await forgetToldElsewhere(tx)
        })
    },
  },
]

/** Days of keys before this one have nothing left that counts. */
export const dayBefore = (now: Date): string => new Date(now.getTime() - 2 * keyLifeMs).toISOString().slice(0, 10)

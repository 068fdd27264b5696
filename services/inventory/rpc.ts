import { StockService } from '@souk/contracts/inventory'
import type { RpcHandlers } from '@souk/rpc'
import type { Deps } from './deps.ts'
import { listGranted } from './inventory.sql.ts'

/** What other services may ask of inventory. */
export const rpc =
  (deps: Pick<Deps, 'shards'>): RpcHandlers =>
  (router) =>
    router.service(StockService, {
      async listGranted({ afterVariantId, limit }) {
        const rows = Math.min(Math.max(limit, 1), 1_000)
        const after = afterVariantId === '' ? undefined : afterVariantId
        const pages = await Promise.all(deps.shards.all().map(({ db }) => listGranted(db.autocommit, after, rows)))
        // Every shard's next rows, of which the first are the next of all.
        const granted = pages
          .flat()
          .sort((one, other) => (one.variantId < other.variantId ? -1 : 1))
          .slice(0, rows)
        return {
          granted: granted.map((each) => ({
            ...each,
            allotted: BigInt(each.allotted),
            inTransfer: BigInt(each.inTransfer),
          })),
        }
      },
    })

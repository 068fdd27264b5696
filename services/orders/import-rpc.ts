import type { CatalogService } from '@souk/contracts/catalog'
import type { IdentityService } from '@souk/contracts/identity'
import { ImportService } from '@souk/contracts/orders'
import type { Outbox } from '@souk/events'
import type { Shards } from '@souk/postgres'
import type { Client, RpcHandlers } from '@souk/rpc'
import type { Clock } from '@souk/service'
import { listRejects, readImport } from './import.sql.ts'
import { endImport } from './import-finish.ts'
import { makeOrders } from './import-make.ts'
import { beginImport, noImport, sliceCount, stageLines } from './import-orders.ts'
import { prepareOrders } from './import-prepare.ts'

export type ImportDeps = {
  shards: Shards
  outbox: Outbox
  clock: Clock
  catalog: Pick<Client<typeof CatalogService>, 'ensureProducts'>
  identity: Pick<Client<typeof IdentityService>, 'ensureOutsideCustomers'>
}

/** Taking over orders of another system; see import-orders.ts for the steps. */
export const importRpc =
  (deps: ImportDeps): RpcHandlers =>
  (router) => {
    const dbOf = (shopId: string) => deps.shards.ofOwner(shopId).db
    router.service(ImportService, {
      async beginImport({ shopId, fingerprint, name }) {
        const row = await beginImport(dbOf(shopId), deps.clock, { shopId, fingerprint, name })
        return { importId: row.importId, lines: BigInt(row.lines), state: row.state, slices: sliceCount }
      },
      stageLines: async (request) => ({ lines: BigInt(await stageLines(dbOf(request.shopId), request)) }),
      async prepareOrders({ shopId, importId }) {
        const { done, step, count } = await prepareOrders({ ...deps, db: dbOf(shopId) }, shopId, importId)
        return { done, step, count: BigInt(count) }
      },
      async makeOrders({ shopId, importId, slice }) {
        const { done, lines } = await makeOrders({ ...deps, db: dbOf(shopId) }, shopId, importId, slice)
        return { done, lines: BigInt(lines) }
      },
      async finishImport({ shopId, importId }) {
        const result = await endImport({ ...deps, db: dbOf(shopId) }, shopId, importId)
        return {
          orders: BigInt(result.orders),
          cancelled: BigInt(result.cancelled),
          returnedLines: BigInt(result.returnedLines),
          products: BigInt(result.products),
          customers: BigInt(result.customers),
          rejected: BigInt(result.rejected),
          known: BigInt(result.known),
          lines: BigInt(result.lines),
          orderLines: BigInt(result.orderLines),
          finishedAtMs: BigInt(result.finishedAtMs),
          sums: result.sums.map((sum) => ({
            month: sum.month,
            currencyCode: sum.currency,
            sourceLines: BigInt(sum.sourceLines),
            sourceMinor: BigInt(sum.sourceMinor),
            soldMinor: BigInt(sum.soldMinor),
            returnedMinor: BigInt(sum.returnedMinor),
            rejectedLines: BigInt(sum.rejectedLines),
            rejectedMinor: BigInt(sum.rejectedMinor),
          })),
        }
      },
      async listRejects({ shopId, importId, afterLine, limit }) {
        const { autocommit } = dbOf(shopId)
        if ((await readImport(autocommit, importId))?.shopId !== shopId) throw noImport()
        const rows = await listRejects(autocommit, importId, afterLine, Math.min(1_000, Math.max(1, limit)))
        return {
          rejects: rows.map((row) => ({
            lineNumber: row.lineNo,
            field: row.field,
            reason: row.reason,
            raw: row.raw,
            month: row.month,
            currencyCode: row.currency,
            minor: BigInt(row.minor),
          })),
        }
      },
    })
  }

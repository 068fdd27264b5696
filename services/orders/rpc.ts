import { AllotmentService, OrderService, SaleService } from '@souk/contracts/orders'
import type { Clock } from '@souk/service'
import type { RpcHandlers } from '@souk/rpc'
import type { Shards } from '@souk/postgres'
import { listAllotments, type Transfer } from './allotments.sql.ts'
import { listDues } from './list-dues.ts'
import { endSale, NotEnoughForSale, setAside } from './plan-sale.ts'
import type { TermsMemory } from './terms.ts'
import { upsertShops } from './terms.sql.ts'
import { transferUnits } from './transfer-units.ts'

type TransferItem = { transferId: string; variantId: string; quantity: bigint }

export type RpcDeps = { shards: Shards; memory: TermsMemory; clock: Clock }

/** What inventory, catalog and whoever audits may ask of orders. */
export const orderRpc = (deps: RpcDeps): RpcHandlers => {
  const transfer = (shopId: string, transfers: readonly Transfer[], allOrNone = false) =>
    deps.shards.ofOwner(shopId).db.transaction((tx) => transferUnits(tx, transfers, allOrNone))
  const signed = (shopId: string, items: readonly TransferItem[], sign: 1 | -1): Transfer[] =>
    items.map(({ transferId, variantId, quantity }) => ({
      transferId,
      shopId,
      variantId,
      quantity: sign * Number(quantity),
    }))
  return (router) => {
    router.service(AllotmentService, {
      async grant({ transferId, shopId, variantId, quantity }) {
        const [outcome] = await transfer(shopId, [{ transferId, shopId, variantId, quantity: Number(quantity) }])
        return { remaining: BigInt(outcome?.remaining ?? 0) }
      },
      async withdraw({ transferId, shopId, variantId, quantity }) {
        const [outcome] = await transfer(shopId, [{ transferId, shopId, variantId, quantity: -Number(quantity) }])
        return { withdrawn: (outcome?.quantity ?? 0) !== 0, remaining: BigInt(outcome?.remaining ?? 0) }
      },
      async grantMany({ shopId, items }) {
        const outcomes = await transfer(shopId, signed(shopId, items, 1))
        return { remaining: outcomes.map((outcome) => BigInt(outcome.remaining)) }
      },
      async withdrawMany({ shopId, items }) {
        const outcomes = await transfer(shopId, signed(shopId, items, -1), true)
        return {
          withdrawn: outcomes.every((outcome) => outcome.quantity !== 0),
          remaining: outcomes.map((outcome) => BigInt(outcome.remaining)),
        }
      },
      async listAllotments({ shopId, variantIds }) {
        const rows = await listAllotments(deps.shards.ofOwner(shopId).db.autocommit, variantIds)
        return {
          allotments: rows.map((row) => ({
            variantId: row.variant_id,
            granted: BigInt(row.granted),
            remaining: BigInt(row.remaining),
            setAside: BigInt(row.set_aside),
            issuing: BigInt(row.issuing),
          })),
        }
      },
    })
    router.service(SaleService, {
      async setAside(request) {
        const { db } = deps.shards.ofOwner(request.shopId)
        try {
          const { remaining } = await db.transaction((tx) =>
            setAside(tx, {
              saleWindowId: request.saleWindowId,
              shopId: request.shopId,
              productId: request.productId,
              variantId: request.variantId,
              priceMinor: Number(request.priceMinor),
              currency: request.currencyCode,
              startsAtMs: Number(request.startsAtMs),
              endsAtMs: Number(request.endsAtMs),
              capPerCustomer: request.capPerCustomer,
              units: Number(request.units),
            }),
          )
          deps.memory.forget(request.variantId)
          return { setAside: true, remaining: BigInt(remaining) }
        } catch (error) {
          if (error instanceof NotEnoughForSale) return { setAside: false, remaining: BigInt(error.remaining) }
          throw error
        }
      },
      async endSale({ saleWindowId, shopId }) {
        const { db } = deps.shards.ofOwner(shopId)
        const { returned, variantId } = await db.transaction((tx) => endSale(tx, saleWindowId, deps.clock()))
        if (variantId !== undefined) deps.memory.forget(variantId)
        return { returned: BigInt(returned) }
      },
      async setSelling({ shopId, selling, version }) {
        const { db } = deps.shards.ofOwner(shopId)
        // Orders already decided from memory meet the new row in the statement that writes them.
        await db.transaction((tx) => upsertShops(tx, [{ shopId, selling, version: Number(version), name: '' }]))
        return {}
      },
    })
    router.service(OrderService, {
      listDues: async (request) => ({
        dues: (await listDues(deps, request)).map((row) => ({
          orderId: row.order_id,
          status: row.status,
          sinceMs: BigInt(row.since_ms),
          paymentMethod: row.payment_method,
          totalMinor: BigInt(row.total_minor),
          currencyCode: row.currency,
          returnedMinor: BigInt(row.returned_minor),
          returningMinor: BigInt(row.returning_minor),
          undeliveredMinor: BigInt(row.undelivered_minor),
          undeliveredSettledMinor: BigInt(row.undelivered_settled_minor),
          undoing: row.undoing,
        })),
      }),
    })
  }
}

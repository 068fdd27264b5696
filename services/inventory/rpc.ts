import { AssignmentService, StockService } from '@souk/contracts/inventory'
import type { RpcHandlers } from '@souk/rpc'
import { assignOrders } from './assign-goods.ts'
import { listStory, type Story } from './assignments.sql.ts'
import type { Deps } from './deps.ts'
import { issueShipment } from './issue-shipment.ts'
import { listGranted } from './inventory.sql.ts'
import type { GoodsMeters } from './metrics.ts'
import { releaseOrders } from './release-goods.ts'
import { takeBack } from './take-back.ts'

/** What other services may ask of inventory. */
export const rpc =
  (deps: Deps, meters?: GoodsMeters): RpcHandlers =>
  (router) => {
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
    router.service(AssignmentService, {
      async assign({ orders }) {
        const goods = orders.map(({ orderId, shopId, lines }) => ({ orderId, shopId, lines: lines.map(goodsLine) }))
        const answers = await assignOrders(deps, goods)
        meters?.assigned(answers)
        return { answers }
      },
      async release({ orders }) {
        await releaseOrders(deps, orders)
        return {}
      },
      async issue({ shipmentId, orderId, shopId, lines, actorId }) {
        const shipment = { shipmentId, orderId, shopId, lines: lines.map(goodsLine), actor: actorId }
        const outcome = await issueShipment(deps, shipment)
        return outcome.kind === 'issued'
          ? { issued: true }
          : { issued: false, variantId: outcome.variantId, reason: outcome.reason }
      },
      async takeBack({ returnId, orderId, shopId, lines, actorId }) {
        const goods = lines.map((line) => ({ ...goodsLine(line), restock: line.restock }))
        const writtenOff = await takeBack(deps, { returnId, orderId, shopId, lines: goods, actor: actorId })
        return { writtenOff: writtenOff.map((line) => ({ ...line, quantity: BigInt(line.quantity) })) }
      },
      async getStory({ orderId, shopId }) {
        const entries = await listStory(deps.shards.ofOwner(shopId).db.autocommit, orderId, shopId)
        return {
          entries: entries.map((entry) => ({
            atMs: BigInt(entry.at.getTime()),
            what: entry.what,
            detail: detailOf(entry),
          })),
        }
      },
    })
  }

const goodsLine = ({ variantId, quantity }: { variantId: string; quantity: bigint }) => ({
  variantId,
  quantity: Number(quantity),
})

function detailOf({ units, sku, lotCode, expiresOn }: Story): string {
  const lot = lotCode === null || lotCode === '' ? '' : `, lot ${lotCode}`
  return `${units} × ${sku}${lot}${expiresOn === null ? '' : `, expires ${expiresOn}`}`
}

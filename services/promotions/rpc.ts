import { PricingService } from '@souk/contracts/promotions'
import { isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { codeOf, priceOrder, type PricingDeps } from './price-order.ts'
import { vouchersByCode } from './vouchers.sql.ts'

export const pricingRpc =
  (deps: PricingDeps): RpcHandlers =>
  (router) =>
    router.service(PricingService, {
      priceOrder: (request) => priceOrder(deps, request),
      async findVouchers({ shopIds, codes }) {
        const shops = [...new Set(shopIds)].filter(isUuid).slice(0, 100)
        const wanted = [...new Set(codes.map(codeOf))].slice(0, 100)
        const byShard = Map.groupBy(shops, (shopId) => deps.shards.ofOwner(shopId))
        const found = await Promise.all([...byShard].map(([{ db }, own]) => vouchersByCode(db.autocommit, own, wanted)))
        return { vouchers: found.flat().map(({ shopId, code, voucherId }) => ({ shopId, code, voucherId })) }
      },
    })

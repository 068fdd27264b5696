import { PricingService } from '@souk/contracts/promotions'
import { isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { answerFor, askedOf, codeOf, type PricingDeps, quote, quoteAll } from './price-order.ts'
import { vouchersByCode } from './vouchers.sql.ts'

const unanswered = { case: 'unavailable' as const, value: { detail: 'The catalogue did not answer.' } }

export const pricingRpc =
  (deps: PricingDeps): RpcHandlers =>
  (router) =>
    router.service(PricingService, {
      priceOrder: async (request) => ({ answer: answerFor(await quote(deps, askedOf(request))) }),
      priceOrders: async ({ orders }) => ({
        answers: (await quoteAll(deps, orders.map(askedOf))).map((made) => ({
          answer: made === undefined ? unanswered : answerFor(made),
        })),
      }),
      async findVouchers({ shopIds, codes }) {
        const shops = [...new Set(shopIds)].filter(isUuid).slice(0, 100)
        const wanted = [...new Set(codes.map(codeOf))].slice(0, 100)
        const byShard = Map.groupBy(shops, (shopId) => deps.shards.ofOwner(shopId))
        const found = await Promise.all([...byShard].map(([{ db }, own]) => vouchersByCode(db.autocommit, own, wanted)))
        return { vouchers: found.flat().map(({ shopId, code, voucherId }) => ({ shopId, code, voucherId })) }
      },
    })

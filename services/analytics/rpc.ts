import { AnalyticsService } from '@souk/contracts/analytics'
import type { Database } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { closedDays } from './reports.sql.ts'

const maxDays = 400

/** What was counted, for whoever compares it with what orders says. */
export const analyticsRpc =
  ({ db }: { db: Database }): RpcHandlers =>
  (router) =>
    router.service(AnalyticsService, {
      async listDays({ limit }) {
        const rows = await closedDays(db.autocommit, Math.min(limit, maxDays))
        return {
          days: [...Map.groupBy(rows, ({ dayMs }) => dayMs)].map(([dayMs, ofDay]) => ({
            dayMs: BigInt(dayMs),
            countedAtMs: BigInt(Math.floor(ofDay[0]?.countedAtMs ?? 0)),
            sums: ofDay.map((row) => ({
              shopId: row.shopId,
              currencyCode: row.currency,
              orders: BigInt(row.orders),
              amountMinor: BigInt(row.minor),
              cancelledOrders: BigInt(row.cancelled),
              units: BigInt(row.units),
            })),
          })),
        }
      },
    })

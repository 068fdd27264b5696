import { AnalyticsService } from '@souk/contracts/analytics'
import { SoldService } from '@souk/contracts/orders'
import { defineService } from '@souk/service'
import { analyticsAudits } from './audits.ts'
import { analyticsConfig } from './config.ts'
import { analyticsErrors } from './errors.ts'
import { analyticsJobs, tendDays } from './jobs.ts'
import { analyticsRoutes } from './routes.ts'
import { analyticsRpc } from './rpc.ts'
import { countableUntil } from './slots.ts'

/** What was sold when, and nothing of who bought it. */
export const analytics = defineService({
  name: 'analytics',
  migrations: new URL('./migrations/', import.meta.url),
  config: analyticsConfig,
  errors: analyticsErrors,
  emits: [],
  async start({ config, db, clock, metrics, directory }) {
    const kept = { days: config.ANALYTICS_KEPT_DAYS, sumsDays: config.ANALYTICS_SUMS_KEPT_DAYS }
    let countedUntilMs: number | undefined
    metrics.gauge('souk_analytics_behind_seconds', 'Since the end of what could be counted and is not yet', () =>
      countedUntilMs === undefined ? 0 : Math.max(0, countableUntil(clock().getTime()) - countedUntilMs) / 1_000,
    )
    const deps = {
      db,
      clock,
      sold: directory.client(SoldService),
      keptDays: kept.days,
      sumsKeptDays: kept.sumsDays,
      onCounted: (until: Date) => {
        countedUntilMs = until.getTime()
      },
    }
    await tendDays(deps)
    return {
      routes: analyticsRoutes({ db, clock, kept }),
      rpc: { handlers: analyticsRpc({ db }), services: [AnalyticsService] },
      jobs: analyticsJobs(deps),
      audits: analyticsAudits(deps),
    }
  },
})

import { ratingChanged } from '@souk/contracts'
import { PersonalDataService } from '@souk/contracts/reviews'
import { defineService, recordsOf } from '@souk/service'
import { reviewAudits } from './audits.ts'
import { reviewConfig } from './config.ts'
import { personalSections } from './personal.sql.ts'
import { reviewConsumers } from './consumers.ts'
import type { RouteDeps } from './edge.ts'
import { reviewErrors } from './errors.ts'
import { reviewRoutes } from './routes.ts'
import { moderationRoutes } from './routes-moderation.ts'

export { type SeedReview, seedReviews } from './seed-reviews.ts'

/** What buyers say of what they got. */
export const reviews = defineService({
  name: 'reviews',
  migrations: new URL('./migrations/', import.meta.url),
  config: reviewConfig,
  errors: reviewErrors,
  emits: [ratingChanged],
  async start({ db, outbox, clock, metrics }) {
    const changes = metrics.counter('souk_reviews_total', 'What was done with reviews', ['what'])
    const deps: RouteDeps = { db, outbox, clock, count: (what) => changes.inc({ what }) }
    return {
      routes: [...reviewRoutes(deps), ...moderationRoutes(deps)],
      rpc: {
        handlers: (router) => {
          router.service(PersonalDataService, { listRecords: recordsOf(() => [db.autocommit], personalSections) })
        },
        services: [PersonalDataService],
      },
      consumers: reviewConsumers,
      audits: reviewAudits,
    }
  },
})

import { integer } from '@souk/service'

export const analyticsConfig = {
  ANALYTICS_KEPT_DAYS: integer({
    min: 14,
    max: 3_650,
    default: 90,
    help: 'How long what was sold is kept by quarters of an hour.',
  }),
  ANALYTICS_SUMS_KEPT_DAYS: integer({
    min: 14,
    max: 3_650,
    default: 400,
    help: 'How long what was sold is kept by days.',
  }),
}

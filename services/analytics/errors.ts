import { defineErrors } from '@souk/errors'

export const analyticsErrors = defineErrors({
  'analytics-not-found': {
    status: 404,
    title: 'No such report',
    help: 'There is no shop with this id whose orders you look after.',
  },
  'analytics-range': {
    status: 422,
    title: 'No report is of these days',
    help: '`from` is the first day and `until` the one after the last; 400 days at most, and 7 by hours.',
  },
})

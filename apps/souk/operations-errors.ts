import { defineErrors } from '@souk/errors'

/** What operators may be told besides what every route says. */
export const errors = defineErrors({
  'operations-unavailable': {
    status: 503,
    title: 'Not all services run here',
    help: 'This question concerns a service that does not run in this process. Ask one where it does.',
  },
  'dead-letter-not-found': {
    status: 404,
    title: 'There is no such dead letter',
    help: 'Dead letters are kept 30 days. The list shows what there is; one of a service that does not run in this process is not seen here.',
  },
  'job-not-found': {
    status: 404,
    title: 'There is no such job',
    help: 'What was carried out is kept for a week, what failed for good for 30 days. The list shows what there is.',
  },
  'job-cannot-change': {
    status: 409,
    title: 'The job is past that',
    help: 'Only a failed job can be tried again, and only while none with its key waits; only one that has not ended can be cancelled. `state` says what it is.',
  },
})

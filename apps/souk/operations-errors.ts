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
  'dashboard-not-found': {
    status: 404,
    title: 'There is no such dashboard',
    help: 'Figures of a shop are for those who look after its orders. `GET /v1/shops/mine` lists the shops you work in.',
  },
  'rehearsal-copy-impossible': {
    status: 409,
    title: 'This marketplace cannot be copied',
    help: 'Only a marketplace on its embedded database alone, and not larger than SOUK_REHEARSAL_COPY_MB, is copied for a rehearsal. `data: "empty"` rehearses without its data.',
  },
  'rehearsal-under-way': {
    status: 409,
    title: 'A rehearsal is under way',
    help: 'Only one at a time: two would measure each other. Wait for its end, or stop it.',
  },
})

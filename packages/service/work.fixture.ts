import { openDatabase } from '@souk/postgres'
import { fakeMetrics, memoryLog } from '@souk/testing'
import { openWorkPlace } from './work-place.ts'

// A process that begins a job and never ends it: work.test.ts kills it.

const [, , jobsUrl = '', ordersUrl = ''] = process.argv
openWorkPlace({
  url: jobsUrl,
  db: openDatabase({ url: jobsUrl, schema: 'jobs' }),
  services: [
    {
      name: 'orders',
      db: openDatabase({ url: ordersUrl, schema: 'orders' }),
      parts: {
        queues: [
          {
            name: 'orders.letters',
            async run(_, job) {
              await job.progress(50)
              await new Promise((resolve) => setTimeout(resolve, 60_000))
            },
          },
        ],
      },
      jobs: [],
    },
  ],
  log: memoryLog(),
  metrics: fakeMetrics(),
})

import { createApi } from '../../apps/souk/api.ts'
import { startOwnMarketplace } from '../../apps/souk/own-marketplace.ts'
import { raisedLimits } from '../../apps/souk/souk-under-test.ts'
import { afterAll, beforeAll } from 'vitest'
import { journeys, type Venue } from './journeys.ts'

type Report = { checks: { service: string; title: string; findings: unknown[]; failure: string | null }[] }

let marketplace: Awaited<ReturnType<typeof startOwnMarketplace>>
let venue: Venue
beforeAll(async () => {
  // Everything in one process, with its worker in it, on the log in PostgreSQL.
  marketplace = await startOwnMarketplace({
    settings: { ...raisedLimits, SOUK_WORKER: 'same', SOUK_TEST_PROVIDER: 'on' },
  })
  const api = createApi(marketplace.url)
  await api.signIn(marketplace.operator)
  venue = {
    url: marketplace.url,
    operator: marketplace.operator,
    async audit() {
      const { checks } = await api.get<Report>('/v1/operations/audit?full=true')
      return checks
        .filter(({ findings, failure }) => findings.length > 0 || failure !== null)
        .map(({ service, title, findings, failure }) => `${service}: ${title} ${JSON.stringify(failure ?? findings)}`)
    },
  }
})
afterAll(() => marketplace?.stop())

journeys(() => venue)

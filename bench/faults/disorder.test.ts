import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, testDatabase, testSecret } from '@souk/testing'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApi } from '../../apps/souk/api.ts'
import { type Marketplace, openMarketplace } from '../../apps/souk/marketplace.ts'
import { ensureOperator } from '../../apps/souk/seed/operator.ts'
import { allServices } from '../../apps/souk/services.ts'
import { type DisorderCounts, inDisorder } from './disorder.ts'
import { sendLoad } from './load.ts'
import { judgePayments } from './payments-judge.ts'
import { letInPeople } from './payments-people.ts'
import { setPaymentsStage } from './payments-stage.ts'
import { drainPayments } from './payments-trial.ts'
import { makeProduct } from './stage.ts'
import { freePort, type Provider, providerUrl, startProvider } from './provider.ts'
import { paymentSettings, settings, type Venue } from './world.ts'

// All services in this process, between them a log that repeats itself and forgets the order; the provider in another.

const operator = { email: 'operator@disorder.example', password: 'keeps its head in disorder 8' }
let database: Awaited<ReturnType<typeof testDatabase>>
let marketplace: Marketplace
let provider: Provider
let venue: Venue
let counts: DisorderCounts
beforeAll(async () => {
  database = await testDatabase(allServices)
  const disorder = inDisorder(allServices, 2_026)
  counts = disorder.counts
  const port = await freePort()
  marketplace = await openMarketplace({
    services: disorder.services,
    env: {
      ...settings,
      ...paymentSettings,
      DATABASE_URL: database.url,
      SOUK_SECRET: testSecret,
      SOUK_DEMO: 'off',
      SOUK_REHEARSAL: 'on',
      SOUK_LOG_LEVEL: 'error',
      SOUK_OPERATOR_EMAIL: operator.email,
      SOUK_OPERATOR_PASSWORD: operator.password,
      SOUK_TEST_PROVIDER_URL: providerUrl(port),
    },
    port: 0,
    onProgress: () => {},
    onFatal: () => {},
    beforeOpening: async (house) => void (await ensureOperator(house, house.settings)),
  })
  const { url } = marketplace
  const folder = await mkdtemp(join(tmpdir(), 'souk-disorder-'))
  const webhookUrl = `${url}/v1/payments/webhooks/test`
  provider = await startProvider({ folder: join(folder, 'provider'), port, secret: testSecret, webhookUrl })
  const api = createApi(url)
  await api.signIn(operator)
  venue = {
    folder,
    souk: { url, api, operator },
    async referee(work) {
      const client = new Client({ connectionString: database.url })
      await client.connect()
      try {
        return await work(client)
      } finally {
        await client.end()
      }
    },
  }
}, 60_000)
afterAll(async () => {
  await provider.stop()
  await marketplace.stop()
  await database.close()
  await rm(venue.folder, { recursive: true, force: true })
})

test('a tenth of all events two to five times, a twentieth past newer ones: every order ends well, and all books agree', {
  timeout: 120_000,
}, async () => {
  const seed = 2_026
  const stage = await setPaymentsStage(venue.souk, { customers: 60, withHopeless: false })
  // So that every consumer has something to be confused by.
  for (let index = 0; index < 30; index += 1) await makeProduct(venue.souk.api, stage.shopId, `Other cup ${index}`, 1)
  const people = letInPeople(venue, stage, { seed, someNeverPay: false })
  const mode = { kind: 'open', ratePerSecond: 60 } as const
  const sent = await sendLoad(venue, stage, 60, { mode, seed, durationMs: 5_000, repeatShare: 0.05 })
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  people.comeToRest()
  const { left } = await drainPayments(venue, stage.shopId, people, 60_000)
  expect(left, 'Everything comes to rest.').toEqual([])
  await eventually(() => expect(counts.waiting).toBe(0), { timeoutMs: 10_000 })
  // What came late may have begun something again.
  expect((await drainPayments(venue, stage.shopId, people, 60_000)).left).toEqual([])
  await people.leave()
  const { checks, figures } = await judgePayments(venue, stage, sent, people, provider.book())
  expect(checks.filter(({ broken }) => broken > 0)).toEqual([])
  type Audit = { checks: { title: string; findings: { message: string }[]; failure: string | null }[] }
  const audit = await venue.souk.api.get<Audit>('/v1/operations/audit?full=true')
  expect(audit.checks.filter(({ findings, failure }) => findings.length > 0 || failure !== null)).toEqual([])
  expect(Object.fromEntries(counts.failures)).toEqual({})
  // Nobody was spared.
  expect(figures.orders).toBeGreaterThan(200)
  for (const consumer of ['orders.saga', 'orders.payment-answers', 'payments.collect', 'inventory.products'])
    expect(counts.reached.get(consumer) ?? 0, consumer).toBeGreaterThan(0)
  for (const consumer of ['notifications.orders', 'notifications.payments', 'notifications.accounts'])
    expect(counts.reached.get(consumer) ?? 0, consumer).toBeGreaterThan(0)
  expect(counts.repeated).toBeGreaterThan(100)
  expect(counts.delayed).toBeGreaterThan(50)
})

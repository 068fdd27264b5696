import { randomUUID } from 'node:crypto'
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
import { askUntilDecided } from './ask.ts'
import { type DisorderCounts, inDisorder } from './disorder.ts'
import { sendLoad } from './load.ts'
import { judgePayments } from './payments-judge.ts'
import { letInPeople } from './payments-people.ts'
import { setPaymentsStage } from './payments-stage.ts'
import { drainPayments } from './payments-trial.ts'
import { makeProduct, openShop, signIn } from './stage.ts'
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
  const reached = (...consumers: string[]) => consumers.reduce((sum, name) => sum + (counts.reached.get(name) ?? 0), 0)
  for (const consumer of ['orders.saga', 'orders.payment-answers', 'notifications.orders', 'notifications.payments'])
    expect(reached(consumer), consumer).toBeGreaterThan(0)
  expect(reached('payments.collect', 'inventory.products', 'orders.products')).toBeGreaterThan(0)
  expect(counts.repeated).toBeGreaterThan(100)
  expect(counts.delayed).toBeGreaterThan(50)
})

test('paid, and the goods are gone: the money goes back, the customer is told, the shelf and the promises agree', {
  timeout: 60_000,
}, async () => {
  const { souk, referee } = venue
  const query = <Row extends object>(text: string, values: unknown[]) =>
    referee(async (client) => (await client.query<Row>(text, values)).rows)
  const shopId = await openShop(souk.api, 'Goods that spoil')
  const { variantId } = await makeProduct(souk.api, shopId, 'Milk', 10)
  const { tokens } = await signIn(souk.api, 1)
  const token = tokens[0] ?? ''
  const ask = <Body>(method: string, path: string, body?: object) =>
    askUntilDecided<Body>(`${souk.url}${path}`, { method, token, body, key: randomUUID() }, 20_000)
  // The customer is sent to the provider; while he is there, midnight comes.
  const wanted = { lines: [{ variantId, quantity: 2 }], paymentMethod: 'card' }
  const placed = await eventually(
    async () => {
      const answer = await ask<{ id: string }>('POST', '/v1/orders', wanted)
      expect(answer.status).toBe(201)
      return answer.body.id
    },
    { timeoutMs: 20_000 },
  )
  type Payment = { redirectUrl: string | null; status: string; capturedMinor: number; refundedMinor: number }
  const payment = async () => (await ask<{ items: Payment[] }>('GET', `/v1/orders/${placed}/payments`)).body.items?.[0]
  const page = await eventually(
    async () => {
      const url = (await payment())?.redirectUrl
      expect(url).toBeTypeOf('string')
      return url as string
    },
    { timeoutMs: 20_000 },
  )
  await query(`update inventory.lots set expires_on = current_date - 1 where variant_id = $1`, [variantId])
  await fetch(page, { method: 'POST', body: new URLSearchParams({ decision: 'pay' }), redirect: 'manual' })
  await eventually(
    async () => {
      const { body } = await ask<{ status: string }>('GET', `/v1/orders/${placed}`)
      expect(body.status).toBe('cancelled')
      expect(await payment()).toMatchObject({ status: 'refunded', capturedMinor: 5_800, refundedMinor: 5_800 })
    },
    { timeoutMs: 30_000 },
  )
  const [charge] = provider.book().filter(({ reference }) => reference === placed)
  await eventually(
    () => {
      const [now] = provider.book().filter(({ reference }) => reference === placed)
      expect([now?.captures, now?.capturedMinor, now?.refundedMinor]).toEqual([1, charge?.capturedMinor, 5_800])
    },
    { timeoutMs: 20_000 },
  )
  await eventually(
    async () => {
      const told = await query<{ kind: number }>(
        'select kind from notifications.messages where about_id = $1 and kind in (1, 5, 8) order by kind',
        [placed],
      )
      expect(told.map(({ kind }) => kind)).toEqual([5, 8])
    },
    { timeoutMs: 20_000 },
  )
  type Audit = { checks: { title: string; findings: { message: string }[]; failure: string | null }[] }
  await eventually(
    async () => {
      const audit = await souk.api.get<Audit>('/v1/operations/audit?full=true')
      expect(audit.checks.filter(({ findings, failure }) => findings.length > 0 || failure !== null)).toEqual([])
    },
    { timeoutMs: 20_000, everyMs: 1_000 },
  )
})

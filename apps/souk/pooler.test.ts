import { logRole, roleOf } from '@souk/postgres'
import { eventually, type TestDatabase, testDatabase, testSecret } from '@souk/testing'
import { pgBouncerForTests } from '@souk/engines/for-tests'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, createApi } from './api.ts'
import { runAudit } from './audit/run.ts'
import { type Marketplace, openMarketplace } from './marketplace.ts'
import { stockForLoad } from './seed/many.ts'
import { allServices } from './services.ts'

const database: TestDatabase = await testDatabase(allServices)
const server = new URL(database.adminUrl)
const name = server.pathname.slice(1)
const roles = [logRole, ...['jobs', 'shards', ...allServices.map((service) => service.name)].map(roleOf)]
const passwordOf = (service: string) => decodeURIComponent(new URL(database.urlFor(service)).password)
const given = await pgBouncerForTests({
  databases: { [name]: { host: server.hostname, port: Number(server.port), database: name } },
  users: {
    [decodeURIComponent(server.username)]: decodeURIComponent(server.password),
    ...Object.fromEntries(
      roles.map((role) => [role, passwordOf(role === logRole ? role : role.slice('souk_'.length))]),
    ),
  },
  // Less than half as many as each service has connections: transactions of one run on the sessions of others. Fewer would
  // not do: the locks of what comes by the clock may keep four of them.
  poolSize: 5,
})
afterAll(async () => {
  if (given.notTried === undefined) await given.close()
  await database.close()
})

if (given.notTried !== undefined) {
  process.stderr.write(`\n${given.notTried}\n\n`)
  test.skip(given.notTried, () => {})
} else {
  const pooled = new URL(server)
  pooled.port = String(given.bouncer.port)
  let marketplace: Marketplace
  let shopper: Api
  let variants: string[]

  beforeAll(async () => {
    marketplace = await openMarketplace({
      services: allServices,
      env: {
        DATABASE_URL: pooled.href,
        SOUK_POOLER: 'transaction-prepared',
        SOUK_CONNECTIONS: '12',
        SOUK_SECRET: testSecret,
        SOUK_LOG_LEVEL: 'error',
        SOUK_ACCOUNT_PER_MINUTE: '1000000',
      },
      port: 0,
      onProgress: () => {},
      onFatal: () => {},
      async beforeOpening(house) {
        variants = await stockForLoad(house, { products: 20, stock: 100, firstVariants: 20, onProgress: () => {} })
      },
    })
    shopper = createApi(marketplace.url)
    const somebody = { email: 'pooled@example.com', password: 'behind a pooler 1234' }
    await shopper.post('/v1/auth/register', { ...somebody, name: 'Pooled' })
    await shopper.signIn(somebody)
  })
  afterAll(() => marketplace?.stop())

  describe('a marketplace behind PgBouncer in transaction mode', () => {
    test('takes orders of many at once, and confirms every one', async () => {
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, at) =>
          shopper.post<{ id: string }>('/v1/orders', {
            lines: [{ variantId: variants[at % variants.length], quantity: 1 }],
          }),
        ),
      )
      await eventually(async () => {
        for (const { id } of answers)
          expect(await shopper.get(`/v1/orders/${id}`)).toMatchObject({ status: 'confirmed' })
      })
    })

    test('carries out what comes by the clock, though nobody can be told of it through the pooler', async () => {
      await eventually(async () => {
        const done = await marketplace.jobs.list({ state: 'completed', limit: 10 })
        expect(done.length).toBeGreaterThan(0)
      })
    })

    test('is found sound by the audit', async () => {
      await eventually(async () => {
        const report = await runAudit(marketplace, { full: true })
        expect(report.checks.filter(({ findings, failure }) => findings.length > 0 || failure !== undefined)).toEqual(
          [],
        )
      })
    })
  })
}

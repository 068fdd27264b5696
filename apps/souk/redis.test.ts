import { eventually, type TestDatabase, testDatabase, testSecret } from '@souk/testing'
import { redisForTests } from '@souk/engines/for-tests'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, createApi } from './api.ts'
import { runAudit } from './audit/run.ts'
import { acting, openDesk } from './desk.ts'
import { type Marketplace, openMarketplace } from './marketplace.ts'
import { stockForLoad } from './seed/many.ts'
import { allServices } from './services.ts'

const given = await redisForTests()

if (given.notTried !== undefined) {
  process.stderr.write(`\n${given.notTried}\n\n`)
  test.skip(given.notTried, () => {})
} else {
  const { redis } = given
  const keeper = { email: 'operator@redis.example', password: 'keeps what is shared 12' }
  const person = { email: 'shopper@redis.example', password: 'buys from two doors 34' }
  let database: TestDatabase
  let doors: Marketplace[] = []
  let apis: Api[]
  let variants: string[]

  const open = (name: string, more: Partial<Parameters<typeof openMarketplace>[0]> = {}) =>
    openMarketplace({
      services: allServices,
      env: {
        DATABASE_URL: database.url,
        SOUK_REDIS_URL: redis.url,
        SOUK_SECRET: testSecret,
        SOUK_LOG_LEVEL: 'error',
        SOUK_ACCOUNT_PER_MINUTE: '100',
        SOUK_ADDRESS_PER_MINUTE: '1000000',
        SOUK_AUTH_PER_MINUTE: '1000',
        SOUK_OPERATOR_EMAIL: keeper.email,
        SOUK_OPERATOR_PASSWORD: keeper.password,
        SOUK_DATA: `/nowhere/${name}`,
      },
      port: 0,
      onProgress: () => {},
      onFatal: () => {},
      ...more,
    })

  beforeAll(async () => {
    database = await testDatabase(allServices)
    const first = await open('first', {
      async beforeOpening(house) {
        variants = await stockForLoad(house, { products: 5, stock: 1_000, firstVariants: 5, onProgress: () => {} })
      },
    })
    doors = [first]
    doors.push(await open('second', { role: 'edges' }))
    apis = doors.map(({ url }) => createApi(url))
    await apis[0]?.post('/v1/auth/register', { ...person, name: 'Two Doors' })
    for (const api of apis) await api.signIn(person)
    await shared()
  })
  afterAll(async () => {
    for (const door of doors) await door.stop()
    await database.close()
    await given.close()
  })

  const shared = () => eventually(() => expect(doors.every(({ cache }) => cache.news.connected)).toBe(true))
  const ask = (door: number, path: string, token?: string, method = 'GET') =>
    fetch(`${doors[door]?.url}${path}`, { method, ...(token && { headers: { authorization: `Bearer ${token}` } }) })
  const newToken = async (door: number) =>
    (await (apis[door] as Api).post<{ accessToken: string }>('/v1/auth/login', person)).accessToken
  const firstProduct = async (door: number) => {
    const page = (await (await ask(door, '/v1/products?limit=1')).json()) as { items: { id: string; title: string }[] }
    return page.items[0] as { id: string; title: string }
  }
  const titleAt = async (door: number, id: string) =>
    ((await (await ask(door, `/v1/products/${id}`)).json()) as { title: string }).title
  /** As a shopkeeper would, at the first door. */
  async function retitle(id: string, title: string): Promise<void> {
    const desk = openDesk((doors[0] as Marketplace).running)
    const { headers } = await ask(0, `/v1/products/${id}`)
    await desk.call('editProduct', {
      as: acting('00000000-0000-7000-8000-000000000001'),
      params: { productId: id },
      body: { title },
      ifMatch: headers.get('etag') ?? '',
    })
  }

  async function signedOutEverywhere(): Promise<void> {
    const token = await newToken(0)
    expect((await ask(1, '/v1/auth/me', token)).status).toBe(200)
    expect((await ask(0, '/v1/auth/logout', token, 'POST')).ok).toBe(true)
    await eventually(async () => expect((await ask(1, '/v1/auth/me', token)).status).toBe(401))
  }

  describe('two processes that share a Redis', () => {
    test('show what changed in the other, and keep what has not', async () => {
      const { id } = await firstProduct(1)
      await titleAt(1, id)
      await retitle(id, 'Changed at the other door')
      await eventually(async () => expect(await titleAt(1, id)).toBe('Changed at the other door'))
      for (let at = 0; at < 20; at += 1) await titleAt(1, id)
      const page = await (await ask(1, '/metrics')).text()
      expect(page).toMatch(/souk_cache_reads_total\{region="catalog.product",tier="near",outcome="hit"\} (1[5-9]|2\d)/)
      expect(page).toContain('souk_redis_up 1')
    })

    test('refuse the token of who signed out at the other', signedOutEverywhere)

    test('count a caller together, whichever door it comes by', async () => {
      // Somebody of whom nothing has been counted yet.
      const counted = { email: 'counted@redis.example', password: 'is counted at both 78' }
      const login = (door: number) => (apis[door] as Api).post<{ accessToken: string }>('/v1/auth/login', counted)
      await apis[0]?.post('/v1/auth/register', { ...counted, name: 'Counted' })
      const tokens = [(await login(0)).accessToken, (await login(1)).accessToken]
      let admitted = 0
      for (let at = 0; at < 150; at += 1) {
        if ((await ask(at % 2, '/v1/auth/me', tokens[at % 2])).status !== 429) admitted += 1
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      expect(admitted).toBeGreaterThan(80)
      // Each by itself would have let 150 through.
      expect(admitted).toBeLessThan(140)
    })

    test('sell, and tell the truth, while Redis is dead, and share again when it is back', async () => {
      const { id } = await firstProduct(1)
      await redis.kill()
      await eventually(() => expect(doors.some(({ cache }) => cache.news.connected)).toBe(false))
      await retitle(id, 'Changed without Redis')
      // Nobody can tell the other door: it believes itself for a second.
      await eventually(async () => expect(await titleAt(1, id)).toBe('Changed without Redis'))
      await signedOutEverywhere()
      const buyers = await Promise.all(
        [0, 1].map(async (door) => {
          const api = createApi((doors[door] as Marketplace).url)
          const somebody = { email: `buyer${door}@redis.example`, password: 'buys all the same 56' }
          await api.post('/v1/auth/register', { ...somebody, name: 'Buyer' })
          await api.signIn(somebody)
          return api
        }),
      )
      const placed = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          (buyers[at % 2] as Api).post<{ id: string }>('/v1/orders', {
            lines: [{ variantId: variants[at % variants.length], quantity: 1 }],
          }),
        ),
      )
      await eventually(async () => {
        for (const [at, { id: orderId }] of placed.entries())
          expect(await (buyers[at % 2] as Api).get(`/v1/orders/${orderId}`)).toMatchObject({ status: 'confirmed' })
      })

      await redis.start()
      await shared()
      await titleAt(1, id)
      await retitle(id, 'Changed with Redis again')
      await eventually(async () => expect(await titleAt(1, id)).toBe('Changed with Redis again'))
      await signedOutEverywhere()
      await eventually(async () => {
        const report = await runAudit(doors[0] as Marketplace, { full: true })
        expect(report.checks.filter(({ findings, failure }) => findings.length > 0 || failure !== undefined)).toEqual(
          [],
        )
      })
    })
  })
}

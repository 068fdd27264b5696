import { kafkaForTests } from '@souk/engines/for-tests'
import { allEvents } from '@souk/contracts'
import { createPostgresLog, serviceOf } from '@souk/events'
import { type Relay, startRelay } from '@souk/kafka'
import { bucketOf, logRole } from '@souk/postgres'
import { eventually, fakeMetrics, memoryLog, type TestDatabase, testDatabase, testSecret } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApi } from './api.ts'
import { kafkaSettings, relayService } from './event-log.ts'
import { type Marketplace, openMarketplace } from './marketplace.ts'
import { ensureOperator } from './seed/operator.ts'
import { allServices } from './services.ts'
import { checkCarrier, dividedServices, moveShards } from './shards.ts'
import { startBuyers, unsound, whereBucketsLie } from './test-moving.ts'

const given = await kafkaForTests()
if (given.notTried !== undefined) {
  process.stderr.write(`\n${given.notTried}\n\n`)
  test.skip(given.notTried, () => {})
} else {
  const env: Record<string, string> = {
    SOUK_KAFKA_BROKERS: given.kafka.brokers.join(),
    SOUK_KAFKA_PREFIX: `moves${process.pid}`,
    SOUK_KAFKA_PARTITIONS: '3',
  }
  const operator = { email: 'operator@moves.example', password: 'moves the whole bazaar 77' }
  const customer = { email: 'customer@moves.example', password: 'buys the whole bazaar 77' }
  let databases: Record<'home' | 'east', TestDatabase>
  let marketplace: Marketplace
  let relay: Relay | undefined
  let token = ''
  const shops: { id: string; variants: string[] }[] = []

  /** As `souk relay` does. */
  function sendEvents(): Relay {
    const relays = Object.entries(databases).map(([name, database]) => {
      const outboxes = database.open(logRole)
      return startRelay({
        settings: (kafkaSettings(env) as NonNullable<ReturnType<typeof kafkaSettings>>).settings,
        shards: [
          {
            name,
            log: createPostgresLog([{ name, db: outboxes }]),
            outboxes,
            db: database.open(relayService),
          },
        ],
        sources: [...new Set(allEvents.map(({ topic }) => serviceOf(topic)))].filter(
          (source) => name === 'home' || dividedServices.some((service) => service.name === source),
        ),
        logger: memoryLog(),
        metrics: fakeMetrics(),
      })
    })
    return {
      stop: async () => void (await Promise.all(relays.map((each) => each.stop()))),
      lag: () => (relays[0] as Relay).lag(),
    }
  }

  beforeAll(async () => {
    databases = { home: await testDatabase(allServices), east: await testDatabase(allServices) }
    marketplace = await openMarketplace({
      services: allServices,
      env: {
        ...env,
        DATABASE_URL: databases.home.url,
        SOUK_SHARDS: JSON.stringify({ east: databases.east.url }),
        SOUK_SECRET: testSecret,
        SOUK_ADDRESS_PER_MINUTE: '1000000',
        SOUK_ACCOUNT_PER_MINUTE: '1000000',
        SOUK_ORDERS_PER_MINUTE: '1000000',
        SOUK_AUTH_PER_MINUTE: '1000000',
        SOUK_LOG_LEVEL: 'error',
      },
      port: 0,
      onProgress: () => {},
      onFatal: () => {},
      async beforeOpening(house) {
        await ensureOperator(house, { SOUK_OPERATOR_EMAIL: operator.email, SOUK_OPERATOR_PASSWORD: operator.password })
        relay = sendEvents()
      },
    })
    const keeper = createApi(marketplace.url)
    await keeper.signIn(operator)
    for (const name of ['one', 'two', 'three', 'four']) {
      const shop = await keeper.post<{ id: string }>('/v1/shops', {
        name: `Moves ${name}`,
        slug: `moves-${name}`,
        country: 'DE',
        currency: 'EUR',
      })
      await keeper.post(`/v1/shops/${shop.id}/verification`, { decision: 'verify', reason: 'For this test' })
      await keeper.refresh()
      const product = await eventually(() =>
        keeper.post<{ id: string; variants: { id: string }[] }>('/v1/products', {
          shopId: shop.id,
          title: `A thing of ${name}`,
          status: 'active',
          variants: [{ sku: 'A', priceMinor: 1_999 }],
        }),
      )
      const variants = product.variants.map(({ id }) => id)
      const shelf = { variants: variants.map((variantId) => ({ variantId, onHand: 100_000 })), note: 'All there is' }
      await eventually(() => keeper.put(`/v1/products/${product.id}/inventory`, shelf), { timeoutMs: 30_000 })
      shops.push({ id: shop.id, variants })
    }
    const shopper = createApi(marketplace.url)
    await shopper.post('/v1/auth/register', { ...customer, name: 'A customer' })
    token = (
      await shopper.post<{ accessToken: string }>('/v1/auth/login', {
        email: customer.email,
        password: customer.password,
      })
    ).accessToken
  }, 400_000)
  afterAll(async () => {
    await marketplace?.stop()
    await relay?.stop()
    for (const database of Object.values(databases ?? {})) await database.close()
    await given.close()
  }, 60_000)

  const patient = { closedAtMostMs: 60_000, catchUpMs: 60_000 }
  const other = (shard: string | undefined) => (shard === 'home' ? 'east' : 'home')

  describe('moving while Kafka carries events', () => {
    test('loses no order, handles no event twice and none out of order, also when the relay is away meanwhile', async () => {
      const variants = shops.flatMap((shop) => shop.variants)
      const buyers = startBuyers({ url: marketplace.url, token, count: 3, variants })
      try {
        await eventually(async () => expect(buyers.seen.placed).toBeGreaterThan(5), { timeoutMs: 60_000 })
        for (const [turn, shop] of [...shops, ...shops.slice(0, 2)].entries()) {
          const bucket = bucketOf(shop.id)
          const from = (await whereBucketsLie(marketplace))[bucket] as string
          const to = other(from)
          let back: Promise<void> | undefined
          await moveShards(
            marketplace,
            { buckets: [bucket], from, to },
            {
              ...patient,
              async at(step) {
                if (turn !== 2 || step !== 'copied') return
                await relay?.stop()
                back = new Promise((resolve) => setTimeout(resolve, 1_000)).then(() => {
                  relay = sendEvents()
                })
              },
            },
          )
          await back
          expect((await whereBucketsLie(marketplace))[bucket]).toBe(to)
        }
      } finally {
        await buyers.stop()
      }
      expect(buyers.strange).toEqual([])
      expect(buyers.seen.placed).toBeGreaterThan(20)
      const shopper = createApi(marketplace.url)
      await shopper.signIn(customer)
      await eventually(
        async () => {
          for (const id of new Set(buyers.orders.values()))
            expect(await shopper.get(`/v1/orders/${id}`)).toMatchObject({ status: 'confirmed' })
        },
        { timeoutMs: 60_000, everyMs: 500 },
      )
      await eventually(async () => expect(await unsound(marketplace)).toEqual([]), { timeoutMs: 60_000, everyMs: 500 })
    }, 300_000)

    test('goes nowhere where nobody would send what is announced there', async () => {
      await relay?.stop()
      relay = undefined
      const bucket = bucketOf(shops[0]?.id ?? '')
      const from = (await whereBucketsLie(marketplace))[bucket] as string
      await expect(moveShards(marketplace, { buckets: [bucket], from, to: other(from) }, patient)).rejects.toThrow(
        'start souk relay anew',
      )
    })
  })
}

test('while Debezium writes, whose places are not those of the outbox, nothing moves', () => {
  expect(() => checkCarrier({ SOUK_KAFKA_BROKERS: 'k:9092', SOUK_KAFKA_WRITTEN_BY: 'debezium' })).toThrow('Debezium')
  expect(() => checkCarrier({ SOUK_KAFKA_BROKERS: 'k:9092' })).not.toThrow()
  expect(() => checkCarrier({})).not.toThrow()
})

import { randomUUID } from 'node:crypto'
import { type TestDatabase, testDatabase, testSecret } from '@souk/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApi, type Api } from './api.ts'
import { type Marketplace, openMarketplace } from './marketplace.ts'
import { ensureOperator } from './seed/operator.ts'
import { allServices } from './services.ts'

const operator = { email: 'operator@operations.example', password: 'runs the whole bazaar 77' }
let database: TestDatabase
let marketplace: Marketplace
let api: Api

beforeAll(async () => {
  database = await testDatabase(allServices)
  marketplace = await openMarketplace({
    services: allServices,
    env: {
      DATABASE_URL: database.url,
      SOUK_SECRET: testSecret,
      SOUK_DEMO: 'off',
      SOUK_LOG_LEVEL: 'error',
      SOUK_ADDRESS_PER_MINUTE: '1000000',
      SOUK_OPERATOR_EMAIL: operator.email,
      SOUK_OPERATOR_PASSWORD: operator.password,
    },
    port: 0,
    onProgress: () => {},
    onFatal: () => {},
    beforeOpening: async (house) => void (await ensureOperator(house, house.settings)),
  })
  api = createApi(marketplace.url)
  await api.signIn(operator)
})
afterAll(async () => {
  await marketplace.stop()
  await database.close()
})

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
let letters = 0
async function park(type: string, parkedAt = new Date().toISOString()): Promise<string> {
  const id = randomUUID()
  await database.query(
    `insert into orders.dead_letters (id, consumer, source, shard, xid, seq, index, event_id, type, topic, key,
                                      schema_version, envelope, cause, attempts, parked_at)
     values ($1, 'orders.products', 'catalog', 'home', '1', $4, 0, 'e1', $2, 'catalog.product', 'k', 1, '\\x00',
            'it was unreadable', 5, $3)`,
    [id, type, parkedAt, (letters += 1)],
  )
  return id
}
type Letters = { items: { id: string; state: string }[]; nextCursor: string | null }
type Job = { id: string; state: string; queue: string; attempts: number; payload: unknown; result: { cause?: string } }

describe('dead letters', () => {
  test('are listed page by page, and chosen by kind and time', async () => {
    const old = await park('catalog.old', daysAgo(10))
    const ids = await Promise.all(Array.from({ length: 5 }, () => park('catalog.product_changed')))
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Letters = await api.get(
        `/v1/operations/dead-letters?limit=2&type=catalog.product_changed${cursor && `&cursor=${cursor}`}`,
      )
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(seen).toEqual([...ids].sort())
    const early: Letters = await api.get(`/v1/operations/dead-letters?until=${daysAgo(9)}`)
    expect(early.items.map(({ id }) => id)).toEqual([old])
  })

  test('are shown with their cause, their origin and their bytes', async () => {
    const id = await park('catalog.shown')
    expect(await api.get(`/v1/operations/dead-letters/${id}`)).toMatchObject({
      service: 'orders',
      cause: 'it was unreadable',
      origin: { source: 'catalog', shard: 'home', xid: '1' },
      payload: null,
      envelopeBase64: 'AA==',
    })
    await expect(api.get(`/v1/operations/dead-letters/${randomUUID()}`)).rejects.toThrow('dead-letter-not-found')
  })

  test('are replayed by choice, a portion at a time, in order, and say how many remain', async () => {
    const ids = (await Promise.all(Array.from({ length: 3 }, () => park('catalog.again')))).sort()
    type Portion = { failed: { id: string }[]; remaining: number; nextAfterId: string | null }
    const first = await api.post<Portion>('/v1/operations/dead-letters/replay', { type: 'catalog.again', limit: 2 })
    expect(first).toMatchObject({ failed: [{ id: ids[0] }, { id: ids[1] }], remaining: 1, nextAfterId: ids[1] })
    const rest = await api.post<Portion>('/v1/operations/dead-letters/replay', {
      type: 'catalog.again',
      limit: 2,
      afterId: first.nextAfterId,
    })
    expect(rest).toMatchObject({ failed: [{ id: ids[2] }], remaining: 0, nextAfterId: null })
  })

  test('are discarded with a reason that stays, together with who gave it', async () => {
    const id = await park('catalog.gone')
    const body = { ids: [id], reason: 'the shop was a test' }
    expect(await api.post('/v1/operations/dead-letters/discard', body)).toEqual({ discarded: [id], skipped: [] })
    expect(await api.get(`/v1/operations/dead-letters/${id}`)).toMatchObject({
      state: 'discarded',
      resolution: expect.stringMatching(/^the shop was a test \(by [0-9a-f-]{36}\)$/),
    })
    expect(await api.post('/v1/operations/dead-letters/discard', body)).toEqual({ discarded: [], skipped: [id] })
  })
})

describe('jobs', () => {
  const enqueue = async (): Promise<string> => {
    const id = randomUUID()
    const jobs = JSON.stringify([{ id, data: { to: 'Ada' } }])
    await database.query(`select jobs.enqueue('orders.nobody', $1, '1 hour', 3, 5)`, [jobs])
    return id
  }

  test('that wait are seen and can be cancelled, once', async () => {
    const id = await enqueue()
    const { items } = await api.get<{ items: Job[] }>('/v1/operations/jobs?queue=orders.nobody')
    expect(items).toMatchObject([{ id, state: 'waiting', attempts: 0, payload: { to: 'Ada' } }])
    expect(await api.post<Job>(`/v1/operations/jobs/${id}/cancel`)).toMatchObject({ id, state: 'cancelled' })
    await expect(api.post(`/v1/operations/jobs/${id}/cancel`)).rejects.toThrow('job-cannot-change')
    await expect(api.post(`/v1/operations/jobs/${randomUUID()}/cancel`)).rejects.toThrow('job-not-found')
  })

  test('that failed can be tried again, those that did not cannot', async () => {
    const id = await enqueue()
    await expect(api.post(`/v1/operations/jobs/${id}/retry`)).rejects.toThrow('job-cannot-change')
    await database.query(`update jobs.job set state = 'failed', dead_letter = null where id = $1`, [id])
    expect(await api.post<Job>(`/v1/operations/jobs/${id}/retry`)).toMatchObject({ id, state: 'retrying' })
  })

  test('by the clock have run once, with how long they took', async () => {
    const { items } = await api.get<{ items: Job[] }>('/v1/operations/jobs?queue=orders.schedules&limit=100')
    expect(items.map((job) => (job as never as { key: string }).key)).toContain('orders.tend-partitions')
  })

  test('are listed page by page', async () => {
    const all = new Set(await Promise.all([enqueue(), enqueue(), enqueue()]))
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: Job[]; nextCursor: string | null } = await api.get(
        `/v1/operations/jobs?queue=orders.nobody&limit=2${cursor && `&cursor=${cursor}`}`,
      )
      for (const { id } of page.items) all.delete(id)
      cursor = page.nextCursor
    }
    expect(all.size).toBe(0)
  })
})

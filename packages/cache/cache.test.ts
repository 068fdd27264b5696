import { createMetrics } from '@souk/telemetry'
import { eventually, fakeMetrics, memoryLog } from '@souk/testing'
import { redisForTests } from '@souk/engines/for-tests'
import { afterAll, describe, expect, test } from 'vitest'
import { createCache } from './cache.ts'
import { describeCache } from './cache.conformance.ts'
import { createMemoryStore } from './memory.ts'
import { createCacheMeters } from './meters.ts'
import { createProcessCache } from './process-cache.ts'
import { openRedisCache } from './open-redis.ts'
import { openRedisNews } from './redis-news.ts'
import { openRedisLine } from './redis-line.ts'
import { createRedisStore } from './redis-store.ts'
import type { Cache } from './types.ts'

/** A machine that is busy with other tests must not pass for a Redis that is away. */
const timeoutMs = 2_000

describeCache('in process', async () => {
  const opened: Cache[] = []
  return {
    shared: false,
    open() {
      const cache = createProcessCache({ metrics: fakeMetrics() })
      opened.push(cache)
      return cache
    },
    async close() {
      for (const cache of opened) await cache.close()
    },
  }
})

describe('a store in process', () => {
  test('holds so many entries and no more; what was used last stays', () => {
    const store = createMemoryStore({ maxEntries: 3 })
    const entry = { value: 1, tags: [], leftMs: 1_000, costMs: 0 }
    for (const key of ['a', 'b', 'c']) store.put(key, { ...entry, mark: store.mark() })
    store.peek('a')
    store.put('d', { ...entry, mark: store.mark() })
    expect(['a', 'b', 'c', 'd'].filter((key) => store.peek(key) !== undefined)).toEqual(['a', 'c', 'd'])
  })

  test('does not find what changed while it was loaded, nor what changed since', () => {
    const store = createMemoryStore()
    const entry = { value: 1, tags: ['a'], leftMs: 1_000, costMs: 0 }
    const mark = store.mark()
    store.drop(['a'])
    store.put('late', { ...entry, mark })
    expect(store.peek('late')).toBeUndefined()
    store.put('x', { ...entry, mark: store.mark() })
    expect(store.peek('x')).toBeDefined()
    store.drop(['a'])
    expect(store.peek('x')).toBeUndefined()
  })

  test('remembers a bounded number of tags: of those forgotten, too, nothing old is found', () => {
    const store = createMemoryStore({ maxEntries: 100 })
    store.put('x', { value: 1, tags: ['first'], leftMs: 1_000, costMs: 0, mark: store.mark() })
    store.drop(['first'])
    for (let at = 0; at < 200; at += 1) store.drop([`tag ${at}`])
    expect(store.peek('x')).toBeUndefined()
  })
})

const given = await redisForTests()
if (given.notTried !== undefined) {
  process.stderr.write(`\n${given.notTried}\n\n`)
  test.skip(given.notTried, () => {})
} else {
  const { redis } = given
  const closing: (() => unknown)[] = []
  afterAll(async () => {
    for (const close of closing) await close()
    await given.close()
  })
  const tiers = (prefix: string, metrics = createMetrics({ process: false })) => {
    const log = memoryLog()
    const cache = openRedisCache({ metrics, log, redis: { url: redis.url, prefix, timeoutMs } })
    closing.push(() => cache.close())
    return { cache, metrics, log }
  }

  describeCache('Redis', async () => ({
    shared: true,
    open() {
      const line = openRedisLine({ url: redis.url, timeoutMs })
      const news = openRedisNews(line, 'far')
      const far = createRedisStore(line, 'far')
      const close = () => {
        news.close()
        line.close()
      }
      closing.push(close)
      return createCache({ far, meters: createCacheMeters(fakeMetrics()), counters: far.counters, news, close })
    },
    async close() {},
  }))

  describeCache('in process, with Redis behind', async () => ({
    shared: true,
    open: () => tiers('tiers').cache,
    async close() {},
  }))

  describe('a cache in tiers', () => {
    test('whose Redis was never there works, and says so once', async () => {
      const log = memoryLog()
      const cache = openRedisCache({ metrics: fakeMetrics(), log, redis: { url: 'redis://127.0.0.1:1' } })
      const region = cache.region<number>('n', { ttlMs: 60_000 })
      expect(await region.through('x', async () => ({ value: 1, tags: ['n'] }))).toBe(1)
      await cache.invalidate('n')
      expect(await region.through('x', async () => ({ value: 2, tags: ['n'] }))).toBe(2)
      await eventually(() => expect(log.lines.map(({ message }) => message)).toHaveLength(1))
      expect(log.lines[0]?.message).toContain('Redis does not answer')
      await cache.close()
    })

    test('says how often what was asked for was there, tier by tier', async () => {
      const { cache, metrics } = tiers('rates')
      const other = tiers('rates')
      const load = async () => ({ value: 'v', tags: [] })
      const there = (each: { cache: Cache }) => each.cache.region<string>('pages', { ttlMs: 60_000 })
      await eventually(() => expect(cache.news.connected && other.cache.news.connected).toBe(true))
      await there({ cache }).through('a', load)
      await eventually(async () => expect(await there(other).get('a')).toBe('v'))
      for (let at = 0; at < 9; at += 1) await there({ cache }).through('a', load)
      const page = await metrics.expose()
      expect(page).toContain('souk_cache_reads_total{region="pages",tier="near",outcome="hit"} 9')
      expect(page).toContain('souk_cache_reads_total{region="pages",tier="far",outcome="miss"} 1')
      expect(await other.metrics.expose()).toContain('tier="far",outcome="hit"} 1')
    })

    test('counts for all processes together', async () => {
      const [one, two] = [tiers('counts').cache, tiers('counts').cache]
      await eventually(async () => {
        expect(await one.counters.add(1, new Map([['ready', 1]]), 60_000)).toBeDefined()
        expect(await two.counters.add(1, new Map([['ready', 1]]), 60_000)).toBeDefined()
      })
      await one.counters.add(5, new Map([['a', 3]]), 60_000)
      const counts = await two.counters.add(
        5,
        new Map([
          ['a', 4],
          ['b', 1],
        ]),
        60_000,
      )
      expect(counts).toEqual(
        new Map([
          ['a', 7],
          ['b', 1],
        ]),
      )
    })

    test('goes on without Redis, tells nothing old when it is back, and a dead Redis costs microseconds', async () => {
      const [one, two] = [tiers('outage'), tiers('outage')]
      const [mine, theirs] = [one, two].map(({ cache }) => cache.region<number>('n', { ttlMs: 60_000 })) as [
        ReturnType<typeof one.cache.region<number>>,
        ReturnType<typeof one.cache.region<number>>,
      ]
      let truth = 1
      const load = async () => ({ value: truth, tags: ['n'] })
      await eventually(async () => {
        await mine.through('x', load)
        expect(one.cache.news.connected && two.cache.news.connected).toBe(true)
        expect(await theirs.get('x')).toBe(1)
      })
      // Frozen, it keeps what it has; killed, it would forget everything.
      redis.pause()
      truth = 2
      await one.cache.invalidate('n')
      expect(await mine.through('x', load)).toBe(2)
      redis.resume()
      await eventually(async () => expect(await theirs.through('x', load)).toBe(2))

      await redis.kill()
      await eventually(() => expect([one, two].some(({ cache }) => cache.news.connected)).toBe(false))
      truth = 3
      await one.cache.invalidate('n')
      expect(await mine.through('x', load)).toBe(3)
      await eventually(async () => expect(await theirs.through('x', load)).toBe(3))
      const began = performance.now()
      for (let at = 0; at < 1_000; at += 1) await mine.through(`cold ${at}`, load)
      // 1,000 misses: with a wait for each, 50 s.
      expect(performance.now() - began).toBeLessThan(1_000)

      await redis.start()
      await eventually(() => expect([one, two].every(({ cache }) => cache.news.connected)).toBe(true))
      truth = 4
      await one.cache.invalidate('n')
      await eventually(async () => {
        expect(await mine.through('x', load)).toBe(4)
        expect(await theirs.through('x', load)).toBe(4)
      })
      expect(one.log.lines.filter(({ level }) => level === 'warn').length).toBeGreaterThan(0)
    })
  })
}

import type { Logger, Metrics } from '@souk/telemetry'
import { cacheChannel, createCache } from './cache.ts'
import { createMemoryStore } from './memory.ts'
import { createCacheMeters } from './meters.ts'
import { createLocalNews, openRedisNews } from './news.ts'
import { openRedisLine } from './redis-line.ts'
import { createRedisStore } from './redis-store.ts'
import type { Cache, Counters } from './types.ts'

export type OpenCache = {
  metrics: Metrics
  log: Logger
  /** Entries in this process; default 10,000. */
  maxEntries?: number
  /** Shared by all processes with the same address and prefix. Left out: each process has its own. */
  redis?: { url: string; prefix?: string; timeoutMs?: number } | undefined
}

/** There is nobody to count with. */
const alone: Counters = { add: async () => undefined }

/** A tier in this process, and behind it Redis if there is one. Never waits for it: not at the start either. */
export function openCache({ metrics, log, maxEntries = 10_000, redis }: OpenCache): Cache {
  const meters = createCacheMeters(metrics)
  const near = createMemoryStore({ maxEntries })
  metrics.gauge('souk_cache_entries', 'Entries in this process.', () => near.size)
  if (redis === undefined) return createCache({ near, meters, counters: alone, news: createLocalNews() })
  const { url, prefix = 'souk', timeoutMs } = redis
  const line = openRedisLine({
    url,
    ...(timeoutMs !== undefined && { timeoutMs }),
    onChange(state, error) {
      if (state === 'up') log.info({}, 'Redis answers')
      else log.warn({ err: error }, 'Redis does not answer; everything goes on without it')
    },
  })
  const news = openRedisNews(line, prefix)
  const far = createRedisStore(line, prefix, (tags) => news.publish(cacheChannel, tags))
  metrics.gauge('souk_redis_up', '1 while Redis answers in time.', () => (line.isUp ? 1 : 0))
  const close = () => {
    news.close()
    line.close()
  }
  return createCache({ near, far, meters, counters: far.counters, news, close })
}

import type { Logger } from '@souk/telemetry'
import { cacheChannel, createCache } from './cache.ts'
import { createCacheMeters } from './meters.ts'
import { type NearOptions, openNear } from './process-cache.ts'
import { openRedisLine } from './redis-line.ts'
import { openRedisNews } from './redis-news.ts'
import { createRedisStore } from './redis-store.ts'
import type { Cache } from './types.ts'

export type RedisCacheOptions = NearOptions & {
  log: Logger
  redis: { url: string; prefix?: string; timeoutMs?: number }
}

export function openRedisCache(options: RedisCacheOptions): Cache {
  const { metrics, log, redis } = options
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
  const near = openNear(options)
  return createCache({ near, far, meters: createCacheMeters(metrics), counters: far.counters, news, close })
}

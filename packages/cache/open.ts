import type { Logger, Metrics } from '@souk/telemetry'
import { createCache } from './cache.ts'
import { createMemoryStore } from './memory.ts'
import { createCacheMeters } from './meters.ts'
import { createLocalNews } from './news.ts'
import type { Cache, Counters } from './types.ts'

export type OpenCache = {
  metrics: Metrics
  log: Logger
  /** Entries in this process; default 10,000. */
  maxEntries?: number
  /** Shared by all processes with the same address and prefix. Left out: each process has its own. */
  redis?: { url: string; prefix?: string; timeoutMs?: number } | undefined
}

/**
 * A tier in this process, and behind it Redis if there is one. Never waits for it: not at the start either. The client of
 * Redis is loaded only where there is one.
 */
export async function openCache({ redis, ...options }: OpenCache): Promise<Cache> {
  if (redis === undefined) return createProcessCache(options)
  const { openRedisCache } = await import('./open-redis.ts')
  return openRedisCache({ ...options, redis })
}

/** There is nobody to count with. */
const alone: Counters = { add: async () => undefined }

/** In this process alone. */
export function createProcessCache(options: { metrics: Metrics; maxEntries?: number }): Cache {
  const near = openNear(options)
  return createCache({ near, meters: createCacheMeters(options.metrics), counters: alone, news: createLocalNews() })
}

export function openNear({ metrics, maxEntries = 10_000 }: { metrics: Metrics; maxEntries?: number }) {
  const near = createMemoryStore({ maxEntries })
  metrics.gauge('souk_cache_entries', 'Entries in this process.', () => near.size)
  return near
}

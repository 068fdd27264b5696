import type { Metrics } from '@souk/telemetry'
import { createCache } from './cache.ts'
import { createMemoryStore } from './memory.ts'
import { createCacheMeters } from './meters.ts'
import { createLocalNews } from './news.ts'
import type { Cache, Counters } from './types.ts'

export type NearOptions = {
  metrics: Metrics
  /** Entries in this process; default 10,000. */
  maxEntries?: number
}

/** There is nobody to count with. */
const alone: Counters = { add: async () => undefined }

/** In this process alone. */
export function createProcessCache(options: NearOptions): Cache {
  const near = openNear(options)
  return createCache({ near, meters: createCacheMeters(options.metrics), counters: alone, news: createLocalNews() })
}

export function openNear({ metrics, maxEntries = 10_000 }: NearOptions) {
  const near = createMemoryStore({ maxEntries })
  metrics.gauge('souk_cache_entries', 'Entries in this process.', () => near.size)
  return near
}

import type { Metrics } from '@souk/telemetry'

export type CacheMeters = {
  read(region: string, tier: 'near' | 'far', hits: number, misses: number): void
  loaded(region: string, costMs: number): void
  early(region: string): void
  invalidated(tags: number): void
}

export function createCacheMeters(metrics: Metrics): CacheMeters {
  const reads = metrics.counter('souk_cache_reads_total', 'Looks into the cache, by what came of them.', [
    'region',
    'tier',
    'outcome',
  ])
  const loads = metrics.counter('souk_cache_loads_total', 'What was not in the cache and was loaded.', ['region'])
  const seconds = metrics.counter('souk_cache_load_seconds_total', 'Time those loads took.', ['region'])
  const early = metrics.counter('souk_cache_early_loads_total', 'Loads begun before the value ended.', ['region'])
  const dropped = metrics.counter('souk_cache_invalidated_total', 'Tags said to have changed, by this process.')
  return {
    read(region, tier, hits, misses) {
      if (hits > 0) reads.inc({ region, tier, outcome: 'hit' }, hits)
      if (misses > 0) reads.inc({ region, tier, outcome: 'miss' }, misses)
    },
    loaded(region, costMs) {
      loads.inc({ region })
      seconds.inc({ region }, costMs / 1_000)
    },
    early: (region) => early.inc({ region }),
    invalidated: (tags) => dropped.inc({}, tags),
  }
}

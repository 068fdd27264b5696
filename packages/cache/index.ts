export { type OpenCache, openCache } from './open.ts'
export { createProcessCache } from './process-cache.ts'
export type { Cache, Counters, Loaded, News, Region, RegionOptions } from './types.ts'

export { createProcessCache, type OpenCache, openCache } from './open.ts'
export type { Cache, Counters, Loaded, News, Region, RegionOptions } from './types.ts'

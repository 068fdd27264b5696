import type { RedisCacheOptions } from './open-redis.ts'
import { createProcessCache } from './process-cache.ts'
import type { Cache } from './types.ts'

export type OpenCache = Omit<RedisCacheOptions, 'redis'> & {
  /** Shared by all processes with the same address and prefix. Left out: each has its own. */
  redis?: RedisCacheOptions['redis']
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

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { engines } from '../../scripts/engines.mjs'
import { freePorts } from './ports.ts'
import { type Supervised, supervise } from './supervised.ts'

export type RedisOptions = {
  dataFolder: string
  port?: number
  /** Default 64 MB, least recently used keys go first: it is a cache. */
  maxMemoryMb?: number
  /** More settings, or other values: `{ appendonly: 'yes' }`. */
  settings?: Record<string, string>
}

export type Redis = Supervised & { readonly url: string; readonly port: number }

/** Start a Redis that keeps nothing on disk. @throws EngineMissing */
export async function startRedis({
  dataFolder,
  maxMemoryMb = 64,
  settings = {},
  ...asked
}: RedisOptions): Promise<Redis> {
  const { path } = await engines.redis.obtain()
  mkdirSync(dataFolder, { recursive: true })
  const port = asked.port ?? ((await freePorts(1))[0] as number)
  const all = {
    port: String(port),
    bind: '127.0.0.1',
    dir: dataFolder,
    daemonize: 'no',
    save: '',
    appendonly: 'no',
    maxmemory: `${maxMemoryMb}mb`,
    'maxmemory-policy': 'allkeys-lru',
    ...settings,
  }
  const supervised = await supervise({
    name: 'Redis',
    path,
    args: Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]),
    log: join(dataFolder, 'redis.log'),
    isReady: (said) => said.includes('Ready to accept connections'),
  })
  return Object.assign(supervised, { url: `redis://127.0.0.1:${port}`, port })
}

import type { Redis } from 'ioredis'
import type { RedisLine } from './redis-line.ts'
import { type Entry, longestMs, type Mark, type Store } from './store.ts'
import type { Counters } from './types.ts'

/**
 * Entries are hashes; a tag is the time of its last invalidation, by the clock of Redis in µs. Entries and what makes them
 * void are compared in one script, so that a read is one round trip. The keys of tags come out of the entries: that is for one
 * primary (with replicas and Sentinel, if liked), not for a Redis Cluster.
 */
const scripts = {
  read: `
    local t = redis.call('TIME')
    local out = { t[1] * 1000000 + t[2] }
    for _, key in ipairs(KEYS) do
      local e = redis.call('HMGET', key, 'm', 't', 'v', 'c')
      local found = false
      if e[1] then
        found = { e[1], e[2], e[3], e[4], redis.call('PTTL', key) }
        for tag in string.gmatch(e[2], '[^\\n]+') do
          local at = redis.call('GET', ARGV[1] .. tag)
          if at and tonumber(at) >= tonumber(e[1]) then found = false; redis.call('DEL', key); break end
        end
      end
      out[#out + 1] = found
    end
    return out`,
  write: `
    redis.call('HSET', KEYS[1], 'm', ARGV[1], 't', ARGV[2], 'v', ARGV[3], 'c', ARGV[4])
    redis.call('PEXPIRE', KEYS[1], ARGV[5])`,
  invalidate: `
    local t = redis.call('TIME')
    local now = string.format('%.0f', t[1] * 1000000 + t[2])
    for i = 2, #ARGV do redis.call('SET', ARGV[1] .. ARGV[i], now, 'PX', ${longestMs}) end`,
  count: `
    local out = {}
    for i, key in ipairs(KEYS) do
      out[i] = redis.call('INCRBY', key, ARGV[i + 1])
      if out[i] == tonumber(ARGV[i + 1]) then redis.call('PEXPIRE', key, ARGV[1]) end
    end
    return out`,
} as const

type Scripted = Redis & Record<`souk_${keyof typeof scripts}`, (...args: (string | number)[]) => Promise<unknown>>
type Row = [mark: string, tags: string, value: string, cost: string, leftMs: number]

/** What could not be told because Redis was away, at most; beyond that everything is forgotten when it is back. */
const maxUntold = 10_000

/**
 * @param prefix before all keys: several marketplaces may share a Redis.
 * @param onTold what could not be invalidated at once, and now is
 */
export function createRedisStore(
  line: RedisLine,
  prefix: string,
  onTold: (tags: readonly string[]) => void = () => {},
): Store & { counters: Counters } {
  const untold = new Set<string>()
  let telling = false
  const known = new WeakSet<Redis>()
  const scripted = (redis: Redis): Scripted => {
    if (!known.has(redis)) {
      for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(`souk_${name}`, { lua })
      known.add(redis)
    }
    return redis as Scripted
  }
  const keyOf = (key: string) => `${prefix}:v:${key}`
  const tagPrefix = `${prefix}:t:`

  async function invalidate(tags: readonly string[]): Promise<void> {
    if (tags.length === 0) return
    const done = await line.ask((redis) =>
      scripted(redis)
        .souk_invalidate(0, tagPrefix, ...tags)
        .then(() => true),
    )
    if (done !== undefined) return
    for (const tag of tags) if (untold.size <= maxUntold) untold.add(tag)
  }

  /** Redis may have kept what changed while it could not be told. Until it is, nothing of it is believed here. */
  async function tell(): Promise<void> {
    if (telling || !line.isUp) return
    telling = true
    const tags = [...untold]
    const done = await line.ask((redis) =>
      tags.length > maxUntold
        ? forgetAll(redis, `${prefix}:v:*`)
        : scripted(redis)
            .souk_invalidate(0, tagPrefix, ...tags)
            .then(() => true),
    )
    telling = false
    if (done === undefined) return
    for (const tag of tags) untold.delete(tag)
    onTold(tags)
  }
  line.onUp(() => {
    if (untold.size > 0) void tell()
  })

  return {
    async read(keys) {
      if (untold.size > 0) {
        void tell()
        return { mark: unknownMark, entries: keys.map(() => undefined) }
      }
      const answer = await line.ask(
        (redis) =>
          scripted(redis).souk_read(keys.length, ...keys.map(keyOf), tagPrefix) as Promise<[Mark, ...(Row | null)[]]>,
      )
      if (answer === undefined) return { mark: unknownMark, entries: keys.map(() => undefined) }
      const [mark, ...rows] = answer
      return { mark, entries: rows.map(entryOf) }
    },
    async write(key, { value, mark, tags, leftMs, costMs }) {
      // Whoever could not be asked when the load began does not know what has changed since.
      if (mark === unknownMark) return
      const fields = [mark, tags.join('\n'), JSON.stringify(value), Math.round(costMs), Math.max(1, Math.round(leftMs))]
      await line.ask((redis) => scripted(redis).souk_write(1, keyOf(key), ...fields))
    },
    async forget(keys) {
      if (keys.length > 0) await line.ask((redis) => redis.del(...keys.map(keyOf)))
    },
    invalidate,
    counters: {
      async add(window, deltas, keepMs) {
        const keys = [...deltas.keys()]
        if (keys.length === 0) return new Map()
        const counts = await line.ask(
          (redis) =>
            scripted(redis).souk_count(
              keys.length,
              ...keys.map((key) => `${prefix}:c:${window}:${key}`),
              keepMs,
              ...deltas.values(),
            ) as Promise<number[]>,
        )
        return counts && new Map(keys.map((key, at) => [key, counts[at] ?? 0]))
      },
    },
  }
}

const unknownMark: Mark = -1

function entryOf(row: Row | null): Entry | undefined {
  if (row === null) return undefined
  const [mark, tags, value, cost, leftMs] = row
  try {
    const kept = JSON.parse(value) as unknown
    return { mark: Number(mark), tags: tags === '' ? [] : tags.split('\n'), value: kept, costMs: Number(cost), leftMs }
  } catch {
    return undefined // somebody else wrote it
  }
}

async function forgetAll(redis: Redis, pattern: string): Promise<true> {
  for (let cursor = '0'; ; ) {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1_000)
    if (keys.length > 0) await redis.unlink(...keys)
    if (next === '0') return true
    cursor = next
  }
}

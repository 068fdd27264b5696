import type { MemoryStore } from './memory.ts'
import type { CacheMeters } from './meters.ts'
import type { Entry, Mark, Store } from './store.ts'
import { longestMs } from './store.ts'
import type { Cache, Counters, Loaded, News, Region, RegionOptions } from './types.ts'

export type CacheOptions = {
  /** In this process; left out, every read goes to `far`. */
  near?: MemoryStore | undefined
  /** Shared by processes; left out, each has its own. */
  far?: Store | undefined
  counters: Counters
  news: News
  meters: CacheMeters
  /**
   * How long this process believes itself while nobody tells it what others change: without a shared store, and while its
   * line is down. Default 1,000.
   */
  unheardMs?: number
  close?: () => void
}

/** On which tags are named that have changed. */
export const cacheChannel = 'cache'

/** ±10 %: what was loaded together does not end together. */
const jittered = (ttlMs: number) => ttlMs * (0.9 + Math.random() * 0.2)

/**
 * Whether to load anew before the end: the nearer the end and the dearer the load, the likelier (Vattani et al.,
 * "Optimal probabilistic cache stampede prevention"). One of many asks early, and the others never see a gap.
 */
const isDueEarly = ({ costMs, leftMs }: Entry) => leftMs < -Math.max(1, costMs) * Math.log(1 - Math.random())

export function createCache(options: CacheOptions): Cache {
  const { near, far, counters, news, meters, unheardMs = 1_000 } = options
  const loading = new Map<string, Promise<unknown>>()
  const drop = (tags: readonly string[]) => {
    near?.drop(tags)
    // Who asks from now on does not wait for a load that began before.
    loading.clear()
  }
  const heard = news.subscribe(cacheChannel, drop)
  // What was said while the line was down is not known.
  const gap = news.onGap(() => {
    near?.clear()
    loading.clear()
  })
  const nearlyMs = (leftMs: number) => (news.connected ? leftMs : Math.min(leftMs, unheardMs))

  function keepNear(key: string, entry: Entry, mark: Mark): void {
    near?.put(key, { ...entry, mark, leftMs: nearlyMs(entry.leftMs) })
  }

  /** From near, then from far; marks are taken before anything is read. */
  async function look(name: string, keys: readonly string[]) {
    const nearMark = near?.mark() ?? 0
    const entries = keys.map((key) => near?.peek(key))
    const missing = keys.filter((_, at) => entries[at] === undefined)
    if (near !== undefined) meters.read(name, 'near', keys.length - missing.length, missing.length)
    if (far === undefined || missing.length === 0) return { entries, nearMark, farMark: 0 }
    const { mark, entries: found } = await far.read(missing)
    let at = 0
    let hits = 0
    for (const [index, key] of keys.entries()) {
      if (entries[index] !== undefined) continue
      const entry = found[at++]
      if (entry === undefined) continue
      hits += 1
      keepNear(key, entry, nearMark)
      entries[index] = entry
    }
    meters.read(name, 'far', hits, missing.length - hits)
    return { entries, nearMark, farMark: mark }
  }

  /** What is no JSON after all (a bigint in it) is not kept: whoever asked has it, and nobody waits for this. */
  async function keep(key: string, loaded: Loaded<unknown>, ttlMs: number, marks: [Mark, Mark], costMs: number) {
    const { value, tags } = loaded
    const leftMs = jittered(ttlMs)
    try {
      keepNear(key, { value, tags, mark: 0, leftMs, costMs }, marks[0])
      await far?.write(key, { value, tags, mark: marks[1], leftMs, costMs })
    } catch {
      // Loaded anew each time, which the counts of loads show.
    }
  }

  return {
    region<Value>(name: string, { ttlMs }: RegionOptions): Region<Value> {
      if (ttlMs > longestMs / 2) throw new RangeError(`${name}: nothing is kept for longer than ${longestMs / 2} ms`)
      const keyOf = (key: string) => `${name}:${key}`

      /** One at a time for each key in this process; whoever asks meanwhile waits for the same. */
      function loadOnce(key: string, marks: [Mark, Mark], load: () => Promise<Loaded<Value> | undefined>) {
        const known = loading.get(key) as Promise<Value | undefined> | undefined
        if (known !== undefined) return known
        const began = performance.now()
        const work: Promise<Value | undefined> = load()
          .then(async (loaded) => {
            const costMs = performance.now() - began
            meters.loaded(name, costMs)
            if (loaded !== undefined) void keep(key, loaded, ttlMs, marks, costMs)
            return loaded?.value
          })
          .finally(() => {
            if (loading.get(key) === work) loading.delete(key)
          })
        loading.set(key, work)
        return work
      }

      return {
        async get(key) {
          return (await look(name, [keyOf(key)])).entries[0]?.value as Value | undefined
        },
        async getMany(keys) {
          return (await look(name, keys.map(keyOf))).entries.map((entry) => entry?.value as Value | undefined)
        },
        async set(key, loaded) {
          const full = keyOf(key)
          const mark = far === undefined ? 0 : (await far.read([])).mark
          await keep(full, loaded, ttlMs, [near?.mark() ?? 0, mark], 0)
        },
        async delete(...keys) {
          const full = keys.map(keyOf)
          await near?.forget(full)
          await far?.forget(full)
        },
        async through(key, load) {
          const full = keyOf(key)
          const { entries, nearMark, farMark } = await look(name, [full])
          const [entry] = entries
          if (entry === undefined) return loadOnce(full, [nearMark, farMark], load)
          if (isDueEarly(entry) && !loading.has(full)) {
            meters.early(name)
            // Whoever asks now is answered with what is good still; a load that fails is tried by the next.
            void refresh(full, load).catch(() => {})
          }
          return entry.value as Value
        },
      }

      async function refresh(full: string, load: () => Promise<Loaded<Value> | undefined>): Promise<void> {
        const nearMark = near?.mark() ?? 0
        const mark = far === undefined ? 0 : (await far.read([])).mark
        await loadOnce(full, [nearMark, mark], load)
      }
    },
    async invalidate(...tags) {
      if (tags.length === 0) return
      meters.invalidated(tags.length)
      drop(tags)
      // Far before the news: whoever is told looks there next. That is true of this process, too, which hears itself.
      await far?.invalidate(tags)
      news.publish(cacheChannel, tags)
    },
    counters,
    news,
    async close() {
      heard.stop()
      gap.stop()
      options.close?.()
    },
  }
}

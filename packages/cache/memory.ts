import type { Entry, Mark, Store } from './store.ts'

export type MemoryStore = Store & {
  /** As `read`, at once. */
  peek(key: string): Entry | undefined
  put(key: string, entry: Entry): void
  drop(tags: readonly string[]): void
  mark(): Mark
  clear(): void
  readonly size: number
}

type Kept = { entry: Entry; untilMs: number }

/**
 * In this process, `maxEntries` at most; the ones not used for longest go first. A look is some 0.3 µs.
 * Tags are remembered only while they may matter: beyond `maxEntries` of them, everything older is taken for invalidated.
 */
export function createMemoryStore(options: { maxEntries?: number; nowMs?: () => number } = {}): MemoryStore {
  const { maxEntries = 10_000, nowMs = () => performance.now() } = options
  // A Map keeps the order of insertion: what is used is put in anew, so the first is the one not used for longest.
  const kept = new Map<string, Kept>()
  const invalidated = new Map<string, Mark>()
  let at: Mark = 1
  let floor: Mark = 0

  function peek(key: string): Entry | undefined {
    const found = kept.get(key)
    if (found === undefined) return undefined
    const leftMs = found.untilMs - nowMs()
    const { entry } = found
    if (leftMs <= 0 || entry.mark <= floor || entry.tags.some((tag) => (invalidated.get(tag) ?? 0) >= entry.mark)) {
      kept.delete(key)
      return undefined
    }
    kept.delete(key)
    kept.set(key, found)
    return { ...entry, leftMs }
  }

  function put(key: string, entry: Entry): void {
    kept.delete(key)
    if (kept.size >= maxEntries) kept.delete(kept.keys().next().value as string)
    kept.set(key, { entry, untilMs: nowMs() + entry.leftMs })
  }

  function drop(tags: readonly string[]): void {
    for (const tag of tags) {
      invalidated.delete(tag)
      invalidated.set(tag, at)
    }
    while (invalidated.size > maxEntries) {
      const [tag, mark] = invalidated.entries().next().value as [string, Mark]
      invalidated.delete(tag)
      floor = mark
    }
    at += 1
  }

  return {
    peek,
    put,
    drop,
    mark: () => at,
    clear() {
      kept.clear()
      // What is being loaded now may be older than what was missed.
      floor = at
      at += 1
    },
    get size() {
      return kept.size
    },
    read: async (keys) => ({ mark: at, entries: keys.map(peek) }),
    write: async (key, entry) => put(key, entry),
    async forget(keys) {
      for (const key of keys) kept.delete(key)
    },
    invalidate: async (tags) => drop(tags),
  }
}

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

type Kept = { entry: Entry; untilMs: number; bytes: number }

export type MemoryOptions = {
  /** Default 10,000. */
  maxEntries?: number
  /** As JSON; default 32 MB. */
  maxBytes?: number
  nowMs?: () => number
}

/**
 * In this process, `maxEntries` and `maxBytes` at most; the ones not used for longest go first. A look is some 0.3 µs.
 * Tags are remembered only while they may matter: beyond `maxEntries` of them, everything older is taken for invalidated.
 */
export function createMemoryStore(options: MemoryOptions = {}): MemoryStore {
  const { maxEntries = 10_000, maxBytes = 32 * 2 ** 20, nowMs = () => performance.now() } = options
  // A Map keeps the order of insertion: what is used is put in anew, so the first is the one not used for longest.
  const kept = new Map<string, Kept>()
  const invalidated = new Map<string, Mark>()
  let at: Mark = 1
  let floor: Mark = 0
  let held = 0

  function remove(key: string): void {
    held -= kept.get(key)?.bytes ?? 0
    kept.delete(key)
  }

  function peek(key: string): Entry | undefined {
    const found = kept.get(key)
    if (found === undefined) return undefined
    const leftMs = found.untilMs - nowMs()
    const { entry } = found
    if (leftMs <= 0 || entry.mark <= floor || entry.tags.some((tag) => (invalidated.get(tag) ?? 0) >= entry.mark)) {
      remove(key)
      return undefined
    }
    kept.delete(key)
    kept.set(key, found)
    return { ...entry, leftMs }
  }

  function put(key: string, entry: Entry): void {
    remove(key)
    const bytes = JSON.stringify(entry.value).length
    if (bytes > maxBytes) return
    held += bytes
    kept.set(key, { entry, untilMs: nowMs() + entry.leftMs, bytes })
    while (kept.size > maxEntries || held > maxBytes) remove(kept.keys().next().value as string)
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
      held = 0
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
      for (const key of keys) remove(key)
    },
    invalidate: async (tags) => drop(tags),
  }
}

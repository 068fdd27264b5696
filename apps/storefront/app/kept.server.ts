type Entry = { value: unknown; freshUntilMs: number; keptUntilMs: number }

/** How long an answer is fresh, and how long an old one is better than none. */
export type Life = { freshMs: number; staleMs: number }

/**
 * Answers of the marketplace that are the same for everybody. Fresh ones are given at once; stale ones too, while a new
 * one is fetched; older ones only when nothing newer can be had. One question at a time for each key.
 */
export function createKept({ clock = Date.now, maxEntries = 5_000 } = {}) {
  const entries = new Map<string, Entry>()
  const asking = new Map<string, Promise<unknown>>()
  const keptAnywayMs = 10 * 60_000

  function ask<Value>(key: string, life: Life, fetch: () => Promise<Value>): Promise<Value> {
    const under = asking.get(key)
    if (under !== undefined) return under as Promise<Value>
    const asked = fetch()
      .then((value) => {
        const now = clock()
        entries.delete(key)
        entries.set(key, { value, freshUntilMs: now + life.freshMs, keptUntilMs: now + keptAnywayMs })
        const [oldest] = entries.keys()
        if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest)
        return value
      })
      .finally(() => asking.delete(key))
    asking.set(key, asked)
    return asked
  }

  /** @param saysNo which errors are answers themselves ("there is no such product") and outrank what is kept. */
  return async function kept<Value>(
    key: string,
    life: Life,
    fetch: () => Promise<Value>,
    saysNo: (error: unknown) => boolean = () => false,
  ): Promise<Value> {
    const found = entries.get(key)
    const now = clock()
    if (found !== undefined && now < found.freshUntilMs) return found.value as Value
    if (found !== undefined && now < found.freshUntilMs + life.staleMs) {
      ask(key, life, fetch).catch((error: unknown) => {
        if (saysNo(error)) entries.delete(key)
      })
      return found.value as Value
    }
    try {
      return await ask(key, life, fetch)
    } catch (error) {
      if (found === undefined || now > found.keptUntilMs || saysNo(error)) throw error
      return found.value as Value
    }
  }
}

export type Kept = ReturnType<typeof createKept>

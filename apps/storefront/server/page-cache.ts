import { createHash } from 'node:crypto'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

export type Page = {
  status: number
  headers: readonly (readonly [string, string])[]
  body: Buffer
  etag: string
  /** Packed at the first wish, kept for the others. */
  packed(encoding: 'br' | 'gzip'): Buffer
}

/** Pages that are made anew while the old ones are still shown. */
const mostRefreshing = 3
/**
 * Whoever is the first for a while would be shown how it was then, a sale that is over or not begun: where a page has been
 * old for so long, the new one is waited for a moment. In a crowd none is that old.
 */
const oldMs = 5_000
const momentMs = 200

type Kept = { page: Page; freshUntilMs: number; staleUntilMs: number; errorUntilMs: number; bytes: number }

export type PageCacheOptions = {
  clock?: () => number
  /** What is kept in all; the longest unused goes first. Default: 96 MB. */
  maxBytes?: number
}

/**
 * Keeps what may be shown to everybody for as long as it says itself (Cache-Control: public, s-maxage,
 * stale-while-revalidate, stale-if-error). Of a crowd that asks for one page at once, one renders it.
 */
export function createPageCache({ clock = Date.now, maxBytes = 96 * 2 ** 20 }: PageCacheOptions = {}) {
  const kept = new Map<string, Kept>()
  const rendering = new Map<string, Promise<Page>>()
  let refreshing = 0
  const counts = { hit: 0, stale: 0, miss: 0, rescued: 0 }
  let bytes = 0

  function drop(key: string): void {
    bytes -= kept.get(key)?.bytes ?? 0
    kept.delete(key)
  }

  /** @returns what is kept now: the page from before when nothing in it has changed, because that one is packed. */
  function keep(key: string, made: Page): Page {
    const life = lifeOf(made)
    if (life === undefined) return made
    const before = kept.get(key)?.page
    const page = before?.etag === made.etag && before.status === made.status ? before : made
    drop(key)
    const now = clock()
    const freshUntilMs = now + life.freshMs
    // Both packings are about a third of the page.
    const size = Math.ceil(page.body.length * 1.5) + 1_000
    kept.set(key, {
      page,
      freshUntilMs,
      staleUntilMs: freshUntilMs + life.staleMs,
      errorUntilMs: freshUntilMs + Math.max(life.staleMs, life.errorMs),
      bytes: size,
    })
    bytes += size
    for (const oldest of kept.keys()) {
      if (bytes <= maxBytes) break
      drop(oldest)
    }
    return page
  }

  function render(key: string, make: () => Promise<Page>): Promise<Page> {
    let under = rendering.get(key)
    if (under === undefined) {
      under = make()
        .then((page) => (page.status < 500 ? keep(key, page) : page))
        .finally(() => rendering.delete(key))
      rendering.set(key, under)
    }
    return under
  }

  /** Never fails: what there was is given where there is nothing better. */
  async function refresh(key: string, make: () => Promise<Page>, before: Page): Promise<Page> {
    refreshing += 1
    try {
      const page = await render(key, make)
      return page.status < 500 ? page : before
    } catch {
      return before
    } finally {
      refreshing -= 1
    }
  }

  async function get(key: string, make: () => Promise<Page>): Promise<Page> {
    const found = kept.get(key)
    const now = clock()
    if (found === undefined || now > found.errorUntilMs) {
      counts.miss += 1
      return render(key, make)
    }
    // Used: to the end of the line of those to be dropped.
    kept.delete(key)
    kept.set(key, found)
    if (now < found.freshUntilMs) {
      counts.hit += 1
      return found.page
    }
    if (now < found.staleUntilMs) {
      counts.stale += 1
      // Whoever is here is served first: making pages anew never takes more than its share of the processor.
      if (refreshing >= mostRefreshing || rendering.has(key)) return found.page
      const anew = refresh(key, make, found.page)
      return now < found.freshUntilMs + oldMs ? found.page : Promise.race([anew, after(momentMs, found.page)])
    }
    try {
      const page = await render(key, make)
      if (page.status < 500) {
        counts.miss += 1
        return page
      }
    } catch {
      // What was true a while ago is better than nothing.
    }
    counts.rescued += 1
    return found.page
  }

  return { get, counts, size: () => ({ pages: kept.size, bytes }) }
}

const after = (ms: number, page: Page): Promise<Page> => new Promise((resolve) => setTimeout(resolve, ms, page).unref())

export type PageCache = ReturnType<typeof createPageCache>

export function pageOf(status: number, headers: Iterable<readonly [string, string]>, body: Buffer): Page {
  const packings = new Map<string, Buffer>()
  return {
    status,
    headers: [...headers],
    body,
    etag: `"${createHash('sha1').update(body).digest('base64url')}"`,
    packed(encoding) {
      let found = packings.get(encoding)
      if (found === undefined) {
        found =
          encoding === 'gzip'
            ? gzipSync(body, { level: 5 })
            : brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })
        packings.set(encoding, found)
      }
      return found
    },
  }
}

/** Undefined: not for others. A page that sets a cookie is for one person, whatever else it says. */
function lifeOf({ headers, status }: Page): { freshMs: number; staleMs: number; errorMs: number } | undefined {
  if (status >= 500 || headers.some(([name]) => name === 'set-cookie')) return undefined
  const control = headers.find(([name]) => name === 'cache-control')?.[1] ?? ''
  if (!/\bpublic\b/.test(control)) return undefined
  const secondsOf = (name: string) => Number(new RegExp(`(?:^|[\\s,])${name}=(\\d+)`).exec(control)?.[1] ?? Number.NaN)
  const fresh = secondsOf('s-maxage')
  const freshSeconds = Number.isNaN(fresh) ? secondsOf('max-age') : fresh
  if (Number.isNaN(freshSeconds)) return undefined
  return {
    freshMs: freshSeconds * 1_000,
    staleMs: (secondsOf('stale-while-revalidate') || 0) * 1_000,
    errorMs: (secondsOf('stale-if-error') || 0) * 1_000,
  }
}

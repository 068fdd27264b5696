import { execFileSync } from 'node:child_process'
import { askForPages, type PagesAnswered } from './load.ts'
import type { Painted } from './paint.ts'

export { phone } from './phone.ts'
export type { Painted } from './paint.ts'
export type { PagesAnswered } from './load.ts'

export type PagesOptions = {
  storefrontUrl: string
  apiUrl: string
  /** The process that serves the pages; its processor time is read. Left out: not said. */
  storefrontPid?: number
  ratePerSecond: number
  seconds: number
  seed: number
  /** Pages opened on a phone. */
  paints: number
  onProgress: (text: string) => void
}

export type PagesResult = {
  products: number
  /** The first seconds, with nothing kept and nothing compiled. */
  cold: PagesAnswered
  warm: PagesAnswered
  /** Of the storefront's process, for each page of the warm run. */
  cpuMicrosPerPage: number | undefined
  painted: readonly Painted[]
  /** The middle one. */
  largestContentMs: number
}

const coldSeconds = 10

/** How fast product pages are: from the server under load, and on a phone. Every product is asked for equally often. */
export async function measurePages(options: PagesOptions): Promise<PagesResult> {
  const { storefrontUrl: url, ratePerSecond, seconds, seed, storefrontPid, onProgress } = options
  const paths = await productPaths(options.apiUrl)
  const load = { url, paths, ratePerSecond, seed }
  onProgress(`${ratePerSecond} pages a second of ${paths.length} products, ${coldSeconds} s from a cold start`)
  const cold = await askForPages({ ...load, seconds: coldSeconds })
  onProgress(`the same, warm, ${seconds} s`)
  const before = cpuMsOf(storefrontPid)
  const warm = await askForPages({ ...load, seconds, seed: seed + 1 })
  const after = cpuMsOf(storefrontPid)
  onProgress(`${options.paints} pages on a phone`)
  // Only here: a browser is a tool for tests, and other measurements do without one.
  const { paintPages } = await import('./paint.ts')
  const step = Math.max(1, Math.floor(paths.length / options.paints))
  const painted = await paintPages(
    url,
    Array.from({ length: options.paints }, (_, at) => paths[(at * step) % paths.length] ?? '/'),
  )
  const sorted = painted.map(({ largestContentMs }) => largestContentMs).toSorted((one, other) => one - other)
  return {
    products: paths.length,
    cold,
    warm,
    cpuMicrosPerPage:
      before === undefined || after === undefined ? undefined : Math.round(((after - before) * 1_000) / warm.pages),
    painted,
    largestContentMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
  }
}

async function productPaths(apiUrl: string): Promise<string[]> {
  const paths: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const answer = await fetch(`${apiUrl}/v1/products?limit=100${query}`)
    if (!answer.ok) throw new Error(`the products cannot be listed: ${answer.status}`)
    const page = (await answer.json()) as { items: { id: string; slug: string }[]; nextCursor: string | null }
    paths.push(...page.items.map(({ id, slug }) => `/p/${id}/${slug}`))
    cursor = page.nextCursor
  } while (cursor !== null)
  return paths
}

/** Processor time of a process so far, in ms, as finely as `ps` tells: a tenth of a second at best. */
function cpuMsOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined
  try {
    const seconds = execFileSync('ps', ['-o', 'cputimes=', '-p', String(pid)], { encoding: 'utf8' })
    return Number(seconds.trim()) * 1_000
  } catch {
    return undefined
  }
}

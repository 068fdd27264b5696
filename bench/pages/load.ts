import { Agent, get } from 'node:http'
import { createHistogram } from 'node:perf_hooks'
import { seededRandom } from '../load/random.ts'

export type PagesLoad = {
  /** `http://host:port` of the storefront. */
  url: string
  paths: readonly string[]
  /** Due whatever the server does; a page's time counts from when it was due. */
  ratePerSecond: number
  seconds: number
  seed: number
}

/** Milliseconds from when a page was due to its last byte. */
export type PagesAnswered = {
  pages: number
  statuses: Readonly<Record<string, number>>
  p50Ms: number
  p95Ms: number
  p99Ms: number
  maxMs: number
}

/** Asks for pages as a crowd does: at a steady rate, each a random one, packed, over connections that stay open. */
export async function askForPages({ url, paths, ratePerSecond, seconds, seed }: PagesLoad): Promise<PagesAnswered> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const random = seededRandom(seed)
  const microseconds = createHistogram()
  const statuses: Record<string, number> = {}
  const total = ratePerSecond * seconds
  const begunAt = performance.now()
  let sent = 0
  let answered = 0
  await new Promise<void>((resolve) => {
    const done = (what: string, dueAt: number) => {
      statuses[what] = (statuses[what] ?? 0) + 1
      microseconds.record(Math.max(1, Math.round((performance.now() - dueAt) * 1_000)))
      answered += 1
      if (answered === total) resolve()
    }
    const ask = (dueAt: number) => {
      const path = paths[Math.floor(random() * paths.length)] ?? '/'
      get(url + path, { agent, headers: { 'accept-encoding': 'br, gzip' } }, (response) => {
        response.resume()
        response.once('end', () => done(String(response.statusCode), dueAt))
      }).once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error', dueAt))
    }
    const tick = () => {
      const due = Math.min(total, ((performance.now() - begunAt) / 1_000) * ratePerSecond)
      for (; sent < due; sent++) ask(begunAt + (sent * 1_000) / ratePerSecond)
      if (sent < total) setTimeout(tick, 1)
    }
    tick()
  })
  agent.destroy()
  const ms = (percentile: number) => Math.round(microseconds.percentile(percentile) / 100) / 10
  return {
    pages: total,
    statuses,
    p50Ms: ms(50),
    p95Ms: ms(95),
    p99Ms: ms(99),
    maxMs: Math.round(microseconds.max / 1_000),
  }
}

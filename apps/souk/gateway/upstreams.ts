import { createHash } from 'node:crypto'
import type { OpenApi, RouteEntry } from '@souk/http'
import { createGuard, type Guard } from '@souk/resilience'
import type { Logger, Metrics } from '@souk/telemetry'
import { createRouteMap, type RouteMap } from './route-map.ts'

/** A process that serves routes. */
export type Upstream = {
  /** "http://10.0.0.7:7700" */
  readonly url: string
  readonly guard: Guard
  /** It said that it is ready, the last time it was asked. */
  isReady: boolean
  table: readonly RouteEntry[] | undefined
  document: OpenApi | undefined
}

export type Upstreams = {
  readonly all: readonly Upstream[]
  readonly routes: RouteMap<Upstream>
  /** The descriptions of all of them as one. */
  document(): OpenApi
  /** Of these, who is to be asked next: in turn, ready ones first. */
  choose(among: readonly Upstream[]): Upstream[]
  /** Resolves when everybody has been asked once. */
  ready(): Promise<void>
  stop(): void
}

const lookEveryMs = 1_000
const readTableEveryMs = 15_000
const answerWithinMs = 2_000

/** Keeps knowing what the processes behind the gateway serve and how they are. */
export function watchUpstreams(options: {
  urls: readonly string[]
  log: Logger
  metrics: Metrics
  clock: () => Date
  /** Time an open circuit stays open. */
  halfOpenAfterMs?: number
}): Upstreams {
  const { log, metrics, clock } = options
  const all = options.urls.map((url): Upstream => {
    const guard = createGuard({
      name: `upstream ${new URL(url).host}`,
      metrics,
      clock,
      log,
      options: {
        // Repeats are the callers', who know what may be repeated.
        attempts: 1,
        // The route's own, which ends the request itself.
        timeoutMs: Number.POSITIVE_INFINITY,
        halfOpenAfterMs: options.halfOpenAfterMs ?? 2_000,
        maxInFlight: 2_000,
        maxQueued: 0,
        classify: () => 'failed',
      },
    })
    return { url, guard, isReady: false, table: undefined, document: undefined }
  })
  let map = createRouteMap<Upstream>([])
  let document: OpenApi = merged([])
  let turn = 0
  metrics.gauge(
    'souk_gateway_upstream_ready',
    '1: it said that it is ready.',
    () => all.map(({ url, isReady }) => ({ labels: { upstream: url }, value: isReady ? 1 : 0 })),
    ['upstream'],
  )

  const get = (url: string) => fetch(url, { signal: AbortSignal.timeout(answerWithinMs), redirect: 'error' })
  const digests = new Map<Upstream, string>()

  async function readTable(upstream: Upstream): Promise<void> {
    const [table, description] = await Promise.all(
      ['/routes.json', '/openapi.json'].map(async (path) => {
        const answer = await get(upstream.url + path)
        if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`)
        return await answer.text()
      }),
    )
    const digest = createHash('sha256').update(`${table}\n${description}`).digest('base64')
    if (digests.get(upstream) === digest) return
    upstream.table = JSON.parse(table ?? '') as RouteEntry[]
    upstream.document = JSON.parse(description ?? '') as OpenApi
    digests.set(upstream, digest)
    const known = all.flatMap((one) => (one.table === undefined ? [] : [{ upstream: one, table: one.table }]))
    map = createRouteMap(known)
    document = merged(all.flatMap((one) => one.document ?? []))
    log.info({ upstream: upstream.url, routes: upstream.table.length }, 'the routes of an upstream were read')
  }

  async function look(upstream: Upstream, withTable: boolean): Promise<void> {
    const was = upstream.isReady
    try {
      const answer = await get(`${upstream.url}/health/ready`)
      await answer.body?.cancel()
      upstream.isReady = answer.ok
      if (withTable || upstream.table === undefined || (answer.ok && !was)) await readTable(upstream)
    } catch (error) {
      upstream.isReady = false
      if (was) log.warn({ upstream: upstream.url, err: error }, 'an upstream does not answer')
    }
  }

  let looks = 0
  const lookAtAll = async () => {
    const withTable = looks % (readTableEveryMs / lookEveryMs) === 0
    looks += 1
    await Promise.all(all.map((upstream) => look(upstream, withTable)))
  }
  const first = lookAtAll()
  const timer = setInterval(() => void lookAtAll(), lookEveryMs)
  timer.unref()

  return {
    all,
    get routes() {
      return map
    },
    document: () => document,
    choose(among) {
      turn += 1
      const from = turn % among.length
      const inTurn = [...among.slice(from), ...among.slice(0, from)]
      // One whose circuit is open comes last and not never: a circuit closes again by being tried.
      const rank = ({ isReady, guard }: Upstream) => (guard.state === 'open' ? 2 : isReady ? 0 : 1)
      return inTurn.sort((a, b) => rank(a) - rank(b))
    },
    ready: () => first,
    stop: () => clearInterval(timer),
  }
}

/** Descriptions of parts of one API as one: what several have, they have alike, for they are of one program. */
export function merged(documents: readonly OpenApi[]): OpenApi {
  const paths: OpenApi['paths'] = {}
  const tags = new Map<string, unknown>()
  const components: Record<string, Record<string, unknown>> = {}
  for (const document of documents) {
    for (const [path, operations] of Object.entries(document.paths)) paths[path] = { ...paths[path], ...operations }
    for (const tag of (document.tags ?? []) as { name: string }[]) tags.set(tag.name, tag)
    for (const [kind, entries] of Object.entries((document.components ?? {}) as Record<string, object>))
      components[kind] = { ...components[kind], ...entries }
  }
  const [first] = documents
  return {
    openapi: '3.1.0',
    info: { title: 'Souk', version: '0.1.0' },
    servers: [{ url: '/' }],
    ...first,
    tags: [...tags].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tag]) => tag),
    paths,
    components,
  }
}

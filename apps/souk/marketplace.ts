import {
  createGovernor,
  createHttpServer,
  createSharedRateLimiter,
  httpErrors,
  type HttpServer,
  watchLoopLag,
} from '@souk/http'
import { isReachable } from '@souk/postgres'
import type { RpcServer } from '@souk/rpc/network'
import type { MetricsRegistry } from '@souk/telemetry'
import { derivedSecret } from './derived-secret.ts'
import { serveAdmin } from './admin.ts'
import { type House, type HouseOptions, openHouse } from './house.ts'
import { mayShowInbox, serveInbox } from './inbox.ts'
import { operations } from './operations.ts'
import { servePictures } from './pictures.ts'
import { allServices } from './services.ts'
import { createVerifiers } from './verifiers.ts'
import { serveWelcome } from './welcome.ts'
import { mergeExposed, startWorkerProcess, type WorkerProcess } from './worker-process.ts'

export type Marketplace = House & {
  /** Where the shop API is: "http://127.0.0.1:7700". */
  url: string
  http: HttpServer
  /** Where other processes call its services: "127.0.0.1:7800"; undefined: nowhere. */
  rpcAddress: string | undefined
}

export type Role = 'all' | 'edges' | 'work' | 'desk'

export type MarketplaceOptions = Omit<HouseOptions, 'working' | 'onEvents'> & {
  port: number
  /** Read events and run jobs in a second process. Default: in this one. */
  separateWorker?: boolean
  /**
   * What this process does for its services: answer customers and other services (`edges`), read events and run jobs
   * (`work`), or both; or nothing of these and what concerns the marketplace as a whole (`desk`: `/v1/operations`), which is
   * for a process that has all services before it. Default: both.
   */
  role?: Role
  /** Show the inbox where nobody has said otherwise. Default: no. */
  inbox?: boolean
  /** The folder with the admin's files, perhaps still being made. Without it there is no /admin. */
  admin?: Promise<string>
  /** Before the doors open: the services run, nobody can reach them yet. */
  beforeOpening?: (house: House) => Promise<void>
}

/** These services with their edges and their database: the composition of the laptop. */
export async function openMarketplace(options: MarketplaceOptions): Promise<Marketplace> {
  let worker: WorkerProcess | undefined
  const { role = 'all' } = options
  const house = await openHouse({
    ...options,
    ...((role === 'edges' || role === 'desk') && { working: false }),
    ...(options.separateWorker && { working: false, onEvents: (source, rows) => worker?.wake(source, rows) }),
  })
  const { settings, running, directory, log, clock, database } = house
  if (options.separateWorker)
    worker = startWorkerProcess(
      { ...options.env, DATABASE_URL: database.adminUrl, SOUK_SECRET: database.secret, SOUK_DEMO: 'off' },
      log,
    )
  const metrics =
    worker === undefined ? house.metrics : { ...house.metrics, expose: () => exposeBoth(house.metrics, worker) }
  const verifiers = role === 'work' ? nobodyKnown : createVerifiers(directory, clock, log, house.cache.news)
  // Several processes count together where they share a store, and each for itself where not.
  const limiter =
    settings.SOUK_REDIS_URL === undefined || role === 'work'
      ? undefined
      : createSharedRateLimiter({ counts: house.cache.counters })
  let rpc: RpcServer | undefined
  try {
    await options.beforeOpening?.(house)
    if (role === 'edges' || role === 'all') rpc = await house.network?.serve(running)
    const sheds = running.services.flatMap(({ parts }) => parts.sheds ?? [])
    const edges = role === 'edges' || role === 'all' ? running.services.flatMap(({ parts }) => parts.routes ?? []) : []
    // Of the marketplace as a whole, and so only where all of it is at hand.
    const desk =
      options.services.length === allServices.length ? operations(house) : { ...operations(house), routes: [] }
    const loop = watchLoopLag()
    const governor = createGovernor(loop, targetLagMs)
    house.metrics.gauge(
      'souk_http_admitted_share',
      'Part of the orders that are let in, from 0 to 1.',
      () => governor.share,
    )
    const http = createHttpServer({
      ...verifiers,
      // Who only works is asked for its health and its figures, and for nothing else.
      routes: role === 'work' ? [] : [...edges, ...desk.routes],
      clock,
      log,
      metrics,
      info: { title: 'Souk', version: '0.1.0', description: 'Many shops under one roof. Nothing is sold twice.' },
      limits: {
        perAddress: settings.SOUK_ADDRESS_PER_MINUTE,
        perAccount: settings.SOUK_ACCOUNT_PER_MINUTE,
        perApiKey: settings.SOUK_API_KEY_PER_MINUTE,
      },
      ...(limiter !== undefined && { limiter }),
      errors: [...options.services.map((service) => service.errors), desk.errors],
      admission(method, path) {
        for (const shed of sheds) {
          if (shed.method !== method || !path.startsWith(shed.prefix)) continue
          const retryAfterSeconds = shed.refusing() ?? (loop.lagMs() > maxLagMs || !governor.admits() ? 1 : undefined)
          if (retryAfterSeconds !== undefined) return { retryAfterSeconds }
        }
        return undefined
      },
      health: Object.fromEntries(
        running.services.map(({ definition, db }) => [definition.name, lately(() => isReachable(db))]),
      ),
      forwarderSecret: derivedSecret(database.secret, 'forwarder'),
      ...(settings.SOUK_TRUST_PROXY !== 0 && { trustProxy: settings.SOUK_TRUST_PROXY }),
      extra(app) {
        if (role === 'work' || role === 'desk') return
        servePictures(app)
        const withInbox = mayShowInbox(settings, options.inbox ?? false)
        if (withInbox) serveInbox(app, house)
        if (options.admin !== undefined) serveAdmin(app, options.admin)
        serveWelcome(app, house, { inbox: withInbox })
      },
    })
    const { url } = await http.listen({ host: settings.SOUK_HOST, port: options.port })
    return {
      ...house,
      url,
      http,
      rpcAddress: rpc?.address,
      async stop() {
        verifiers.stop()
        limiter?.stop()
        governor.stop()
        loop.stop()
        await http.close()
        await desk.close()
        await rpc?.close()
        await worker?.stop()
        await house.stop()
      },
    }
  } catch (error) {
    verifiers.stop()
    limiter?.stop()
    await rpc?.close()
    await worker?.stop()
    await house.stop()
    throw error
  }
}

/** Several ask every second or two whether this process is ready; what was well so lately is not asked again. */
const wellForMs = 3_000

function lately(check: () => Promise<unknown>): () => Promise<unknown> {
  let wellAtMs = Number.NEGATIVE_INFINITY
  return async () => {
    if (performance.now() - wellAtMs < wellForMs) return
    await check()
    wellAtMs = performance.now()
  }
}

/** Of a process that has no routes. */
const nobodyKnown = {
  verify(): never {
    throw httpErrors.error('unauthenticated', 'Nobody signs in here.')
  },
  stop() {},
}

/** How far behind its clients the process with the edges lets itself come before it turns a part of them away. */
const targetLagMs = 200
/** Behind by more, everybody is turned away until it has caught up: saying so costs a tenth of taking an order. */
const maxLagMs = 800

const exposeBoth = async (metrics: MetricsRegistry, worker: WorkerProcess | undefined): Promise<string> =>
  mergeExposed(await metrics.expose(), (await worker?.expose()) ?? '')

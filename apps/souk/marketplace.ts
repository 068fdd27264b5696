import { createGovernor, createHttpServer, type HttpServer, watchLoopLag } from '@souk/http'
import { isReachable } from '@souk/postgres'
import type { MetricsRegistry } from '@souk/telemetry'
import { derivedSecret } from './derived-secret.ts'
import { type House, type HouseOptions, openHouse } from './house.ts'
import { mayShowInbox, serveInbox } from './inbox.ts'
import { operations } from './operations.ts'
import { servePictures } from './pictures.ts'
import { createVerifiers } from './verifiers.ts'
import { serveWelcome } from './welcome.ts'
import { mergeExposed, startWorkerProcess, type WorkerProcess } from './worker-process.ts'

export type Marketplace = House & {
  /** Where the shop API is: "http://127.0.0.1:7700". */
  url: string
  http: HttpServer
}

export type MarketplaceOptions = Omit<HouseOptions, 'working' | 'onEvents'> & {
  port: number
  /** Read events and run jobs in a second process. Default: in this one. */
  separateWorker?: boolean
  /** Show the inbox where nobody has said otherwise. Default: no. */
  inbox?: boolean
  /** Before the doors open: the services run, nobody can reach them yet. */
  beforeOpening?: (house: House) => Promise<void>
}

/** These services with their edges and their database: the composition of the laptop. */
export async function openMarketplace(options: MarketplaceOptions): Promise<Marketplace> {
  let worker: WorkerProcess | undefined
  const house = await openHouse({
    ...options,
    ...(options.separateWorker && { working: false, onEvents: (source: string) => worker?.wake(source) }),
  })
  const { settings, running, directory, log, clock, database } = house
  if (options.separateWorker)
    worker = startWorkerProcess(
      { ...options.env, DATABASE_URL: database.adminUrl, SOUK_SECRET: database.secret, SOUK_DEMO: 'off' },
      log,
    )
  const metrics =
    worker === undefined ? house.metrics : { ...house.metrics, expose: () => exposeBoth(house.metrics, worker) }
  const verifiers = createVerifiers(directory, clock, log)
  try {
    await options.beforeOpening?.(house)
    const sheds = running.services.flatMap(({ parts }) => parts.sheds ?? [])
    const desk = operations(house)
    const loop = watchLoopLag()
    const governor = createGovernor(loop, targetLagMs)
    house.metrics.gauge(
      'souk_http_admitted_share',
      'Part of the orders that are let in, from 0 to 1.',
      () => governor.share,
    )
    const http = createHttpServer({
      ...verifiers,
      routes: [...running.services.flatMap(({ parts }) => parts.routes ?? []), ...desk.routes],
      clock,
      log,
      metrics,
      info: { title: 'Souk', version: '0.1.0', description: 'Many shops under one roof. Nothing is sold twice.' },
      limits: {
        perAddress: settings.SOUK_ADDRESS_PER_MINUTE,
        perAccount: settings.SOUK_ACCOUNT_PER_MINUTE,
        perApiKey: settings.SOUK_API_KEY_PER_MINUTE,
      },
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
        running.services.map(({ definition, db }) => [definition.name, () => isReachable(db)]),
      ),
      forwarderSecret: derivedSecret(database.secret, 'forwarder'),
      ...(settings.SOUK_TRUST_PROXY > 0 && { trustProxy: settings.SOUK_TRUST_PROXY }),
      extra(app) {
        servePictures(app)
        const withInbox = mayShowInbox(settings, options.inbox ?? false)
        if (withInbox) serveInbox(app, house)
        serveWelcome(app, house, { inbox: withInbox })
      },
    })
    const { url } = await http.listen({ host: settings.SOUK_HOST, port: options.port })
    return {
      ...house,
      url,
      http,
      async stop() {
        verifiers.stop()
        governor.stop()
        loop.stop()
        await http.close()
        await worker?.stop()
        await house.stop()
      },
    }
  } catch (error) {
    verifiers.stop()
    await worker?.stop()
    await house.stop()
    throw error
  }
}

/** How far behind its clients the process with the edges lets itself come before it turns a part of them away. */
const targetLagMs = 150
/** Behind by more, everybody is turned away until it has caught up: saying so costs a tenth of taking an order. */
const maxLagMs = 400

const exposeBoth = async (metrics: MetricsRegistry, worker: WorkerProcess | undefined): Promise<string> =>
  mergeExposed(await metrics.expose(), (await worker?.expose()) ?? '')

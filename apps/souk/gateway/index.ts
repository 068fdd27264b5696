import type { News } from '@souk/cache'
import { gatewayName } from '@souk/contracts/callers'
import {
  createHttpServer,
  createQuotaKeeper,
  forwardedAddress,
  createRateLimiter,
  type RateLimiter,
  defaultQuotas,
  type Quotas,
} from '@souk/http'
import { createDirectory } from '@souk/rpc'
import type { MetricsRegistry, Logger } from '@souk/telemetry'
import type { FastifyRequest } from 'fastify'
import { serveAdmin } from '../admin.ts'
import { openNetwork, type NetworkPlan } from '../network.ts'
import { servePictures } from '../pictures.ts'
import { allServices } from '../services.ts'
import { createVerifiers } from '../verifiers.ts'
import { serveProxy } from './proxy.ts'
import { type Upstreams, watchUpstreams } from './upstreams.ts'

export type Gateway = { url: string; upstreams: Upstreams; stop(): Promise<void> }

export type GatewayOptions = {
  host: string
  port: number
  /** Addresses of processes that serve routes: "http://10.0.0.7:7700". */
  upstreams: readonly string[]
  /** To identity, which knows who customers are. */
  network: NetworkPlan
  /** Shows the upstreams who we are: derived from their secret (derived-secret.ts). */
  forwarderSecret: string
  quotas?: Partial<Quotas>
  /** Shared with other gateways, where there are some: news of ended sessions, and what quotas were taken. */
  shared?: { news: News; limiter: RateLimiter }
  trustProxy: number | readonly string[]
  log: Logger
  metrics: MetricsRegistry
  clock: () => Date
  halfOpenAfterMs?: number
  /** The folder with the admin's files. Without it there is no /admin. */
  admin?: string
}

/** The single entry: whatever the services behind it serve, at one address. Keeps nothing, and can run many times. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, metrics, clock, trustProxy } = options
  const network = openNetwork(options.network, [gatewayName], { log, metrics, clock })
  const verifiers = createVerifiers(createDirectory(network.ways).as(gatewayName), clock, log, options.shared?.news)
  const upstreams = watchUpstreams({
    urls: options.upstreams,
    log,
    metrics,
    clock,
    ...(options.halfOpenAfterMs !== undefined && { halfOpenAfterMs: options.halfOpenAfterMs }),
  })
  const http = createHttpServer({
    ...verifiers,
    routes: [],
    clock,
    log,
    metrics,
    info: { title: 'Souk', version: '0.1.0' },
    document: upstreams.document,
    errors: allServices.map(({ errors }) => errors),
    limits: { ...options.quotas, requestTimeoutMs: 120_000 },
    ...(trustProxy !== 0 && { trustProxy }),
    health: {
      // One upstream that is away is its users' trouble; taking the gateway away as well would make it everybody's.
      async upstreams() {
        if (!upstreams.all.some(({ isReady }) => isReady)) throw new Error('no upstream is ready')
      },
    },
    async extra(app) {
      app.get('/health/upstreams', { config: { access: 'public' } }, (_request, reply) =>
        reply.send(
          upstreams.all.map(({ url, isReady, guard, table }) => ({
            url,
            ready: isReady,
            circuit: guard.state,
            routes: table?.length ?? null,
          })),
        ),
      )
      servePictures(app)
      if (options.admin !== undefined) serveAdmin(app, Promise.resolve(options.admin))
      const quotas = createQuotaKeeper(
        options.shared?.limiter ?? createRateLimiter(),
        { ...defaultQuotas, ...options.quotas },
        clock,
      )
      // The storefront's server asks for shoppers, and is known by the same secret.
      const forwarded = forwardedAddress(options.forwarderSecret)
      const addressOf = ({ headers, ip }: FastifyRequest) => forwarded(headers) ?? ip
      await app.register(async (inner) =>
        serveProxy(inner, { upstreams, verifiers, quotas, addressOf, secret: options.forwarderSecret, log, metrics }),
      )
    },
  })
  try {
    const { url } = await http.listen({ host: options.host, port: options.port })
    await upstreams.ready()
    return {
      url,
      upstreams,
      async stop() {
        verifiers.stop()
        upstreams.stop()
        await http.close()
        network.close()
      },
    }
  } catch (error) {
    verifiers.stop()
    upstreams.stop()
    network.close()
    throw error
  }
}

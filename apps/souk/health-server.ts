import { createHttpServer, httpErrors, type HttpServer, type HttpServerOptions } from '@souk/http'
import type { Logger, MetricsRegistry } from '@souk/telemetry'

/** `/health` and `/metrics` for a program that answers nothing else, so that whoever runs it can look after it. */
export async function serveHealth(options: {
  host: string
  port: number
  /** By what it needs: rejects while that is away. */
  needs: NonNullable<HttpServerOptions['health']>
  clock: () => Date
  log: Logger
  metrics: MetricsRegistry
}): Promise<{ url: string; http: HttpServer }> {
  const { host, port, needs, clock, log, metrics } = options
  const http = createHttpServer({
    verify() {
      throw httpErrors.error('unauthenticated', 'Nobody signs in here.')
    },
    routes: [],
    clock,
    log,
    metrics,
    info: { title: 'Souk', version: '0.1.0' },
    health: needs,
  })
  const { url } = await http.listen({ host, port })
  return { url, http }
}

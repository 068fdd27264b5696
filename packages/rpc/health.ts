import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect'
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from './gen/grpc/health/v1/health_pb.js'

/** How often a watcher is told at the soonest. */
const lookEveryMs = 1_000

/**
 * grpc.health.v1: the empty name is the process, a contract's name that contract.
 * @param ready of each contract, by name: whether the service behind it can work now.
 */
export function serveHealth(router: ConnectRouter, ready: ReadonlyMap<string, () => Promise<boolean>>): void {
  const isServing = async (name: string): Promise<boolean | undefined> => {
    if (name === '') return (await Promise.all([...ready.values()].map((check) => check()))).every(Boolean)
    return await ready.get(name)?.()
  }
  const statusOf = (serving: boolean | undefined) =>
    serving === undefined ? Status.SERVICE_UNKNOWN : serving ? Status.SERVING : Status.NOT_SERVING

  router.service(Health, {
    async check({ service }) {
      const serving = await isServing(service)
      if (serving === undefined) throw new ConnectError(`${service} is not served here`, Code.NotFound)
      return { status: statusOf(serving) }
    },
    async list() {
      const names = ['', ...ready.keys()]
      const statuses = await Promise.all(
        names.map(
          async (name) =>
            [name, create(HealthCheckResponseSchema, { status: statusOf(await isServing(name)) })] as const,
        ),
      )
      return { statuses: Object.fromEntries(statuses) }
    },
    async *watch({ service }, { signal }) {
      let told: Status | undefined
      while (!signal.aborted) {
        const status = statusOf(await isServing(service))
        if (status !== told) yield { status }
        told = status
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, lookEveryMs)
          signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
        })
      }
    },
  })
}

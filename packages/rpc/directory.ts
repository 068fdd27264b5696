import type { DescService } from '@bufbuild/protobuf'
import {
  type Client,
  ConnectError,
  type ConnectRouter,
  createClient,
  createRouterTransport,
  type Transport,
} from '@connectrpc/connect'
import { domainErrorsIn, domainErrorsOut } from './domain-errors.ts'
import { isForeseen } from './failures.ts'
import { createNextDoor } from './next-door.ts'

/** Connect wraps whatever an interceptor throws; who called wants the refusal itself. */
function asRefusal(error: unknown): never {
  throw error instanceof ConnectError && isForeseen(error.cause) ? error.cause : error
}

export type { Client, ConnectRouter } from '@connectrpc/connect'

/** Registers a service's handlers: `(router) => router.service(ShopService, { getShop: … })`. */
export type RpcHandlers = (router: ConnectRouter) => void

/** Where each contract is served. Services ask for a client and never learn whether it is next door or far away. */
export type Directory = {
  /** A client of a contract; the transport is looked up at each call, so services may start in any order. */
  client<Service extends DescService>(service: Service): Client<Service>
  /** Serve contracts in this process: calls to them stay in memory (next-door.ts). */
  serve(handlers: RpcHandlers, services: readonly DescService[]): void
  /** The same directory for one service: whom others take the caller for. */
  as(caller: string): Directory
}

/** The way of a caller to a contract that nobody serves in this process, if there is one. */
export type Ways = (caller: string) => (service: DescService) => Transport | undefined

/**
 * @param ways to other processes. Whoever asks without being a service asks as `caller`.
 * @param encodedCalls write and read every message even within this process, as over a network: for tests of that border.
 */
export function createDirectory(
  ways?: Ways,
  encodedCalls = false,
  caller = 'souk',
  local = new Map<string, Transport>(),
): Directory {
  const remote = ways?.(caller)
  const transportOf = (service: DescService): Transport => {
    const transport = local.get(service.typeName) ?? remote?.(service)
    if (transport === undefined)
      throw new Error(`nobody serves ${service.typeName}: start its service in this process or give its address`)
    return transport
  }
  return {
    client: (service) =>
      createClient(service, {
        unary: (method, ...rest) =>
          transportOf(method.parent)
            .unary(method, ...rest)
            .catch(asRefusal),
        stream: (method, ...rest) => transportOf(method.parent).stream(method, ...rest),
      }),
    serve(handlers, services) {
      const encoded = () =>
        createRouterTransport(handlers, {
          transport: { interceptors: [domainErrorsIn] },
          router: { interceptors: [domainErrorsOut] },
        })
      const nextDoor = createNextDoor(encoded)
      nextDoor.register(handlers)
      const transport = encodedCalls ? encoded() : nextDoor.transport
      for (const service of services) local.set(service.typeName, transport)
    },
    as: (name) => createDirectory(ways, encodedCalls, name, local),
  }
}

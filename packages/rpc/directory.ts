import type { DescService } from '@bufbuild/protobuf'
import {
  type Client,
  type ConnectRouter,
  createClient,
  createRouterTransport,
  type Transport,
} from '@connectrpc/connect'
import { domainErrorsIn, domainErrorsOut } from './domain-errors.ts'

export type { Client, ConnectRouter } from '@connectrpc/connect'

/** Registers a service's handlers: `(router) => router.service(ShopService, { getShop: … })`. */
export type RpcHandlers = (router: ConnectRouter) => void

/** Where each contract is served. Services ask for a client and never learn whether it is next door or far away. */
export type Directory = {
  /** A client of a contract; the transport is looked up at each call, so services may start in any order. */
  client<Service extends DescService>(service: Service): Client<Service>
  /** Serve contracts in this process: calls to them stay in memory, encoded all the same, so the border stays honest. */
  serve(handlers: RpcHandlers, services: readonly DescService[]): void
}

/** @param remote the way to a contract that nobody serves in this process, if there is one. */
export function createDirectory(remote?: (service: DescService) => Transport | undefined): Directory {
  const local = new Map<string, Transport>()
  const transportOf = (service: DescService): Transport => {
    const transport = local.get(service.typeName) ?? remote?.(service)
    if (transport === undefined)
      throw new Error(`nobody serves ${service.typeName}: start its service in this process or give its address`)
    return transport
  }
  return {
    client: (service) =>
      createClient(service, {
        unary: (method, ...rest) => transportOf(method.parent).unary(method, ...rest),
        stream: (method, ...rest) => transportOf(method.parent).stream(method, ...rest),
      }),
    serve(handlers, services) {
      const transport = createRouterTransport(handlers, {
        transport: { interceptors: [domainErrorsIn] },
        router: { interceptors: [domainErrorsOut] },
      })
      for (const service of services) local.set(service.typeName, transport)
    },
  }
}

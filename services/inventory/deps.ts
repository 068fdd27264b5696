import { CatalogService } from '@souk/contracts/catalog'
import { AllotmentService } from '@souk/contracts/orders'
import type { Outbox } from '@souk/events'
import type { Shards } from '@souk/postgres'
import type { Client } from '@souk/rpc'
import type { Clock, ServiceContext } from '@souk/service'
import type { Logger } from '@souk/telemetry'
import type { config } from './config.ts'

export type Deps = {
  shards: Shards
  outbox: Outbox
  clock: Clock
  log: Logger
  allotments: Client<typeof AllotmentService>
  catalog: Client<typeof CatalogService>
  rpcTimeoutMs: number
  /** Shoppers are told that few are left from here on. */
  lowBelow: number
}

/** What the use cases need of a service's context. */
export const depsOf = (context: ServiceContext<typeof config>): Deps => ({
  shards: context.shards,
  outbox: context.outbox,
  clock: context.clock,
  log: context.log,
  allotments: context.directory.client(AllotmentService),
  catalog: context.directory.client(CatalogService),
  rpcTimeoutMs: context.config.INVENTORY_RPC_TIMEOUT_MS,
  lowBelow: context.config.INVENTORY_LOW_BELOW,
})

import type { DescService } from '@bufbuild/protobuf'
import type { Cache } from '@souk/cache'
import type { ErrorCatalogue } from '@souk/errors'
import type { Consumer, EventType, Outbox } from '@souk/events'
import type { Route } from '@souk/http'
import type { Database, Shards } from '@souk/postgres'
import type { Directory, RpcHandlers } from '@souk/rpc'
import type { Logger, Metrics } from '@souk/telemetry'
import type { AuditCheck } from './audit.ts'
import type { BucketTables } from './bucket-tables.ts'
import type { EnvSpec, ParsedEnv } from './env.ts'
import type { Queue, Work } from './work.ts'

/** The only way to learn the time. */
export type Clock = () => Date

/** What a service is given to work with. All of it is its own: nothing here reaches another service's data. */
export type ServiceContext<Spec extends EnvSpec = EnvSpec> = {
  config: ParsedEnv<Spec>
  /** The service's own schema, in its own role. */
  db: Database
  /** Where shop-scoped rows live; with one database all of them are `db`. */
  shards: Shards
  outbox: Outbox
  clock: Clock
  log: Logger
  metrics: Metrics
  /** Clients of other services' contracts. */
  directory: Directory
  /** For what is read often and may be some moments old; never for what decides. Shared by all services: name regions by yours. */
  cache: Cache
  /** Puts work for later into this service's own queues. */
  work: Work
}

/**
 * Work done by the clock. At most one process runs it at a time. Must be safe to repeat. Every minute or less often: once
 * a period, however many processes there are, kept as a job and tried again when it fails. More often: every process
 * looks, and nothing is written.
 */
export type Job = {
  /** "orders.end-sales" */
  name: string
  everyMs: number
  /**
   * Whether there is anything to do: one cheap statement, asked in every process before it tries to be the one that runs.
   * Of jobs that come once a minute or less often nobody asks it.
   */
  isDue?(): Promise<boolean>
  /** @param stopping aborted when the process is about to end, which waits for this: what goes round and round ends then. */
  run(stopping?: AbortSignal): Promise<void>
}

export type ServiceParts = {
  routes?: readonly Route[]
  rpc?: { handlers: RpcHandlers; services: readonly DescService[] }
  consumers?: readonly Consumer[]
  jobs?: readonly Job[]
  /** What it does with work that was put off by `context.work`. */
  queues?: readonly Queue[]
  audits?: readonly AuditCheck[]
  /**
   * Paths whose requests may be turned away before anything is read of them: `refusing` answers with the seconds to wait
   * while they would be refused anyway.
   */
  sheds?: readonly { method: string; prefix: string; refusing(): number | undefined }[]
  /** Finish what was accepted. Called after the edges stopped taking new work, before the database closes. */
  stop?(): Promise<void>
}

export type ServiceDefinition<Spec extends EnvSpec = EnvSpec> = {
  /** Also the name of its schema and of its role. */
  name: string
  /** Its rows belong to shops and lie on the shard of their shop; these move with it. Default: all of them at home. */
  divided?: BucketTables
  /** Folder of its migrations. */
  migrations: URL
  config: Spec
  errors: ErrorCatalogue<string>
  /** Events it writes to its outbox. */
  emits: readonly EventType[]
  start(context: ServiceContext<Spec>): Promise<ServiceParts>
}

/** A service: what others may import of it, whole. */
export const defineService = <Spec extends EnvSpec>(definition: ServiceDefinition<Spec>): ServiceDefinition<Spec> =>
  definition

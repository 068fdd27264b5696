import { type Cache, createProcessCache } from '@souk/cache'
import {
  type Consumer,
  createConsumerMeters,
  createOutbox,
  type EventLog,
  type RunningConsumer,
  runConsumer,
  sourceOf,
} from '@souk/events'
import { createShards, type Database, type Pooled, type Shard, type ShardMapping, type Tx } from '@souk/postgres'
import type { Directory } from '@souk/rpc'
import type { Logger, Metrics } from '@souk/telemetry'
import type { Clock, Job, ServiceDefinition, ServiceParts } from './define.ts'
import { type EnvSpec, type ParsedEnv, parseEnv } from './env.ts'
import { housekeepingJobs, watchDeadLetters } from './housekeeping.ts'
import { runJobs } from './jobs.ts'
import { isScheduled } from './schedules.ts'
import { createWork } from './work.ts'
import { openWorkPlace } from './work-place.ts'

export type BootOptions = {
  services: readonly ServiceDefinition[]
  /** The service's own schema on a shard, in its own role. */
  databaseOf(service: string, shard: string): Database
  /** Reads for lists, from replicas of a shard. Left out, or undefined: there are none. */
  listsOf?(service: string, shard: string, db: Database): Tx | undefined
  /** The databases there are and which bucket lies where. Default: the only one, at home. */
  division?: Division
  eventLog: EventLog
  directory: Directory
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
  log: Logger
  metrics: Metrics
  /** False: events are not read and jobs not run; for looking after services whose work other processes do. */
  working?: boolean
  /** These are all the services of the program: only then is it known who has read what, and old events are forgotten. */
  complete?: boolean
  /** Default: one in this process. The caller closes it. */
  cache?: Cache
  /**
   * Where work for later is kept: address and database in the role of the jobs. Without it nothing is taken from queues,
   * and every process runs what comes by the clock by itself.
   */
  jobs?: { url: string; pooled?: Pooled; db: Database }
}

export type RunningService = {
  definition: ServiceDefinition
  /** At home. */
  db: Database
  /** All databases its rows lie in; several for shop-scoped services of a divided marketplace. */
  databases: readonly Shard[]
  parts: ServiceParts
}

/** How shop-scoped rows are divided among databases. The first one is home: what is not shop-scoped lies there alone. */
export type Division = {
  shards: readonly string[]
  /** For the shards of one service. Undefined while there is one shard only. */
  mapping?(): ShardMapping
  /** The database of a consumer on a shard, which waits while that is closed. Told: it reads what another one announced. */
  forConsumer?(shard: Shard, kind: 'told' | 'inside'): Database
  /** Whether events of this service are written to every shard. */
  isDivided(service: string): boolean
}

export type RunningServices = {
  services: readonly RunningService[]
  consumers: readonly RunningConsumer[]
  /** Every consumer of these services, once for each log it reads into each database, working here or not. */
  readers: readonly Reader[]
  /** Finish what was accepted, then stop reading events and running jobs. Databases stay open: they are the caller's. */
  stop(): Promise<void>
}

/** The name under which the only database is known to the log, until there are several. */
export const homeShard = 'home'

/** All settings of these services, to be parsed together. @throws ConfigurationError */
export const configOf = (services: readonly ServiceDefinition[], env: BootOptions['env']): ParsedEnv<EnvSpec> =>
  parseEnv(env, Object.assign({}, ...services.map((service) => service.config)) as EnvSpec)

/**
 * Start services in the order given: each gets what is its own and nothing else. Consumers and jobs begin only when all
 * have started, so that the first event finds everybody there.
 */
export async function bootServices(options: BootOptions): Promise<RunningServices> {
  const { clock, metrics, directory, eventLog, cache = createProcessCache({ metrics }) } = options
  const config = configOf(options.services, options.env)
  const running: RunningService[] = []
  const division = options.division ?? undivided
  const home = division.shards[0] as string
  for (const definition of options.services) {
    const own = definition.divided ? division.shards : [home]
    const databases = own.map((name): Shard => {
      const db = options.databaseOf(definition.name, name)
      // Only divided services show lists so long that it matters.
      const lists = definition.divided && options.listsOf?.(definition.name, name, db)
      return { name, db, ...(lists !== undefined && { lists }) }
    })
    const { db } = databases[0] as Shard
    const parts = await definition.start({
      config: config as never,
      db,
      shards: createShards(databases, databases.length > 1 ? division.mapping?.() : undefined),
      outbox: createOutbox({ wake: (rows) => eventLog.wake(definition.name, rows) }),
      clock,
      log: options.log.child({ service: definition.name }),
      metrics,
      directory: directory.as(definition.name),
      cache,
      work: createWork(definition.name, clock),
    })
    if (parts.rpc !== undefined) directory.serve(parts.rpc.handlers, parts.rpc.services)
    running.push({ definition, db, databases, parts })
  }
  const working = options.working ?? true
  const workers = working ? running : []
  const { log: logger } = options
  const readers = running.flatMap((service) => readersOf(service, division))
  const meters = createConsumerMeters(metrics)
  const consumers = (working ? readers : []).map((reader) => {
    const { consumer, shard, within } = reader
    const into = within === undefined ? {} : { into: within }
    return runConsumer({
      consumer,
      log: eventLog,
      db: gatedFor(reader, division),
      shard,
      ...into,
      logger,
      clock,
      meters,
    })
  })
  const kept = workers.flatMap(({ definition, databases, parts }) =>
    databases.map(({ name: shard, db }) => ({ name: definition.name, shard, db, parts })),
  )
  const all = options.complete ? kept : undefined
  const tended = kept.map((service) => ({
    ...service,
    // What a service does by the clock it does for all its shards at once.
    jobs: [
      ...(service.shard === home ? (service.parts.jobs ?? []) : []),
      ...housekeepingJobs(service, all, service.shard, clock).map((job) =>
        service.shard === home ? job : { ...job, name: `${job.name}.${service.shard}` },
      ),
    ],
  }))
  const inLibrary = (job: Job) => options.jobs !== undefined && isScheduled(job)
  const ticking = tended.map(({ db, jobs }) =>
    runJobs(
      db,
      jobs.filter((job) => !inLibrary(job)),
      options.log,
    ),
  )
  const workPlace =
    options.jobs === undefined || tended.length === 0
      ? undefined
      : openWorkPlace({ ...options.jobs, services: tended, log: options.log, metrics })
  const deadLetters = watchDeadLetters(kept, metrics, options.log)
  return {
    services: running,
    consumers,
    readers,
    async stop() {
      deadLetters.stop()
      await Promise.all([...ticking.map((runner) => runner.stop()), workPlace?.stop()])
      for (const { parts } of running.toReversed()) await parts.stop?.()
      await Promise.all(consumers.map((consumer) => consumer.stop()))
    },
  }
}

const undivided: Division = { shards: [homeShard], isDivided: () => false }

/** A consumer, the shard whose log it reads, and the database its effects and its offset are in. */
export type Reader = {
  consumer: Consumer
  shard: string
  db: Database
  /** The shard of that database, of a divided service; undefined for one that is at home as a whole. */
  within: string | undefined
}

/** Consumers of divided services stop while their shard is closed; of the others nothing moves. */
const gatedFor = ({ consumer, shard, db, within }: Reader, division: Division): Database =>
  within === undefined || division.forConsumer === undefined
    ? db
    : division.forConsumer(
        { name: within, db },
        division.isDivided(sourceOf(consumer)) && within === shard ? 'inside' : 'told',
      )

/**
 * Shop-scoped services read each other shard by shard, since all of them are divided alike; who is at home reads all
 * shards; what home announces is told to every shard, and concerns one of them.
 */
function readersOf({ databases, parts }: RunningService, division: Division): Reader[] {
  const isDivided = databases.length > 1
  const within = (name: string) => (isDivided ? name : undefined)
  return (parts.consumers ?? []).flatMap((consumer) => {
    const divided = division.isDivided(sourceOf(consumer))
    if (divided && isDivided) return databases.map(({ name, db }) => ({ consumer, shard: name, db, within: name }))
    const shards = divided ? division.shards : division.shards.slice(0, 1)
    return shards.flatMap((shard) => databases.map(({ name, db }) => ({ consumer, shard, db, within: within(name) })))
  })
}

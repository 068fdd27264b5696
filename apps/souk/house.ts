import { hostname } from 'node:os'
import { type Cache, openCache } from '@souk/cache'
import { createOutboxLooks, createPostgresLog, type EventLog, type LookedAfter, lookedAfter } from '@souk/events'
import { type Database, type DatabaseOptions, logRole, openDatabase, roleOf, urlForRole } from '@souk/postgres'
import { createDirectory, type Directory } from '@souk/rpc'
import {
  announceAlone,
  bootServices,
  configOf,
  type Division,
  ensureShardMap,
  type EnvSpec,
  followShardMap,
  homeShard,
  type JobDesk,
  jobsSchema,
  openJobDesk,
  type ParsedEnv,
  parseEnv,
  type RunningServices,
  type ServiceDefinition,
  type ShardMap,
  shardsSchema,
} from '@souk/service'
import { createLogger, createMetrics, type Logger, type MetricsRegistry } from '@souk/telemetry'
import { appConfig, pooledBy } from './config.ts'
import type { Network, OpenNetwork } from './network.ts'
import { announcersOn, openEventLog, type OpenedEventLog, relayService } from './event-log.ts'
import { openReplicas, type ReplicaSet } from './replicas.ts'
import { allServices } from './services.ts'
import { finishLeftMoves, untilShardsAreOpen } from './shards.ts'
import { type Progress, prepareDatabase, type ReadyDatabase } from './database.ts'

export type House = {
  /** Of the services, all together. */
  config: ParsedEnv<EnvSpec>
  settings: ParsedEnv<typeof appConfig>
  database: ReadyDatabase
  running: RunningServices
  /** Work that was put off: to look at, to try again, to cancel. */
  jobs: JobDesk
  directory: Directory
  cache: Cache
  eventLog: EventLog
  /** What services announced, where they wrote it down; whether it is read elsewhere, and somebody brings it there. */
  announced: { outboxes: EventLog; readElsewhere: boolean; isSent: OpenedEventLog['isSent'] }
  /** A further pool in the role of a service, beside the one it works with. The caller closes it. Default: at home. */
  open(service: string, options?: Partial<DatabaseOptions>, shard?: string): Database
  /** How shops are divided among databases. */
  division: Division
  /** Which bucket lies where; undefined on a single database. */
  shardMap: ShardMap | undefined
  /** A move of shops was found whose process was gone, and ended so before services started. */
  repaired: 'done' | 'undone' | undefined
  log: Logger
  metrics: MetricsRegistry
  clock: () => Date
  /** Contracts these services asked for that none of them serves. */
  unserved(): string[]
  /** To services in other processes, if there are any. */
  network: Network | undefined
  /** Finish what was accepted, then leave: nothing that was answered is lost. */
  stop(): Promise<void>
}

export type HouseOptions = {
  services: readonly ServiceDefinition[]
  env: Readonly<Record<string, string | undefined>>
  onProgress: Progress
  /** The embedded server died and did not come back. */
  onFatal: (error: Error) => void
  /** False: only look after the services; events are read and jobs run by other processes, or not now. */
  working?: boolean
  /** Told when events of a service were committed here: for readers in another process. */
  onEvents?: EventLog['wake']
  /** The way to services in other processes. Default: there are none. */
  network?: OpenNetwork
}

/** These services on their database in this process, calling each other in memory. No edge: see marketplace.ts. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { services, env, onProgress, onFatal, working, onEvents } = options
  const settings = parseEnv(env, appConfig)
  // Every fault is named before anything is started; the secret is not known yet, and may be made.
  configOf(services, { SOUK_SECRET: secretToCome, ...env })
  const log = createLogger({ level: settings.SOUK_LOG_LEVEL, service: 'souk', ...(working === false && onStderr) })
  const metrics = createMetrics()
  const clock = () => new Date()
  const network = options.network?.({ log, metrics, clock })
  const database = await prepareDatabase(
    {
      dataFolder: settings.SOUK_DATA,
      databaseUrl: settings.DATABASE_URL,
      shards: settings.SOUK_SHARDS,
      secret: settings.SOUK_SECRET,
      pooled: pooledBy[settings.SOUK_POOLER],
    },
    services,
    onProgress,
  )
  let stopping = false
  const opened: Database[] = []
  const addressOf = (service: string, shard: string) => {
    const found = database.shards.find(({ name }) => name === shard)
    if (found === undefined) throw new RangeError(`there is no shard ${shard}`)
    return found.urlFor(service)
  }
  const open: House['open'] = (service, options = {}, shard = homeShard) =>
    openDatabase({
      url: addressOf(service, shard),
      schema: service,
      pooled: database.pooled,
      maxConnections: settings.SOUK_CONNECTIONS,
      onError(error) {
        // While the house is closed, the server may be quicker than the farewell of an idle connection.
        if (!stopping) log.warn({ error, service }, 'a database connection broke')
      },
      ...options,
    })
  const databaseOf = (service: string, shard: string = homeShard): Database => {
    const db = open(service, {}, shard)
    opened.push(db)
    const where = shard === homeShard ? '' : `_${shard}`
    const on = shard === homeShard ? '' : ` on ${shard}`
    const gauge = (what: string, help: string, read: () => number) =>
      metrics.gauge(`souk_database_${service}${where}_${what}`, help, read)
    gauge('connections', `Open database connections of ${service}${on}.`, () => db.stats().open)
    gauge('waiting', `Requests of ${service}${on} waiting for one.`, () => db.stats().waiting)
    return db
  }
  let shardMap: ShardMap | undefined
  let alone: Awaited<ReturnType<typeof announceAlone>> | undefined
  let carried: OpenedEventLog | undefined
  let looked: LookedAfter | undefined
  let replicas: ReplicaSet | undefined
  let cache: Cache | undefined
  const closeDatabase = async () => {
    stopping = true
    await shardMap?.stop()
    await alone?.stop()
    await looked?.close()
    await carried?.close()
    await replicas?.close()
    await Promise.all(opened.map((db) => db.close()))
    await database.embedded?.stop()
  }
  database.embedded?.onExit(() => {
    if (!stopping) void reviveDatabase(database, log, onFatal)
  })
  try {
    const servicesEnv = { ...env, SOUK_SECRET: database.secret }
    const config = configOf(services, servicesEnv)
    const { directory, unserved } = countedDirectory(network)
    const names = database.shards.map(({ name }) => name)
    const mapDb = databaseOf(shardsSchema.service)
    const about = `${hostname()}:${process.pid}`
    if (names.length > 1) {
      await ensureShardMap(mapDb, names, database.isEmpty)
      shardMap = await followShardMap({ db: mapDb, shards: names, clock, log, about })
    } else alone = await announceAlone({ db: mapDb, shard: homeShard, clock, log, about, onFatal })
    const divided = new Set(allServices.filter((service) => service.divided).map(({ name }) => name))
    const division: Division = {
      shards: names,
      isDivided: (service) => divided.has(service),
      ...(shardMap !== undefined && { mapping: shardMap.mapping, forConsumer: shardMap.forConsumer }),
    }
    const readers = new Map(names.map((name) => [name, databaseOf(logRole, name)]))
    const outboxes = createPostgresLog([...readers].map(([name, db]) => ({ name, db })))
    carried = await openEventLog({
      env,
      secret: database.secret,
      pooled: database.pooled,
      outboxes,
      shards: database.shards,
      readerOf: (shard) => readers.get(shard) as Database,
      openRelay: (shard) => databaseOf(relayService, shard),
      log,
      clock,
    })
    const announced = { outboxes, readElsewhere: carried.eventLog !== outboxes, isSent: carried.isSent }
    if (!announced.readElsewhere && working !== false)
      looked = lookedAfter(
        outboxes,
        [...readers].map(([name, db]) => {
          const sources = announcersOn(name)
          return { sources, looks: createOutboxLooks(db, sources) }
        }),
      )
    const ownLog = looked?.log ?? carried.eventLog
    const eventLog = onEvents === undefined ? ownLog : alsoTelling(ownLog, onEvents)
    const ownJobs = {
      url: database.migrated.urlFor(jobsSchema.service),
      pooled: database.pooled,
      db: databaseOf(jobsSchema.service),
    }
    const jobs = openJobDesk(ownJobs)
    cache = await openCache({
      metrics,
      log,
      ...(settings.SOUK_REDIS_URL !== undefined && {
        redis: { url: settings.SOUK_REDIS_URL, prefix: settings.SOUK_REDIS_PREFIX },
      }),
    })
    if (settings.SOUK_REPLICAS !== undefined)
      replicas = openReplicas({
        replicas: settings.SOUK_REPLICAS,
        lagLimitMs: settings.SOUK_REPLICA_LAG_MS,
        shards: names,
        primaryOf: (shard) => databaseOf(logRole, shard),
        addressFor: (url, service) =>
          database.migrated.rolesSeparated
            ? urlForRole(url, service === logRole ? logRole : roleOf(service), database.secret)
            : url,
        maxConnections: settings.SOUK_CONNECTIONS,
        pooled: database.pooled,
        log,
        metrics,
      })
    const mover = { division, eventLog, announced, database, clock, open }
    const repaired = shardMap && (await untilShardsAreOpen(mover, shardMap, onProgress))
    const running = await bootServices({
      services,
      databaseOf,
      ...(replicas !== undefined && { listsOf: replicas.listsOf }),
      division,
      eventLog,
      directory,
      env: servicesEnv,
      clock,
      log,
      metrics,
      complete: services.length === allServices.length,
      jobs: ownJobs,
      cache,
      ...(working !== undefined && { working }),
    })
    const mended =
      shardMap === undefined || working === false ? undefined : finishLeftMoves({ running, ...mover }, shardMap, log)
    const stop = async () => {
      await mended?.stop()
      await running.stop()
      await jobs.close()
      network?.close()
      await cache?.close()
      await closeDatabase()
    }
    const parts = {
      config,
      settings,
      database,
      running,
      jobs,
      directory,
      cache,
      eventLog,
      announced,
      open,
      log,
      metrics,
      clock,
      network,
      division,
      shardMap,
      repaired,
    }
    return { ...parts, unserved, stop }
  } catch (error) {
    network?.close()
    await cache?.close()
    await closeDatabase()
    throw error
  }
}

/** A directory that remembers which contracts were asked for, and which are served. */
function countedDirectory(network: Network | undefined) {
  const wanted = new Set<string>()
  const served = new Set<string>()
  const counted = (directory: Directory): Directory => ({
    client(service) {
      wanted.add(service.typeName)
      return directory.client(service)
    },
    serve(handlers, services) {
      for (const { typeName } of services) served.add(typeName)
      directory.serve(handlers, services)
    },
    as: (caller) => counted(directory.as(caller)),
  })
  return {
    directory: counted(createDirectory(network?.ways)),
    unserved: () => [...wanted].filter((name) => !served.has(name) && !network?.reaches(name)).sort(),
  }
}

const alsoTelling = (log: EventLog, onEvents: EventLog['wake']): EventLog => ({
  ...log,
  wake(source, rows) {
    log.wake(source, rows)
    onEvents(source, rows)
  },
})

/** As long as a real one. */
const secretToCome = 'x'.repeat(32)

/** Whoever only looks after things prints results; what services log must not get among them. */
const onStderr = { destination: { write: (line: string) => void process.stderr.write(line) } }

/** A server killed by the system comes back by itself; what was committed is there, and callers were told to wait. */
async function reviveDatabase(database: ReadyDatabase, log: Logger, onFatal: (error: Error) => void): Promise<void> {
  log.error({}, 'the embedded PostgreSQL ended unexpectedly; starting it again')
  try {
    await database.embedded?.restart('fast')
  } catch (error) {
    onFatal(error as Error)
  }
}

import { createPostgresLog, type EventLog } from '@souk/events'
import { createHttpServer, type HttpServer } from '@souk/http'
import { type Database, isReachable, logRole, openDatabase } from '@souk/postgres'
import { createDirectory, type Directory } from '@souk/rpc'
import {
  bootServices,
  configOf,
  homeShard,
  parseEnv,
  type RunningServices,
  type ServiceDefinition,
} from '@souk/service'
import { createLogger, createMetrics, type Logger } from '@souk/telemetry'
import { appConfig } from './config.ts'
import { type Progress, prepareDatabase, type ReadyDatabase } from './database.ts'
import { servePictures } from './pictures.ts'
import { createVerifiers } from './verifiers.ts'

export type Marketplace = {
  /** Where the shop API is: "http://127.0.0.1:7700". */
  url: string
  database: ReadyDatabase
  running: RunningServices
  directory: Directory
  eventLog: EventLog
  http: HttpServer
  log: Logger
  /** Finish what was accepted, then leave: nothing that was answered is lost. */
  stop(): Promise<void>
}

export type StartOptions = {
  services: readonly ServiceDefinition[]
  env: Readonly<Record<string, string | undefined>>
  onProgress: Progress
  /** The embedded server died and did not come back. */
  onFatal: (error: Error) => void
}

/** One process with these services, its edges and its database: the composition of the laptop. */
export async function startMarketplace({ services, env, onProgress, onFatal }: StartOptions): Promise<Marketplace> {
  const settings = parseEnv(env, appConfig)
  configOf(services, env) // every fault is named before anything is started
  const log = createLogger({ level: settings.SOUK_LOG_LEVEL, service: 'souk' })
  const metrics = createMetrics()
  const database = await prepareDatabase(
    { dataFolder: settings.SOUK_DATA, databaseUrl: settings.DATABASE_URL, secret: settings.SOUK_SECRET },
    services,
    onProgress,
  )
  const opened: Database[] = []
  const open = (service: string): Database => {
    const db = openDatabase({
      url: database.migrated.urlFor(service),
      schema: service,
      maxConnections: settings.SOUK_CONNECTIONS,
      onError: (error) => log.warn({ error, service }, 'a database connection broke'),
    })
    opened.push(db)
    metrics.gauge(
      `souk_database_${service}_connections`,
      `Open database connections of ${service}.`,
      () => db.stats().open,
    )
    metrics.gauge(
      `souk_database_${service}_waiting`,
      `Requests of ${service} waiting for one.`,
      () => db.stats().waiting,
    )
    return db
  }
  const closeDatabase = async () => {
    await Promise.all(opened.map((db) => db.close()))
    await database.embedded?.stop()
  }
  let stopping = false
  database.embedded?.onExit(() => {
    if (!stopping) void reviveDatabase(database, log, onFatal)
  })
  try {
    const clock = () => new Date()
    const directory = createDirectory()
    const eventLog = createPostgresLog([{ name: homeShard, db: open(logRole) }])
    const running = await bootServices({
      services,
      databaseOf: open,
      eventLog,
      directory,
      env: { ...env, SOUK_SECRET: database.secret },
      clock,
      log,
      metrics,
    })
    const verifiers = createVerifiers(directory, clock, log)
    const sheds = running.services.flatMap(({ parts }) => parts.sheds ?? [])
    const http = createHttpServer({
      ...verifiers,
      routes: running.services.flatMap(({ parts }) => parts.routes ?? []),
      clock,
      log,
      metrics,
      info: { title: 'Souk', version: '0.1.0', description: 'Many shops under one roof. Nothing is sold twice.' },
      limits: {
        perAddress: settings.SOUK_ADDRESS_PER_MINUTE,
        perAccount: settings.SOUK_ACCOUNT_PER_MINUTE,
        perApiKey: settings.SOUK_API_KEY_PER_MINUTE,
      },
      errors: services.map((service) => service.errors),
      admission(method, path) {
        for (const shed of sheds) {
          if (shed.method !== method || !path.startsWith(shed.prefix)) continue
          const retryAfterSeconds = shed.refusing()
          if (retryAfterSeconds !== undefined) return { retryAfterSeconds }
        }
        return undefined
      },
      health: Object.fromEntries(
        running.services.map(({ definition, db }) => [definition.name, () => isReachable(db)]),
      ),
      ...(settings.SOUK_TRUST_PROXY > 0 && { trustProxy: settings.SOUK_TRUST_PROXY }),
      extra: servePictures,
    })
    const { url } = await http.listen({ host: settings.SOUK_HOST, port: settings.SOUK_PORT })
    return {
      url,
      database,
      running,
      directory,
      eventLog,
      http,
      log,
      async stop() {
        stopping = true
        verifiers.stop()
        await http.close()
        await running.stop()
        await closeDatabase()
      },
    }
  } catch (error) {
    stopping = true
    await closeDatabase()
    throw error
  }
}

/** A server killed by the system comes back by itself; what was committed is there, and callers were told to wait. */
async function reviveDatabase(database: ReadyDatabase, log: Logger, onFatal: (error: Error) => void): Promise<void> {
  log.error({}, 'the embedded PostgreSQL ended unexpectedly; starting it again')
  try {
    await database.embedded?.restart('fast')
  } catch (error) {
    onFatal(error as Error)
  }
}

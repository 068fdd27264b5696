import { createOutbox, type EventLog, type RunningConsumer, runConsumer } from '@souk/events'
import { createShards, type Database } from '@souk/postgres'
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
  /** The service's own schema, in its own role. */
  databaseOf(service: string): Database
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
  /**
   * Where work for later is kept: address and database in the role of the jobs. Without it nothing is taken from queues,
   * and every process runs what comes by the clock by itself.
   */
  jobs?: { url: string; db: Database }
}

export type RunningService = { definition: ServiceDefinition; db: Database; parts: ServiceParts }

export type RunningServices = {
  services: readonly RunningService[]
  consumers: readonly RunningConsumer[]
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
  const { clock, metrics, directory, eventLog } = options
  const config = configOf(options.services, options.env)
  const running: RunningService[] = []
  for (const definition of options.services) {
    const db = options.databaseOf(definition.name)
    const parts = await definition.start({
      config: config as never,
      db,
      shards: createShards([{ name: homeShard, db }]),
      outbox: createOutbox({ wake: () => eventLog.wake(definition.name) }),
      clock,
      log: options.log.child({ service: definition.name }),
      metrics,
      directory: directory.as(definition.name),
      work: createWork(definition.name, clock),
    })
    if (parts.rpc !== undefined) directory.serve(parts.rpc.handlers, parts.rpc.services)
    running.push({ definition, db, parts })
  }
  const workers = (options.working ?? true) ? running : []
  const consumers = workers.flatMap(({ db, parts }) =>
    (parts.consumers ?? []).map((consumer) =>
      runConsumer({ consumer, log: eventLog, db, shard: homeShard, logger: options.log, clock, metrics }),
    ),
  )
  const kept = workers.map(({ definition, db, parts }) => ({ name: definition.name, db, parts }))
  const all = options.complete ? kept : undefined
  const tended = kept.map((service) => ({
    ...service,
    jobs: [...(service.parts.jobs ?? []), ...housekeepingJobs(service, all, homeShard, clock)],
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
    async stop() {
      deadLetters.stop()
      await Promise.all([...ticking.map((runner) => runner.stop()), workPlace?.stop()])
      for (const { parts } of running.toReversed()) await parts.stop?.()
      await Promise.all(consumers.map((consumer) => consumer.stop()))
    },
  }
}

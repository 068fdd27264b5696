import type { Database, Pooled } from '@souk/postgres'
import type { Logger, Metrics } from '@souk/telemetry'
import type { PgBoss } from 'pg-boss'
import type { Job, ServiceParts } from './define.ts'
import { openLibrary } from './library.ts'
import { type RunningQueues, runQueues } from './run-queues.ts'
import { isScheduled, runSchedules, scheduleQueue } from './schedules.ts'
import { type QueueFigures, queueFigures, sweepProgress } from './work.sql.ts'

type Worker = { name: string; db: Database; parts: ServiceParts; jobs: readonly Job[] }

export type WorkPlace = {
  /** Resolves once work is taken. */
  ready(): Promise<void>
  /** Nothing new is begun; what is under way has ten seconds, and comes again if they do not do. */
  stop(): Promise<void>
}

/**
 * All queues and schedules of these services in this process, on one instance of the library. Opened behind the start,
 * and again until it works: nothing waits for it.
 */
export function openWorkPlace(options: {
  url: string
  /** The address is that of a pooler in transaction mode. */
  pooled?: Pooled
  /** In the role of the jobs; stays the caller's. */
  db: Database
  services: readonly Worker[]
  log: Logger
  metrics: Metrics
  superviseSeconds?: number
}): WorkPlace {
  const { url, pooled = false, db, services, log, metrics, superviseSeconds } = options
  const stops: { stop(): void }[] = []
  let boss: PgBoss | undefined
  let stopping = false
  let wake: (() => void) | undefined

  async function open(): Promise<void> {
    const onError = (error: unknown) => {
      if (!stopping) log.warn({ err: error }, 'the job library met a difficulty')
    }
    boss = await openLibrary({
      url,
      pooled,
      working: true,
      onError,
      ...(superviseSeconds !== undefined && { superviseSeconds }),
    })
    const queues = services.flatMap(({ name, db: own, parts, jobs }) => {
      const scheduled = jobs.filter(isScheduled)
      return [...(parts.queues ?? []), ...(scheduled.length > 0 ? [scheduleQueue(name, own, scheduled)] : [])]
    })
    const running: RunningQueues = await runQueues({ boss, db, log, metrics }, queues)
    stops.push(running)
    for (const { name, jobs } of services) {
      const scheduled = jobs.filter(isScheduled)
      if (scheduled.length > 0) stops.push(await runSchedules({ boss, db, log }, name, scheduled))
    }
    await sweepProgress(db.autocommit)
  }

  async function insist(): Promise<void> {
    // oxlint-disable-next-line no-unmodified-loop-condition -- stop() sets it
    for (let waitMs = 500; !stopping; waitMs = Math.min(30_000, waitMs * 2))
      try {
        return await open()
      } catch (error) {
        log.error({ err: error, waitMs }, 'work for later cannot be taken up yet, and is tried again')
        for (const each of stops.splice(0)) each.stop()
        await boss?.stop({ graceful: false }).catch(() => {})
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
  }

  const opening = insist()
  const watching = watchQueues(db, metrics)
  return {
    ready: () => opening,
    async stop() {
      stopping = true
      wake?.()
      watching.stop()
      await opening
      for (const each of stops.splice(0)) each.stop()
      await boss?.stop({ graceful: true, timeout: 10_000 })
    },
  }
}

const watchEveryMs = 15_000

function watchQueues(db: Database, metrics: Metrics): { stop(): void } {
  let figures: readonly QueueFigures[] = []
  const gauge = (name: string, help: string, read: (one: QueueFigures) => number) =>
    metrics.gauge(name, help, () => figures.map((one) => ({ labels: { queue: one.queue }, value: read(one) })), [
      'queue',
    ])
  gauge('souk_jobs_waiting', 'Jobs that wait, those for later too.', (one) => one.waiting)
  gauge('souk_jobs_running', 'Jobs being carried out.', (one) => one.active)
  gauge('souk_jobs_failed', 'Jobs that were given up on and wait for a person.', (one) => one.failed)
  gauge(
    'souk_jobs_oldest_seconds',
    'How long the job that has been due for longest waits.',
    (one) => one.oldestDueSeconds,
  )
  let known = new Set<string>()
  const look = async () => {
    const found = await queueFigures(db.autocommit)
    // A queue that was emptied says 0, and does not fall silent.
    const now = new Set(found.map(({ queue }) => queue))
    const empty = [...known].filter((queue) => !now.has(queue))
    known = new Set([...known, ...now])
    figures = [...found, ...empty.map((queue) => ({ queue, waiting: 0, active: 0, failed: 0, oldestDueSeconds: 0 }))]
  }
  // A database that is away is told of elsewhere; the figures stay what they were.
  const timer = setInterval(() => void look().catch(() => {}), watchEveryMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

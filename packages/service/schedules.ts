import { type Database, uuidv7 } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import type { PgBoss } from 'pg-boss'
import type { Job } from './define.ts'
import { underJobLock } from './job-lock.ts'
import type { Queue } from './work.ts'
import { ensureQueue } from './work.sql.ts'

/** What comes less often than this goes through the library: once a period, however many processes there are. */
export const leastScheduleMs = 60_000
export const isScheduled = (job: Job): boolean => job.everyMs >= leastScheduleMs

const daySeconds = 86_400

export const scheduleQueueOf = (service: string): string => `${service}.schedules`

/** The queue in which a service's schedules come round. The lock is what keeps a run alone; see job-lock.ts. */
export const scheduleQueue = (service: string, db: Database, jobs: readonly Job[]): Queue => ({
  name: scheduleQueueOf(service),
  concurrency: 2,
  async run(payload, { signal }) {
    const { schedule } = payload as { schedule: string }
    const job = jobs.find(({ name }) => name === schedule)
    if (job === undefined) return { skipped: 'this release has no such schedule' }
    const startedAt = performance.now()
    if (!(await underJobLock(db, job.name, () => job.run(signal)))) return { skipped: 'it is under way elsewhere' }
    return { tookMs: Math.round(performance.now() - startedAt) }
  },
})

/**
 * Ask for a run of each schedule once a period. Every process asks; the library keeps one request for a period and key,
 * by the database's clock. Asked at once too: after a start, what was due meanwhile is made up for.
 */
export async function runSchedules(
  { boss, db, log }: { boss: PgBoss; db: Database; log: Logger },
  service: string,
  jobs: readonly Job[],
): Promise<{ stop(): void }> {
  const queue = scheduleQueueOf(service)
  const timers = new Set<NodeJS.Timeout>()
  let stopped = false
  if (jobs.length > 0) await ensureQueue(db.autocommit, queue)

  const ask = async (job: Job) => {
    const seconds = Math.round(job.everyMs / 1_000)
    try {
      await boss.send(
        queue,
        { schedule: job.name },
        {
          // In the order of time, as those of services are: the newest are listed first.
          id: uuidv7(Date.now()),
          singletonKey: job.name,
          singletonSeconds: seconds,
          deleteAfterSeconds: Math.max(daySeconds, 2 * seconds),
        },
      )
    } catch (error) {
      if (!stopped) log.warn({ err: error, schedule: job.name }, 'a schedule could not be asked for; next period again')
    }
  }
  const plan = (job: Job) => {
    const now = Date.now()
    // Behind the turn of the period by a twentieth to a seventh: not all at once, and not before it is over for a
    // database whose clock is a little behind ours.
    const inMs = (Math.floor(now / job.everyMs) + 1 + 0.05 + Math.random() * 0.1) * job.everyMs - now
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        void ask(job)
        plan(job)
      },
      Math.min(inMs, 2 ** 31 - 1),
    )
    timer.unref()
    timers.add(timer)
  }
  for (const job of jobs) {
    await ask(job)
    plan(job)
  }
  return {
    stop() {
      stopped = true
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

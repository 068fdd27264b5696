import type { Database } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import type { Job } from './define.ts'
import { underJobLock } from './job-lock.ts'

/**
 * Each job holds a connection for its lock and works on another: all of a service's at once, as after a start, could take
 * every connection of its pool and then wait for one more. Two leave one for work in the smallest pool, of three.
 */
const atOnce = 2

/** Run jobs by the clock of this process, the first time soon after the start; never two of a name at once anywhere. */
export function runJobs(db: Database, jobs: readonly Job[], log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const underWay = new Set<Promise<void>>()
  const queue: (() => void)[] = []
  let running = 0
  const timers = new Set<NodeJS.Timeout>()

  async function runOnce(job: Job): Promise<void> {
    while (running >= atOnce) await new Promise<void>((resolve) => queue.push(resolve))
    running += 1
    try {
      if (stopping.signal.aborted || (job.isDue !== undefined && !(await job.isDue()))) return
      await underJobLock(db, job.name, () => job.run(stopping.signal))
    } catch (error) {
      log.warn({ job: job.name, error }, 'a job failed; it will be run again')
    } finally {
      running -= 1
      queue.shift()?.()
    }
  }

  function schedule(job: Job, inMs: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      const run = runOnce(job).finally(() => {
        underWay.delete(run)
        // ±10 %: processes started together do not all ask for the lock at the same instant for ever.
        if (!stopping.signal.aborted) schedule(job, job.everyMs * (0.9 + Math.random() * 0.2))
      })
      underWay.add(run)
    }, inMs)
    timers.add(timer)
  }

  for (const job of jobs) schedule(job, Math.min(1_000, job.everyMs))
  return {
    async stop() {
      stopping.abort()
      for (const timer of timers) clearTimeout(timer)
      await Promise.all(underWay)
    },
  }
}

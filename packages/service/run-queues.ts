import { DomainError } from '@souk/errors'
import type { Database } from '@souk/postgres'
import type { Logger, Metrics } from '@souk/telemetry'
import type { JobWithMetadata, PgBoss } from 'pg-boss'
import type { Queue } from './work.ts'
import { ensureQueue, queuesDue, saveProgress } from './work.sql.ts'

/** The library looks for work when it is told of some; this is for what it was not told of, and needs no connection kept. */
const lookEveryMs = 1_000
/** Its own looks, should ours fail. */
const pollSeconds = 300

type Given = {
  boss: PgBoss
  /** In the role of the jobs. */
  db: Database
  log: Logger
  metrics: Metrics
}

export type RunningQueues = { stop(): void }

/**
 * Take work from these queues, whoever else does. Stop the library afterwards: it waits for what is under way.
 */
export async function runQueues({ boss, db, log, metrics }: Given, queues: readonly Queue[]): Promise<RunningQueues> {
  const stopping = new AbortController()
  const done = metrics.counter('souk_jobs_done_total', 'Jobs that were carried out.', ['queue'])
  const failures = metrics.counter('souk_jobs_failures_total', 'Attempts at jobs that failed.', ['queue'])
  const workers = new Map<string, string[]>()

  async function carryOut(queue: Queue, job: JobWithMetadata<{ value?: unknown }>) {
    const lost = new AbortController()
    const id = job.sourceRootId ?? job.id
    try {
      const output = await queue.run(job.data, {
        id,
        attempt: job.retryCount + 1,
        signal: AbortSignal.any([job.signal, stopping.signal, lost.signal]),
        progress: onceASecond(async (percent, note) => {
          const row = { queue: queue.name, rowId: job.id, jobId: id, percent, note: note?.slice(0, 500) ?? null }
          // It was cancelled, or another process has it: what is done from now on counts for nothing.
          if (!(await saveProgress(db.autocommit, row))) lost.abort(new Error('the job is not ours any more'))
        }),
      })
      done.inc({ queue: queue.name })
      return [{ id: job.id, status: 'completed' as const, ...(output !== undefined && { output }) }]
    } catch (error) {
      failures.inc({ queue: queue.name })
      const final = isFinal(error)
      const said = { err: error, queue: queue.name, job: id, attempt: job.retryCount + 1 }
      const last = final || job.retryCount >= job.retryLimit
      if (last) log.error(said, 'a job failed for good')
      else log.warn(said, 'a job failed and will be tried again')
      const cause = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      return [
        {
          id: job.id,
          status: final ? ('deadletter' as const) : ('failed' as const),
          output: { cause: cause.slice(0, 2_000) },
        },
      ]
    }
  }

  for (const queue of queues) {
    await ensureQueue(db.autocommit, queue.name)
    const each = { batchSize: 1, includeMetadata: true, perJobResults: true } as const
    const waits = { pollingIntervalSeconds: pollSeconds, notifyPollingIntervalSeconds: pollSeconds }
    const ids: string[] = []
    for (let count = queue.concurrency ?? 1; count > 0; count -= 1) {
      let worker = ''
      worker = await boss.work<object, object, typeof each & typeof waits>(
        queue.name,
        { ...each, ...waits },
        async ([job]) => {
          if (job === undefined) return []
          const settled = await carryOut(queue, job)
          // Where there was one there may be more: it looks again at once instead of at its next turn.
          boss.notifyWorker(worker)
          return settled as never
        },
      )
      ids.push(worker)
    }
    workers.set(queue.name, ids)
  }

  // Work for later, and what is tried again, is due at a time nobody announces: one statement a second finds it,
  // however many queues there are.
  let looking = false
  const look = async () => {
    if (looking || workers.size === 0) return
    looking = true
    try {
      for (const name of await queuesDue(db.autocommit, [...workers.keys()]))
        for (const id of workers.get(name) ?? []) boss.notifyWorker(id)
    } catch {
      // The database is away: told of elsewhere.
    } finally {
      looking = false
    }
  }
  const timer = setInterval(() => void look(), lookEveryMs)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      stopping.abort(new Error('this process is about to end'))
    },
  }
}

/** The same will be said every time: no use in repeating. */
const isFinal = (error: unknown): boolean =>
  error instanceof DomainError && [400, 401, 403, 404, 409, 422].includes(error.row.status)

/** The first call and the last are always made; between them as many as fit. */
function onceASecond(write: (percent: number, note?: string) => Promise<void>) {
  let writtenAtMs = Number.NEGATIVE_INFINITY
  return async (percent: number, note?: string): Promise<void> => {
    const whole = Math.min(100, Math.max(0, Math.floor(percent)))
    const now = performance.now()
    if (whole < 100 && now - writtenAtMs < 1_000) return
    writtenAtMs = now
    await write(whole, note)
  }
}

import type { Database } from '@souk/postgres'
import type { PgBoss } from 'pg-boss'
import { openLibrary } from './library.ts'
import { findJob, type JobFilter, type JobRow, selectJobs } from './work.sql.ts'

/** What became of an order given about a job: the job as it is now, and whether the order could be carried out. */
export type Ordered = { job: JobRow; done: boolean }

/** Looking at jobs and giving orders about single ones, in any process. Undefined: there is no such job, or not any more. */
export type JobDesk = {
  /** The newest first. */
  list(filter: JobFilter): Promise<JobRow[]>
  show(id: string): Promise<JobRow | undefined>
  /** Try a failed one again, with all its attempts. Not done: it has not failed, or one with its key waits meanwhile. */
  retry(id: string): Promise<Ordered | undefined>
  /** What runs is told by its signal, and its result counts for nothing. Not done: it has ended. */
  cancel(id: string): Promise<Ordered | undefined>
  close(): Promise<void>
}

/** @param db in the role of the jobs; stays the caller's. @param url of the same role. */
export function openJobDesk({ db, url }: { db: Database; url: string }): JobDesk {
  // Looking needs no library; it is opened with the first order.
  let opened: Promise<PgBoss> | undefined
  const library = async () => {
    opened ??= openLibrary({ url, working: false, onError: () => {} })
    try {
      return await opened
    } catch (error) {
      opened = undefined
      throw error
    }
  }
  const show = (id: string) => findJob(db.autocommit, id)
  const after = async (job: JobRow, done: boolean): Promise<Ordered> => ({ job: (await show(job.id)) ?? job, done })

  return {
    list: (filter) => selectJobs(db.autocommit, filter),
    show,
    async retry(id) {
      const job = await show(id)
      if (job === undefined || job.state !== 'failed') return job && { job, done: false }
      const boss = await library()
      if (job.dead) return await after(job, (await boss.redrive(job.row.queue, { ids: [job.row.id] })) === 1)
      await boss.retry(job.row.queue, job.row.id)
      return await after(job, true)
    },
    async cancel(id) {
      const job = await show(id)
      if (job === undefined || job.state === 'completed' || job.state === 'cancelled')
        return job && { job, done: false }
      await (await library()).cancel(job.row.queue, job.row.id)
      return await after(job, true)
    },
    async close() {
      await (await opened?.catch(() => undefined))?.stop({ graceful: false })
    },
  }
}

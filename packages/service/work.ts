import { type Tx, uuidv7 } from '@souk/postgres'
import type { Clock } from './define.ts'
import { insertJobs } from './work.sql.ts'

export type EnqueueOptions = {
  /** Not before so many milliseconds from now. Default 0. */
  startAfterMs?: number
  /** The higher, the sooner. Default 0. */
  priority?: number
  /** While a job with this key waits in the queue, no other one with it is added. */
  key?: string
  /** Tried so often, 1 s doubling to 60 s between, before it waits for a person. Default 5. */
  attempts?: number
}

/** Puts work for later into a service's own queues. */
export type Work = {
  /**
   * In the caller's transaction: there is a job if and only if it commits. `payload` becomes JSON, 64 KB at most.
   * @returns its id, or undefined when one with this key waits already.
   */
  enqueue(tx: Tx, queue: string, payload: unknown, options?: EnqueueOptions): Promise<string | undefined>
  /** Many at once: one statement, however many. Resolves to the ids of those added. */
  enqueueAll(
    tx: Tx,
    queue: string,
    jobs: readonly { payload: unknown; key?: string }[],
    options?: Omit<EnqueueOptions, 'key'>,
  ): Promise<string[]>
}

/** What a service does with work that was put off. */
export type Queue = {
  /** "notifications.send": the service, then what is done. Lower-case words with hyphens. */
  name: string
  /** Jobs at once in one process. Default 1. */
  concurrency?: number
  /**
   * Do it. May be called again for the same job, after a failure or when the process died: it must do no harm. Throwing
   * has it tried again; a DomainError that will be the same every time (validation, permission, conflict) has not. What
   * it resolves to is kept with the job for a week.
   */
  run(payload: unknown, job: RunningJob): Promise<unknown>
}

export type RunningJob = {
  readonly id: string
  /** 1 for the first. */
  readonly attempt: number
  /** Whole percent, seen by operators. Written once a second at most. */
  progress(percent: number, note?: string): Promise<void>
  /** The job was cancelled, or given to another process, or this one is about to end. */
  readonly signal: AbortSignal
}

const largestBytes = 65_536

export function createWork(service: string, clock: Clock): Work {
  const enqueueAll: Work['enqueueAll'] = async (tx, queue, jobs, options = {}) => {
    const { startAfterMs = 0, priority = 0, attempts = 5 } = options
    if (!queue.startsWith(`${service}.`)) throw new RangeError(`${service} puts work into its own queues, not ${queue}`)
    if (jobs.length === 0) return []
    const now = clock().getTime()
    const rows = jobs.map(({ payload, key }, index) => ({
      // The bits behind the time count, so that jobs of one call are in its order.
      id: uuidv7(now, index % 4096),
      data: payload ?? null,
      key,
    }))
    const large = rows.find(({ data }) => Buffer.byteLength(JSON.stringify(data)) > largestBytes)
    if (large !== undefined) throw new RangeError(`a job for ${queue} is larger than 64 KB: store it and pass its id`)
    return await insertJobs(tx, queue, rows, { startAfterMs, priority, attempts })
  }
  return {
    enqueueAll,
    async enqueue(tx, queue, payload, options = {}) {
      const { key, ...rest } = options
      return (await enqueueAll(tx, queue, [{ payload, ...(key !== undefined && { key }) }], rest))[0]
    },
  }
}

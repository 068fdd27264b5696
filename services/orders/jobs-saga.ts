import type { Shards } from '@souk/postgres'
import type { Job } from '@souk/service'
import type { Logger } from '@souk/telemetry'
import { continueSagas } from './continue-saga.ts'
import type { SagaDeps } from './run-saga.ts'
import { purgeSteps } from './steps.sql.ts'
import { stepLifeMs, watchSagas } from './watch-sagas.ts'

export type SagaJobDeps = Omit<SagaDeps, 'meters'> & {
  shards: Shards
  log: Logger
  meters: SagaDeps['meters'] & { setCounts(counts: { stuck: number; waiting: number }): void }
}

export type SagaContinuer = {
  /** Until nothing is due, or after the round under way once `stopping` aborts: while a service is away, something always is. */
  drain(stopping?: AbortSignal): Promise<void>
  wake(): void
  /** After the round under way. */
  stop(): Promise<void>
}

/** Goes on with what is due, until nothing is. Asked again while it is at work it looks once more, and never twice at a time. */
export function sagaContinuer(deps: SagaJobDeps): SagaContinuer {
  const stopped = new AbortController()
  let told: AbortSignal | undefined
  const isOver = () => stopped.signal.aborted || told?.aborted
  let working: Promise<void> | undefined
  let again = false
  async function work(): Promise<void> {
    do {
      again = false
      for (const { db } of deps.shards.all()) while (!isOver() && (await continueSagas({ ...deps, db })) > 0);
    } while (again && !isOver())
  }
  const drain = (stopping?: AbortSignal): Promise<void> => {
    told = stopping ?? told
    again = true
    working ??= work().finally(() => {
      working = undefined
    })
    return working
  }
  return {
    drain,
    wake: () => void drain().catch((error: unknown) => deps.log.warn({ error }, 'sagas could not be continued')),
    async stop() {
      stopped.abort()
      await working?.catch(() => {}) // told of where it was asked for
    },
  }
}

export const sagaJobs = (deps: SagaJobDeps, continuer: SagaContinuer): Job[] => [
  { name: 'orders.continue-sagas', everyMs: 1_000, run: (stopping) => continuer.drain(stopping) },
  {
    name: 'orders.watch-sagas',
    everyMs: 15_000,
    async run() {
      const counts = { stuck: 0, waiting: 0 }
      for (const { db } of deps.shards.all()) {
        const { stuck, waiting } = await watchSagas({ ...deps, db })
        counts.stuck += stuck
        counts.waiting += waiting
      }
      deps.meters.setCounts(counts)
    },
  },
  {
    name: 'orders.purge-steps',
    everyMs: 3_600_000,
    async run() {
      for (const { db } of deps.shards.all())
        while ((await purgeSteps(db.autocommit, new Date(deps.clock().getTime() - stepLifeMs), 5_000)) > 0);
    },
  },
]

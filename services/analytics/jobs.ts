import type { Job } from '@souk/service'
import { closeDays, type CountDeps, countSlots } from './count-sold.ts'
import { tend } from './counting.sql.ts'
import { dayMs, dayName, dayOf } from './slots.ts'

export type TendDeps = CountDeps & { sumsKeptDays: number }

/** Partitions ahead of time, and nothing kept longer than it should. */
export async function tendDays({ db, clock, keptDays, sumsKeptDays }: TendDeps): Promise<void> {
  const today = dayOf(clock().getTime())
  const ago = (days: number) => dayName(today - days * dayMs)
  await db.transaction((tx) => tend(tx, dayName(today), ago(keptDays), ago(sumsKeptDays)))
}

export const analyticsJobs = (deps: TendDeps & { onCounted(until: Date): void }): Job[] => [
  {
    name: 'analytics.count',
    everyMs: 60_000,
    async run() {
      deps.onCounted(await countSlots(deps))
      await closeDays(deps)
    },
  },
  { name: 'analytics.tend-partitions', everyMs: 3_600_000, run: () => tendDays(deps) },
]

import type { Job } from '@souk/service'
import { countWaiting } from './deliveries.sql.ts'
import { tendPartitions } from './messages.sql.ts'
import { type SendDeps, sendDue, type Way } from './send-due.ts'

const dayMs = 86_400_000
/** A run holds its lock for so long at most; then another process may have its turn. */
const runForMs = 5_000

export const messageJobs = (deps: SendDeps & { ways: () => Promise<readonly Way[]>; keptDays: number }): Job[] => [
  ...(deps.open.size === 0
    ? []
    : [
        {
          name: 'notifications.send',
          everyMs: 250,
          async run() {
            const untilMs = deps.clock().getTime() + runForMs
            await Promise.all((await deps.ways()).map((way) => sendDue(deps, way, untilMs)))
          },
        },
      ]),
  {
    name: 'notifications.count',
    everyMs: 15_000,
    async run() {
      const rows = await countWaiting(deps.db.autocommit)
      const sum = (of: (state: string) => boolean) =>
        rows.reduce((total, row) => total + (of(row.state) ? row.messages : 0), 0)
      deps.meters.standing({ waiting: sum((state) => state !== 'failed'), failed: sum((state) => state === 'failed') })
    },
  },
  {
    name: 'notifications.tend-partitions',
    everyMs: 3_600_000,
    async run() {
      const now = deps.clock()
      const keepFrom = new Date(now.getTime() - deps.keptDays * dayMs)
      await deps.db.transaction((tx) => tendPartitions(tx, now, keepFrom))
    },
  },
]

import type { Job } from '@souk/service'
import { deleteExpired } from './carts.sql.ts'
import { deleteOldCheckouts } from './checkouts.sql.ts'
import { deleteWindowsOver } from './offers.sql.ts'
import { type SettleDeps, takeUpDue } from './settle-checkout.ts'

const dayMs = 86_400_000
const perStatement = 2_000
const checkoutsKeptMs = 30 * dayMs

async function inPieces(remove: (limit: number) => Promise<number>): Promise<void> {
  while ((await remove(perStatement)) === perStatement);
}

export const cartJobs = (deps: SettleDeps): Job[] => [
  { name: 'carts.carry-on-checkouts', everyMs: 1_000, run: () => takeUpDue(deps) },
  {
    name: 'carts.expire',
    everyMs: 3_600_000,
    async run() {
      const now = deps.clock()
      const tx = deps.db.autocommit
      await inPieces((limit) => deleteExpired(tx, now, limit))
      await inPieces((limit) => deleteOldCheckouts(tx, new Date(now.getTime() - checkoutsKeptMs), limit))
      await deleteWindowsOver(tx, new Date(now.getTime() - dayMs))
    },
  },
]

import type { Job } from '@souk/service'
import { isAnythingDue } from './due.sql.ts'
import { forgetSales } from './facts.sql.ts'
import { goOnRebuilding, remarkShops } from './rebuild.ts'
import { checkAvailability, checkedAtOnce, type IndexDeps, readCategories, writeDue } from './write-due.ts'

const dayMs = 86_400_000

/**
 * One after the other, by one process at a time: nothing is asked twice, and a rebuild never writes what it read before an
 * event took it away. As long as there is something to do, 20 rounds at most.
 */
export async function catchUp(deps: IndexDeps): Promise<void> {
  let mayWait = true
  for (let round = 0; round < 20; round += 1) {
    const remarked = await remarkShops(deps)
    // In a rush the same variants wait again at once: these are asked about in the next run.
    // Orders may be away: what is to be found does not wait for what can be had.
    const checked: number = mayWait ? await checkAvailability(deps).catch(() => 0) : 0
    const written = await writeDue(deps)
    // Of products that are new, nobody has asked yet.
    mayWait = checked === checkedAtOnce || written > 0
    const rebuilding = await goOnRebuilding(deps)
    if (!remarked && checked === 0 && written === 0 && !rebuilding) return
  }
}

export const searchJobs = (deps: IndexDeps): Job[] => [
  // Half a second: with the event's own way, what was changed is found within two.
  {
    name: 'search.write',
    everyMs: 500,
    isDue: () => isAnythingDue(deps.db.autocommit, deps.clock()),
    run: () => catchUp(deps),
  },
  { name: 'search.categories', everyMs: 60_000, run: async () => void (await readCategories(deps)) },
  {
    name: 'search.forget-sales',
    everyMs: 3_600_000,
    run: async () => void (await forgetSales(deps.db.autocommit, new Date(deps.clock().getTime() - dayMs), 10_000)),
  },
]

import type { Job } from '@souk/service'
import { forgetSales } from './facts.sql.ts'
import { goOnRebuilding, remarkShops } from './rebuild.ts'
import { checkAvailability, type IndexDeps, readCategories, writeDue } from './write-due.ts'

const dayMs = 86_400_000

/** One after the other, so that nothing is asked twice; each as long as there is something to do, 20 rounds at most. */
export async function catchUp(deps: IndexDeps): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    const remarked = await remarkShops(deps)
    const checked = await checkAvailability(deps).catch(() => 0)
    const written = await writeDue(deps)
    if (!remarked && checked === 0 && written === 0) return
  }
}

export const searchJobs = (deps: IndexDeps): Job[] => [
  // Half a second: with the event's own way, what was changed is found within two.
  { name: 'search.write', everyMs: 500, run: () => catchUp(deps) },
  { name: 'search.rebuild', everyMs: 1_000, run: async () => void (await goOnRebuilding(deps, 20_000)) },
  { name: 'search.categories', everyMs: 60_000, run: async () => void (await readCategories(deps)) },
  {
    name: 'search.forget-sales',
    everyMs: 3_600_000,
    run: async () => void (await forgetSales(deps.db.autocommit, new Date(deps.clock().getTime() - dayMs), 10_000)),
  },
]

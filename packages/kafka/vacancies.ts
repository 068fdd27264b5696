import { abortableDelay } from '@souk/events'
import type { Database } from '@souk/postgres'
import { vacantLeases } from './relay.sql.ts'

/** Waits for leases that others have: one look for all sources of a shard. */
export type Vacancies = {
  /** Resolves when the lease of the source may be free, or `signal` aborts. */
  wait(source: string): Promise<void>
}

export function createVacancies(options: {
  /** In the role of the relay. */
  db: Database
  holder: string
  everyMs: number
  signal: AbortSignal
}): Vacancies {
  const { db, holder, everyMs, signal } = options
  const waiting = new Map<string, () => void>()
  let looking = false

  async function run(): Promise<void> {
    while (waiting.size > 0) {
      await abortableDelay(everyMs, signal)
      const all = [...waiting.keys()]
      // A database that is away is found out by who asks for a lease.
      const free = signal.aborted ? all : await vacantLeases(db.autocommit, all, holder).catch(() => all)
      for (const source of free) {
        waiting.get(source)?.()
        waiting.delete(source)
      }
    }
    looking = false
  }

  return {
    wait: (source) =>
      new Promise((resolve) => {
        waiting.set(source, resolve)
        if (looking) return
        looking = true
        void run()
      }),
  }
}

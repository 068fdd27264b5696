import type { Database } from '@souk/postgres'
import { keepTransaction, tryJobLock } from './jobs.sql.ts'

/** A transaction that says nothing for 60 s is ended by the server, and its lock with it. */
const signOfLifeMs = 20_000

/**
 * Run something as the only one, if nobody else does; resolves to whether it was run. The lock lives in a transaction of
 * its own: it is given back whatever becomes of this process, and needs no session, so it works behind a pooler.
 */
export const underJobLock = (db: Database, name: string, run: () => Promise<void>): Promise<boolean> =>
  db.transaction(async (tx) => {
    if (!(await tryJobLock(tx, name))) return false
    const timer = setInterval(() => void keepTransaction(tx).catch(() => {}), signOfLifeMs)
    try {
      await run()
      return true
    } finally {
      clearInterval(timer)
    }
  })

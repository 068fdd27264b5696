import { sql, type Tx } from '@souk/postgres'

/** Whether this transaction is now the only one running the job. Never waits. */
export const tryJobLock = async (tx: Tx, job: string): Promise<boolean> =>
  (
    await tx.one<{ locked: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtext('souk.jobs'), hashtext(${job})) as locked`,
    )
  ).locked

/** Nothing: so that the server does not take the transaction for abandoned. */
export const keepTransaction = (tx: Tx) => tx.run(sql`select`)

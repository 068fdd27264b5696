import type { EventLog } from '@souk/events'
import type { Database } from '@souk/postgres'
import { findProgress, listLeases, putBack } from './relay.sql.ts'

/** Who sends what, and how far it is. */
export const relayState = (db: Database) => listLeases(db.autocommit)

/**
 * Have a service's events sent again from the first one written at or after a time: for what Kafka has lost. Consumers
 * recognise what they have handled. @returns the place from which it will be sent; undefined when no relay has ever run.
 */
export async function sendAgain(
  { log, db, shard }: { log: EventLog; db: Database; shard: string },
  source: string,
  since: Date,
): Promise<{ xid: string; seq: number } | undefined> {
  const { xid, seq } = await log.placeAt(source, shard, since.getTime())
  return (await putBack(db.autocommit, source, { xid, seq })) === 1 ? { xid, seq } : undefined
}

/** Age of the oldest event in a service's outbox that is not known to be in Kafka. */
export async function unrelayedSeconds(
  { log, db, shard }: { log: EventLog; db: Database; shard: string },
  source: string,
): Promise<number> {
  const { xid = '0', seq = 0 } = (await findProgress(db.autocommit, source)) ?? {}
  return (await log.lag(source, shard, { xid, seq, index: 0 }, {})).seconds
}

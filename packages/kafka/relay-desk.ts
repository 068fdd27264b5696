import { createOutboxLooks, type EventLog, type Lag } from '@souk/events'
import type { Database } from '@souk/postgres'
import { listLeases, putBack } from './relay.sql.ts'

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

/**
 * Age of the oldest event in a service's outbox that is not known to be in Kafka, of a shard. Who asks at the same time is
 * answered together, for all services.
 */
export function createUnrelayed(given: {
  /** In the role that may read outboxes and nothing else. */
  outboxes: Database
  /** In the role of the relay. */
  db: Database
  /** Services whose outboxes are sent. */
  sources: readonly string[]
}): (source: string) => Promise<number> {
  const looks = createOutboxLooks(given.outboxes, given.sources)
  const nowhere = new Map(given.sources.map((source) => [source, { xid: '0', seq: 0 }]))
  let asking: Promise<ReadonlyMap<string, Lag>> | undefined
  const ask = async () => {
    await new Promise((resolve) => setTimeout(resolve, gatherMs))
    // From here on: who asks later must not be told what was before.
    asking = undefined
    const progress = await listLeases(given.db.autocommit)
    return await looks.lags(new Map([...nowhere, ...progress.map((lease) => [lease.source, lease] as const)]))
  }
  return async (source) => (await (asking ??= ask())).get(source)?.seconds ?? 0
}

const gatherMs = 10

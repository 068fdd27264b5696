import type { Database } from '@souk/postgres'
import { sourceOf } from './define.ts'
import { placeOffset } from './events.sql.ts'
import { topicsOf } from './lane.ts'
import type { EventLog } from './log.ts'
import type { Consumer, Position } from './types.ts'

/**
 * Have a consumer handle events again, from a place or from the first that was written at or after a time. What it did
 * the first time is not undone: for consumers whose handling of an event is harmless when repeated.
 * @returns the lanes and where each stands now.
 */
export async function rewindConsumer(options: {
  consumer: Consumer
  log: EventLog
  db: Database
  shard: string
  to: Position | Date
}): Promise<{ lane: string; at: Position }[]> {
  const { consumer, log, db, shard, to } = options
  const source = sourceOf(consumer)
  const moved: { lane: string; at: Position }[] = []
  for (const lane of await log.lanes(source, shard, topicsOf(consumer))) {
    const at = to instanceof Date ? await log.placeAt(source, lane, to.getTime()) : to
    await placeOffset(db.autocommit, { consumer: consumer.name, source, shard: lane }, at)
    moved.push({ lane, at })
  }
  return moved
}

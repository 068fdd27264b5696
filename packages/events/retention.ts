import type { Database } from '@souk/postgres'
import { forgetEvents, listOffsets, type OffsetKey } from './events.sql.ts'
import { comparePositions } from './log.ts'
import type { Position } from './types.ts'

/** Every offset kept in a consumer's database. */
export const offsetsIn = (db: Database): Promise<(OffsetKey & Position & { updatedAt: Date })[]> =>
  listOffsets(db.autocommit)

/**
 * Forget a source's events written more than `days` ago and passed by all its consumers.
 *
 * @param source    the database of the service that wrote them.
 * @param consumers names of all consumers of this source that exist in the program. One that has no offset yet has
 *   passed nothing, so nothing is forgotten.
 * @param offsets   of all services that consume, from `offsetsIn`.
 * @returns rows removed. At most `maxRows` a call (default 100,000), in steps of 1,000, each its own transaction.
 */
export async function forgetPassedEvents(options: {
  source: Database
  shard: string
  consumers: readonly string[]
  offsets: readonly (OffsetKey & Position)[]
  now: Date
  days: number
  maxRows?: number
}): Promise<number> {
  const { source, shard } = options
  const before = new Date(options.now.getTime() - options.days * 86_400_000)
  const ofSource = options.offsets.filter((offset) => offset.source === source.schema && offset.shard === shard)
  const positions: Position[] = []
  for (const consumer of options.consumers) {
    const offset = ofSource.find((each) => each.consumer === consumer)
    if (offset === undefined) return 0
    positions.push(offset)
  }
  // Without any consumer only age counts: the largest place there can be.
  const passed = positions.sort(comparePositions)[0] ?? { xid: '18446744073709551615', seq: 0, index: 0 }
  let removed = 0
  while (removed < (options.maxRows ?? 100_000)) {
    const step = await forgetEvents(source.autocommit, before, passed)
    removed += step.removed
    if (step.removed < 1_000) break
  }
  return removed
}

import { bucketCount, type Database, uuidv7 } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import type { Clock } from './define.ts'
import { announceProcess, forgetProcess, readMap } from './shard-map.sql.ts'

/** Seldom, so that its connection is given back in between. */
const announceEveryMs = 30_000

/**
 * A process that knows one database says so: it would not find a shop that is moved to another one, so nobody may be while
 * it runs. @throws RangeError when shops lie elsewhere already.
 */
export async function announceAlone(options: {
  /** Home, in the role of the map. */
  db: Database
  shard: string
  clock: Clock
  log: Logger
  about: string
}): Promise<{ stop(): Promise<void> }> {
  const { db, shard, clock, log, about } = options
  const processId = uuidv7(clock().getTime())
  const announce = async () => {
    const { version, buckets } = await readMap(db.autocommit)
    const elsewhere = new Set(buckets.map((row) => row.shard).filter((name) => name !== shard))
    if (buckets.length === bucketCount && elsewhere.size > 0)
      throw new RangeError(
        `buckets lie on ${[...elsewhere].join(', ')}, which SOUK_SHARDS does not name: give its address there`,
      )
    await announceProcess(db.autocommit, { processId, version, shards: [shard], about })
  }
  await announce()
  const timer = setInterval(
    () => void announce().catch((error: unknown) => log.warn({ err: error }, 'this process could not be announced')),
    announceEveryMs,
  )
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await forgetProcess(db.autocommit, processId).catch(() => {})
    },
  }
}

/** A process is believed to run for so long after it was last heard of, unless it took its leave. */
export const believedMs = 75_000

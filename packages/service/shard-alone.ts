import { type Database, uuidv7 } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import type { Clock } from './define.ts'
import { ConfigurationError } from './env.ts'
import { announceProcess, forgetProcess, readMap } from './shard-map.sql.ts'

/** Seldom, so that its connection is given back in between. */
const announceEveryMs = 30_000

/** It works by no map, and nobody need wait until it knows one. */
const noVersion = '9223372036854775807'

/** A process is believed to run for so long after it was last heard of, unless it took its leave. */
export const believedMs = 75_000

/**
 * A process that knows one database says so: it would not find a shop that is moved to another one, so nobody may be while
 * it runs. @throws ConfigurationError when shops lie elsewhere already, or are on their way.
 */
export async function announceAlone(options: {
  /** Home, in the role of the map. */
  db: Database
  shard: string
  clock: Clock
  log: Logger
  about: string
  /** Shops were moved all the same, while it slept: it must not go on. */
  onFatal(error: Error): void
}): Promise<{ stop(): Promise<void> }> {
  const { db, shard, clock, log, about, onFatal } = options
  const processId = uuidv7(clock().getTime())
  const forget = () => forgetProcess(db.autocommit, processId).catch(() => {})
  async function announce(): Promise<void> {
    // First: whoever divides the marketplace looks for processes like this one, and then says that he does.
    await announceProcess(db.autocommit, { processId, version: noVersion, shards: [shard], about })
    const { buckets } = await readMap(db.autocommit)
    const elsewhere = new Set(buckets.flatMap((row) => [row.shard, row.moving_to ?? shard]))
    elsewhere.delete(shard)
    if (elsewhere.size > 0)
      throw new ConfigurationError([`Shops lie on ${[...elsewhere].join(', ')}: SOUK_SHARDS must name it.`])
  }
  await announce().catch(async (error: unknown) => {
    await forget()
    throw error
  })
  const timer = setInterval(() => {
    announce().catch((error: unknown) => {
      if (error instanceof ConfigurationError) onFatal(error)
      else log.warn({ err: error }, 'this process could not be announced')
    })
  }, announceEveryMs)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await forget()
    },
  }
}

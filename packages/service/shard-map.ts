import { defineErrors } from '@souk/errors'
import { bucketCount, type Database, uuidv7 } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import type { Clock } from './define.ts'
import {
  announceProcess,
  type BucketRow,
  type BucketState,
  fillMap,
  forgetProcess,
  mapVersion,
  readMap,
} from './shard-map.sql.ts'

export const shardErrors = defineErrors({
  'shop-moving': {
    status: 503,
    title: 'The shop is being moved to another database',
    help: 'Ask again in a second or two; nothing is lost.',
  },
  'shards-unknown': {
    status: 503,
    title: 'This process has lost sight of where shops lie',
    help: 'Ask again; another process may know.',
  },
})

/** How often a process looks whether the map has changed. A move waits for all of them twice. */
const lookEveryMs = 250
/** A process that could not look for so long works with nothing: whoever moves buckets no longer waits for it then. */
export const mapLeaseMs = 4_000

export type ShardMap = {
  /** The shard of a bucket now. @throws DomainError while the bucket is on its way, or when the map is too old to be believed. */
  at(bucket: number): string
  stateOf(bucket: number): BucketState
  /** Some bucket of this shard is on its way: what is done by the clock waits until it has gone. */
  isMoving(shard: string): boolean
  /** Buckets by shard. */
  counts(): ReadonlyMap<string, number>
  stop(): Promise<void>
}

/** Bucket after bucket to shard after shard: alike shares, and every shop's bucket is as likely on one as on another. */
export const spreadEvenly = (shards: readonly string[]): string[] =>
  Array.from({ length: bucketCount }, (_, bucket) => shards[bucket % shards.length] as string)

/**
 * Read the map and follow it. Every look is also a sign of life, with the version that is known here: from then on this
 * process works by it.
 */
export async function followShardMap(options: {
  /** Home, in the role of the map. */
  db: Database
  shards: readonly string[]
  clock: Clock
  log: Logger
  lookEveryMs?: number
}): Promise<ShardMap> {
  const { db, shards, clock, log } = options
  const processId = uuidv7(clock().getTime())
  let rows: readonly BucketRow[] = []
  let version = ''
  let seenAtMs = performance.now()
  let stopped = false

  async function look(): Promise<void> {
    const beganAtMs = performance.now()
    if ((await mapVersion(db.autocommit)).version !== version) {
      const read = await readMap(db.autocommit)
      checkMap(read.buckets, shards)
      rows = read.buckets
      version = read.version
    }
    await announceProcess(db.autocommit, processId, version)
    // From before asking: the lease must never be longer here than whoever moves buckets thinks.
    seenAtMs = beganAtMs
  }

  await look()
  let timer: NodeJS.Timeout
  const next = () => {
    timer = setTimeout(() => {
      void look()
        .catch((error: unknown) => {
          if (!stopped) log.warn({ err: error }, 'the map of shards could not be read; trying again')
        })
        .then(() => {
          if (!stopped) next()
        })
    }, options.lookEveryMs ?? lookEveryMs)
    timer.unref()
  }
  next()

  const row = (bucket: number) => rows[bucket] as BucketRow
  return {
    at(bucket) {
      if (performance.now() - seenAtMs > mapLeaseMs)
        throw shardErrors.error('shards-unknown', 'The database of the map cannot be reached.', {}, 2)
      const { state, shard } = row(bucket)
      if (state !== 'open')
        throw shardErrors.error('shop-moving', 'This shop is being moved; it takes a second or two.', {}, 1)
      return shard
    },
    stateOf: (bucket) => row(bucket).state,
    isMoving: (shard) => rows.some((each) => each.shard === shard && each.state !== 'open'),
    counts() {
      const counts = new Map(shards.map((shard) => [shard, 0]))
      for (const { shard } of rows) counts.set(shard, (counts.get(shard) ?? 0) + 1)
      return counts
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await forgetProcess(db.autocommit, processId).catch(() => {})
    },
  }
}

function checkMap(rows: readonly BucketRow[], shards: readonly string[]): void {
  if (rows.length !== bucketCount)
    throw new RangeError(`the map of shards has ${rows.length} buckets, not ${bucketCount}: run souk migrate`)
  const unknown = [...new Set(rows.map(({ shard }) => shard))].filter((shard) => !shards.includes(shard))
  if (unknown.length > 0)
    throw new RangeError(
      `buckets lie on ${unknown.join(', ')}, which SOUK_SHARDS does not name: give its address there`,
    )
}

/**
 * Make a map where there is none: evenly over all shards for a marketplace that has no shops yet; everything at home for
 * one that was on a single database until now, since that is where it lies.
 */
export async function ensureShardMap(db: Database, shards: readonly string[], isEmpty: boolean): Promise<void> {
  if ((await readMap(db.autocommit)).buckets.length === bucketCount) return
  await db.transaction((tx) => fillMap(tx, spreadEvenly(isEmpty ? shards : shards.slice(0, 1))))
}

/** Where the map lies: a schema and a role of its own, at home. */
export const shardsSchema = {
  service: 'shards',
  sets: [{ name: 'shards', folder: new URL('./shards-schema/', import.meta.url) }],
}

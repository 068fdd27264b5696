import { bucketCount, type Database, type Shard, type ShardMapping, uuidv7 } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import type { Clock } from './define.ts'
import { ConfigurationError } from './env.ts'
import { processesWithout } from './move-map.sql.ts'
import { believedMs } from './shard-alone.ts'
import { createShardGate, unknownShards } from './shard-gate.ts'
import {
  announceProcess,
  type BucketRow,
  type BucketState,
  fillMap,
  forgetProcess,
  type GateRow,
  holdProcesses,
  mapVersion,
  readMap,
} from './shard-map.sql.ts'

/** How often a process looks whether the map has changed. */
const lookEveryMs = 500
/** How often it says that it is there while nothing changes: a write, where a look is none. */
const signOfLifeMs = 1_000
/** While something moves: whoever moves it waits for all processes at each step, and shops wait with him. */
const lookWhileMovingMs = 20
/** Older than every map: a process that says so is waited for until it has read one. */
const notReadYet = '0'
/** A process that could not look for so long works with nothing: whoever moves buckets no longer waits for it then. */
export const mapLeaseMs = 4_000

export type ShardMap = {
  /** The shard of a bucket now. @throws DomainError when the map is too old to be believed. */
  at(bucket: number): string
  stateOf(bucket: number): BucketState
  /** Some bucket is on its way, or some shard closed. */
  isMoving(): boolean
  /** Some shard is closed: some work would have to wait. */
  isClosed(): boolean
  /** For the shards of one service. What is done on a shard that was asked for goes through the gate. */
  mapping(): ShardMapping
  /** A consumer's database, which waits while its shard is closed. Told: it reads what another database announced. */
  forConsumer(shard: Shard, kind: 'told' | 'inside'): Database
  /** Buckets by shard. */
  counts(): ReadonlyMap<string, number>
  stop(): Promise<void>
}

/** Bucket after bucket to shard after shard: alike shares, and every shop's bucket is as likely on one as on another. */
export const spreadEvenly = (shards: readonly string[]): string[] =>
  Array.from({ length: bucketCount }, (_, bucket) => shards[bucket % shards.length] as string)

/**
 * Read the map and follow it. Once a second, and with every change, this process says that it lives and which version is
 * known here: from then on it works by it.
 */
export async function followShardMap(options: {
  /** Home, in the role of the map. */
  db: Database
  shards: readonly string[]
  clock: Clock
  log: Logger
  /** What this process is, for who looks at `souk shards show`. */
  about?: string
  lookEveryMs?: number
}): Promise<ShardMap> {
  const { db, shards, clock, log, about = '' } = options
  const processId = uuidv7(clock().getTime())
  let rows: readonly BucketRow[] = []
  let gates: readonly GateRow[] = []
  /** As read, and as announced: the latter once nothing is under way that the map forbids. */
  let version = ''
  let announced = notReadYet
  let seenAtMs = performance.now()
  let lapses = 0
  let stopped = false
  const isTrusted = () => performance.now() - seenAtMs <= mapLeaseMs
  const gate = createShardGate({ shards, isTrusted, lapses: () => lapses })
  let said = ''
  const announce = async () => {
    await announceProcess(db.autocommit, { processId, version: announced, shards, about })
    said = announced
  }
  const forget = () => forgetProcess(db.autocommit, processId).catch(() => {})

  const isMoving = () => gates.length > 0 || rows.some(({ state }) => state !== 'open')

  async function look(): Promise<void> {
    const beganAtMs = performance.now()
    if ((await mapVersion(db.autocommit)).version !== version) {
      const read = await readMap(db.autocommit)
      checkMap(read.buckets, shards)
      rows = read.buckets
      gates = read.gates
      version = read.version
      gate.follow({
        shardOf: rows.map(({ shard }) => shard),
        closed: new Map(gates.map((row) => [row.shard, row.closed])),
      })
    }
    if (gate.isQuiet()) announced = version
    if (announced === said && !isMoving() && beganAtMs - seenAtMs < signOfLifeMs - lookEveryMs / 2) return
    await announce()
    if (!isTrusted()) lapses += 1
    // From before asking: the lease must never be longer here than whoever moves buckets thinks.
    seenAtMs = beganAtMs
  }

  try {
    // Before it has looked: whoever moves shops would else not wait for it, should he close them between the two.
    await announce()
    await look()
  } catch (error) {
    await forget()
    throw error
  }
  let timer: NodeJS.Timeout
  let looking: Promise<void> | undefined
  const lookAgain = () => {
    timer = setTimeout(
      () => {
        looking = look()
          .catch((error: unknown) => {
            if (!stopped) log.warn({ err: error }, 'the map of shards could not be read; trying again')
          })
          .then(() => {
            if (!stopped) lookAgain()
          })
      },
      isMoving() ? lookWhileMovingMs : (options.lookEveryMs ?? lookEveryMs),
    )
    timer.unref()
  }
  lookAgain()

  const row = (bucket: number) => rows[bucket] as BucketRow
  const at = (bucket: number) => {
    if (!isTrusted()) throw unknownShards()
    return row(bucket).shard
  }
  return {
    at,
    stateOf: (bucket) => row(bucket).state,
    isMoving,
    isClosed: () => gates.length > 0,
    mapping: () => ({
      at,
      lies: (bucket) => row(bucket).shard,
      seen: gate.seer('inside'),
      toPlaceOn: gate.seer('placing'),
    }),
    forConsumer: gate.forConsumer,
    counts() {
      const counts = new Map(shards.map((shard) => [shard, 0]))
      for (const { shard } of rows) counts.set(shard, (counts.get(shard) ?? 0) + 1)
      return counts
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      // Else it would be announced once more, by nobody who is there.
      await looking
      await forget()
    },
  }
}

function checkMap(rows: readonly BucketRow[], shards: readonly string[]): void {
  if (rows.length !== bucketCount)
    throw new RangeError(`the map of shards has ${rows.length} buckets, not ${bucketCount}: run souk migrate`)
  const unknown = [...new Set(rows.map(({ shard }) => shard))].filter((shard) => !shards.includes(shard))
  if (unknown.length > 0)
    throw new ConfigurationError([`Shops lie on ${unknown.join(', ')}: SOUK_SHARDS must name it.`])
}

/**
 * Make a map where there is none: evenly over all shards for a marketplace that has no shops yet, unless a process runs that
 * does not know them all; everything at home for one that was on a single database until now, since that is where it lies.
 */
export async function ensureShardMap(db: Database, shards: readonly string[], isEmpty: boolean): Promise<void> {
  if ((await readMap(db.autocommit)).buckets.length === bucketCount) return
  await db.transaction(async (tx) => {
    // Who begins meanwhile waits to be let in, and then finds the map.
    await holdProcesses(tx)
    let mayBeSpread = isEmpty
    for (const shard of shards) mayBeSpread &&= (await processesWithout(tx, shard, believedMs)).length === 0
    await fillMap(tx, spreadEvenly(mayBeSpread ? shards : shards.slice(0, 1)))
  })
}

/** Where the map lies: a schema and a role of its own, at home. */
export const shardsSchema = {
  service: 'shards',
  sets: [{ name: 'shards', folder: new URL('./shards-schema/', import.meta.url) }],
}

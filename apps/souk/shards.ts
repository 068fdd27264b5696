import { openDatabase } from '@souk/postgres'
import {
  type MoveDeps,
  moveBuckets,
  type Moved,
  MoveRefused,
  repairMove,
  type ShardMap,
  shardsSchema,
} from '@souk/service'
import type { Logger } from '@souk/telemetry'
import { kafkaSettings } from './event-log.ts'
import { Refusal } from './explain.ts'
import type { House } from './house.ts'
import { allServices } from './services.ts'

type Mover = Pick<House, 'division' | 'eventLog' | 'announced' | 'database' | 'clock' | 'open'> & {
  running: Pick<House['running'], 'readers'>
}

export const dividedServices = allServices.flatMap(({ name, divided }) =>
  divided === undefined ? [] : [{ name, tables: divided }],
)

/** Deleting what moved from a large table takes longer than any statement that serves. */
const statementTimeoutMs = 600_000

/** What moving buckets needs, of a marketplace whose services are all at hand. */
async function withMover<T>(house: Mover, work: (deps: MoveDeps) => Promise<T>): Promise<T> {
  const map = house.open(shardsSchema.service, { maxConnections: 2, applicationName: 'souk shards' })
  try {
    return await work({
      services: dividedServices,
      readers: house.running.readers,
      isDivided: house.division.isDivided,
      eventLog: house.eventLog,
      outboxes: house.announced.outboxes,
      map,
      clock: house.clock,
      openOwner(shard, applicationName) {
        const found = house.database.shards.find(({ name }) => name === shard)
        if (found === undefined) throw new Refusal(`There is no shard ${shard}.`)
        return openDatabase({
          url: found.adminUrl,
          schema: 'public',
          pooled: house.database.pooled,
          maxConnections: 2,
          applicationName,
          statementTimeoutMs,
          // It may just have been ended by whoever took over.
          onError: () => {},
        })
      },
    })
  } finally {
    await map.close()
  }
}

export type MoveOptions = Pick<MoveDeps, 'onProgress' | 'closedAtMostMs' | 'catchUpMs' | 'at'>

/** Bring buckets to another database while the marketplace works. @throws MoveRefused with everything as before. */
export async function moveShards(
  house: Mover,
  move: { buckets: readonly number[]; from: string; to: string },
  options: MoveOptions = {},
): Promise<Moved> {
  for (const { name } of dividedServices)
    if (!(await house.announced.isSent(name, move.to)))
      throw new MoveRefused(
        `Nobody brings what ${name} announces on ${move.to} to Kafka: start souk relay anew, with ${move.to} in SOUK_SHARDS.`,
      )
  return withMover(house, (deps) => moveBuckets({ ...deps, ...options }, move))
}

/** Bring a move to its end whose mover is gone. */
export const repairShards = (house: Mover, options: MoveOptions = {}): Promise<'done' | 'undone' | undefined> =>
  withMover(house, (deps) => repairMove({ ...deps, ...options }))

/**
 * Offsets are places in the outbox, by which a move knows that everything was handled; those Debezium writes are places in
 * the write-ahead log.
 */
export function checkCarrier(env: Readonly<Record<string, string | undefined>>): void {
  if (kafkaSettings(env)?.writtenBy === 'debezium')
    throw new Refusal(
      'Buckets do not move while Debezium writes to Kafka: from its places nobody can say when consumers are done. Let souk relay write for the time.',
    )
}

/** A mover that dies is believed to live for 8 s; then it takes as long as bringing its move to an end. */
const opensAgainMs = 60_000

/**
 * Services start on databases that are open. A move that is changing over is waited for; one whose mover is gone is brought
 * to its end here, for there may be nobody else. @returns how that one ended.
 */
export async function untilShardsAreOpen(
  house: Omit<Mover, 'running'>,
  map: Pick<ShardMap, 'isClosed'>,
  onProgress: (message: string) => void,
): Promise<'done' | 'undone' | undefined> {
  if (!map.isClosed()) return undefined
  onProgress('Waiting for shops that are being moved')
  const until = performance.now() + opensAgainMs
  let outcome: 'done' | 'undone' | undefined
  while (map.isClosed()) {
    // Another process may be at it, too; what one of them could not do is tried again.
    let failure: unknown
    outcome ??= await repairShards({ ...house, running: { readers: [] } }).catch((error: unknown) => {
      failure = error
      return undefined
    })
    if (performance.now() > until)
      throw new Refusal(
        `Shops are being moved, and that does not come to an end${failure instanceof Error ? `: ${failure.message}` : '.'}`,
      )
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return outcome
}

const lookForLeftMovesMs = 2_000

/** A mover that dies may leave shards closed: whoever sees that brings its move to an end, after some seconds. */
export function finishLeftMoves(house: Mover, map: Pick<ShardMap, 'isMoving'>, log: Logger) {
  let mending: Promise<void> | undefined
  const timer = setInterval(() => {
    if (!map.isMoving()) return
    mending ??= repairShards(house)
      .then(
        (outcome) =>
          outcome && log.warn({ outcome }, 'a move of shops was left by its process, and brought to its end'),
        (error: unknown) =>
          log.error({ err: error }, 'a move of shops was left, and could not be brought to its end yet'),
      )
      .then(() => {
        mending = undefined
      })
  }, lookForLeftMovesMs)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await mending
    },
  }
}

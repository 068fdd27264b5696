import { DatabaseUnavailable, type Database, type Shard, type Tx } from '@souk/postgres'
import { isShardRefusal, shardErrors } from './shard-errors.ts'

/** Placing: taking orders, most of what is announced. Told: handling what another database announced. Inside: all else. */
export type WorkKind = 'placing' | 'told' | 'inside'
export type Closed = 'settling' | 'deaf' | 'nobody'

const closedTo: Record<Closed, readonly WorkKind[]> = {
  settling: ['placing'],
  deaf: ['placing', 'told'],
  nobody: ['placing', 'told', 'inside'],
}

/** Where buckets lie and which shards are closed, as a version of the map says. */
export type MapView = { readonly shardOf: readonly string[]; readonly closed: ReadonlyMap<string, Closed> }

/** Work waits so long for a closed shard, which is usually enough; then it is told to come again. */
const waitsMs = 1_000

/** After a move replicas show for some moments where buckets were: longer than any lag with which they are asked. */
const replicasRestMs = 10_000

/**
 * Counts what is under way on each shard, and lets nothing begin that the map does not allow. Whoever moves buckets can
 * so be told when all is quiet. Not in the way of a marketplace on one database, which has none.
 */
export function createShardGate(options: {
  shards: readonly string[]
  /** Whether the map as it is known here may be worked by now. */
  isTrusted(): boolean
  /** How often it could not be: whoever moves buckets did not wait for this process then. */
  lapses(): number
}) {
  const { isTrusted, lapses } = options
  const underWay = new Map(options.shards.map((shard) => [shard, { placing: 0, told: 0, inside: 0 }]))
  /** How often buckets have left a shard. */
  const departures = new Map(options.shards.map((shard) => [shard, 0]))
  let view: MapView = { shardOf: [], closed: new Map() }
  const waiting = new Set<() => void>()
  let departedAtMs = Number.NEGATIVE_INFINITY

  const stops = (shard: string): readonly WorkKind[] => {
    const closed = view.closed.get(shard)
    return closed === undefined ? [] : closedTo[closed]
  }
  const lets = (shard: string, kind: WorkKind) => view.closed.size === 0 || !stops(shard).includes(kind)

  const change = (ms: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      waiting.add(done)
    })

  async function waitFor(shard: string, kind: WorkKind): Promise<void> {
    const until = performance.now() + waitsMs
    while (!lets(shard, kind) || !isTrusted()) {
      const leftMs = until - performance.now()
      if (leftMs <= 0) throw isTrusted() ? moving() : unknownShards()
      await change(Math.min(leftMs, 50))
    }
  }

  /**
   * `isGone`: a bucket has left since the work was planned. What the work is handed is to be asked again right before
   * anything is sent: the process may have slept meanwhile, and nobody has waited for it.
   */
  async function through<T>(
    shard: string,
    kind: WorkKind,
    isGone: () => boolean,
    work: (admit: () => void) => Promise<T>,
  ): Promise<T> {
    if (!lets(shard, kind) || !isTrusted()) await waitFor(shard, kind)
    // In one breath with the look above: nothing can change between.
    if (isGone()) throw moving()
    const before = lapses()
    const counts = underWay.get(shard) as Record<WorkKind, number>
    counts[kind] += 1
    try {
      return await work(() => {
        if (isGone()) throw moving()
        if (!isTrusted() || lapses() !== before) throw unknownShards()
      })
    } finally {
      counts[kind] -= 1
    }
  }

  function gated({ name, db }: Shard, kind: WorkKind, isGone: () => boolean): Database {
    const autocommitIf = (further?: () => void): Tx => {
      const within = <T>(work: (tx: Tx) => Promise<T>) =>
        through(name, kind, isGone, (admit) =>
          work(
            db.autocommitIf(() => {
              admit()
              further?.()
            }),
          ),
        )
      return {
        one: (statement) => within((tx) => tx.one(statement)),
        maybeOne: (statement) => within((tx) => tx.maybeOne(statement)),
        many: (statement) => within((tx) => tx.many(statement)),
        run: (statement) => within((tx) => tx.run(statement)),
        afterCommit: db.autocommit.afterCommit,
      }
    }
    return {
      schema: db.schema,
      transaction: (body, transaction) =>
        through(name, kind, isGone, (admit) =>
          db.transaction((tx) => {
            admit()
            return body(tx)
          }, transaction),
        ),
      autocommit: autocommitIf(),
      autocommitIf,
      stats: db.stats,
      close: db.close,
    }
  }

  return {
    /** A shard as it may be used from now on: it refuses once a bucket has left it. The same one until then. */
    seer(kind: 'placing' | 'inside'): (shard: Shard) => Shard {
      const current = new Map<string, { departed: number; shard: Shard }>()
      return (shard) => {
        const departed = departures.get(shard.name) ?? 0
        const known = current.get(shard.name)
        if (known !== undefined && known.departed === departed) return known.shard
        const isGone = () => departures.get(shard.name) !== departed
        const { name, lists } = shard
        const db = gated(shard, kind, isGone)
        const seen: Shard =
          lists === undefined
            ? { name, db }
            : {
                name,
                db,
                get lists() {
                  return performance.now() - departedAtMs > replicasRestMs ? lists : undefined
                },
              }
        current.set(shard.name, { departed, shard: seen })
        return seen
      }
    },
    /** A consumer's database: an event must not be parked because a shop moves, so a refusal is an outage to it. */
    forConsumer(shard: Shard, kind: 'told' | 'inside'): Database {
      const { transaction, autocommit: tx, ...gate } = gated(shard, kind, () => false)
      return {
        ...gate,
        transaction: (body, options) => asOutage(transaction(body, options)),
        autocommit: {
          one: (statement) => asOutage(tx.one(statement)),
          maybeOne: (statement) => asOutage(tx.maybeOne(statement)),
          many: (statement) => asOutage(tx.many(statement)),
          run: (statement) => asOutage(tx.run(statement)),
          afterCommit: tx.afterCommit,
        },
      }
    },
    /** The map has changed: from now on nothing begins that it does not allow. */
    follow(next: MapView): void {
      const left = new Set(view.shardOf.filter((shard, bucket) => shard !== next.shardOf[bucket]))
      for (const shard of left) departures.set(shard, (departures.get(shard) ?? 0) + 1)
      if (left.size > 0) departedAtMs = performance.now()
      view = next
      for (const done of waiting) done()
    },
    /** Nothing is under way that the map does not allow any more. */
    isQuiet: (): boolean => [...underWay].every(([shard, counts]) => stops(shard).every((kind) => counts[kind] === 0)),
  }
}

export type ShardGate = ReturnType<typeof createShardGate>

export const moving = () =>
  shardErrors.error('shop-moving', 'This shop is being moved; it takes a second or two.', {}, 1)

export const unknownShards = () =>
  shardErrors.error('shards-unknown', 'The database of the map cannot be reached.', {}, 2)

const asOutage = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    throw isShardRefusal(error) ? new DatabaseUnavailable(error) : error
  }
}

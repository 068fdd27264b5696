import type { Database, Tx } from './database.ts'
import { bucketInId, bucketOf } from './ids.ts'

/**
 * Which database holds which bucket. One today or many: callers ask by owner or by id and never see the difference. Ask
 * again for each piece of work: a shard that was asked for refuses once a bucket has left it, since it may be yours.
 */
export type Shards = {
  /** The shard of a shop (or whoever owns the data). */
  ofOwner(ownerId: string): Shard
  /** The shard of a row, by the bucket inside its id. */
  ofId(id: string): Shard
  all(): readonly Shard[]
  /** For what brings new work in and keeps a queue for each shard: it is the first that waits while a shop moves. */
  toPlaceOn(name: string): Shard
  /** Whether a row's bucket lies on the shard of this name now. */
  holds(name: string, id: string): boolean
}

export type Shard = {
  readonly name: string
  readonly db: Database
  /** Reads that may be some moments old, from replicas if there are any: for lists and pages, never for what decides. */
  readonly lists?: Tx | undefined
}

/** Where lists and pages are read. */
export const listsOf = ({ lists, db }: Shard): Tx => lists ?? db.autocommit

export type ShardMapping = {
  /** The shard of a bucket now, by name; asked each time, since buckets move. It may refuse. */
  at(bucket: number): string
  /** The same, and never refuses. */
  lies(bucket: number): string
  /** The shard as it may be worked on from now on. */
  seen(shard: Shard): Shard
  /** The same, to bring new work in. */
  toPlaceOn(shard: Shard): Shard
}

/**
 * @param shards the first is home.
 * @param mapping or only its `at`. Left out: everything lies on the only shard.
 */
export function createShards(shards: readonly Shard[], mapping?: ShardMapping | ((bucket: number) => string)): Shards {
  const [only] = shards
  if (only === undefined) throw new RangeError('at least one shard is needed')
  if (mapping === undefined) {
    if (shards.length > 1) throw new RangeError('several shards need a map from bucket to shard')
    return { ofOwner: () => only, ofId: () => only, all: () => shards, toPlaceOn: () => only, holds: () => true }
  }
  const same = (shard: Shard) => shard
  const { at, lies, seen, toPlaceOn } =
    typeof mapping === 'function' ? { at: mapping, lies: mapping, seen: same, toPlaceOn: same } : mapping
  const byName = new Map(shards.map((shard) => [shard.name, shard]))
  const of = (bucket: number) => {
    const name = at(bucket)
    const shard = byName.get(name)
    if (shard === undefined) throw new RangeError(`bucket ${bucket} is mapped to an unknown shard ${name}`)
    return seen(shard)
  }
  return {
    ofOwner: (ownerId) => of(bucketOf(ownerId)),
    ofId: (id) => of(bucketInId(id)),
    all: () => shards.map(seen),
    toPlaceOn(name) {
      const shard = byName.get(name)
      if (shard === undefined) throw new RangeError(`there is no shard ${name}`)
      return toPlaceOn(shard)
    },
    holds: (name, id) => lies(bucketInId(id)) === name,
  }
}

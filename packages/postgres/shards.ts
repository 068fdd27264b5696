import type { Database } from './database.ts'
import { bucketInId, bucketOf } from './ids.ts'

/** Which database holds which bucket. One today or many: callers ask by owner or by id and never see the difference. */
export type Shards = {
  /** The shard of a shop (or whoever owns the data). */
  ofOwner(ownerId: string): Shard
  /** The shard of a row, by the bucket inside its id. */
  ofId(id: string): Shard
  all(): readonly Shard[]
}

export type Shard = { readonly name: string; readonly db: Database }

/**
 * @param shards the first is home.
 * @param at the shard of a bucket now, by name; asked each time, since buckets move. It may refuse. Left out: everything
 *   lies on the only shard.
 */
export function createShards(shards: readonly Shard[], at?: (bucket: number) => string): Shards {
  const [only] = shards
  if (only === undefined) throw new RangeError('at least one shard is needed')
  if (at === undefined) {
    if (shards.length > 1) throw new RangeError('several shards need a map from bucket to shard')
    return { ofOwner: () => only, ofId: () => only, all: () => shards }
  }
  const byName = new Map(shards.map((shard) => [shard.name, shard]))
  const of = (bucket: number) => {
    const name = at(bucket)
    const shard = byName.get(name)
    if (shard === undefined) throw new RangeError(`bucket ${bucket} is mapped to an unknown shard ${name}`)
    return shard
  }
  return { ofOwner: (ownerId) => of(bucketOf(ownerId)), ofId: (id) => of(bucketInId(id)), all: () => shards }
}

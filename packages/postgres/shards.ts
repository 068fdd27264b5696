import type { Database } from './database.ts'
import { bucketCount, bucketInId, bucketOf } from './ids.ts'

/** Which database holds which bucket. One today or many: callers ask by owner or by id and never see the difference. */
export type Shards = {
  /** The shard of a shop (or whoever owns the data). */
  ofOwner(ownerId: string): Shard
  /** The shard of a row, by the bucket inside its id. */
  ofId(id: string): Shard
  all(): readonly Shard[]
}

export type Shard = { readonly name: string; readonly db: Database }

/** @param bucketToShard one shard name per bucket, 1,024 of them. Left out: everything lies on the only shard. */
export function createShards(shards: readonly Shard[], bucketToShard?: readonly string[]): Shards {
  const [only] = shards
  if (only === undefined) throw new RangeError('at least one shard is needed')
  if (bucketToShard === undefined && shards.length > 1)
    throw new RangeError('several shards need a map from bucket to shard')
  if (bucketToShard !== undefined && bucketToShard.length !== bucketCount)
    throw new RangeError(`the map from bucket to shard has ${bucketToShard.length} entries, not ${bucketCount}`)
  const byName = new Map(shards.map((shard) => [shard.name, shard]))
  const byBucket = Array.from({ length: bucketCount }, (_, bucket) => {
    const name = bucketToShard?.[bucket] ?? only.name
    const shard = byName.get(name)
    if (shard === undefined) throw new RangeError(`bucket ${bucket} is mapped to an unknown shard ${name}`)
    return shard
  })
  const at = (bucket: number) => byBucket[bucket] as Shard
  return { ofOwner: (ownerId) => at(bucketOf(ownerId)), ofId: (id) => at(bucketInId(id)), all: () => shards }
}

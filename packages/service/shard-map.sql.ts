import { sql, type Tx } from '@souk/postgres'

export type BucketState = 'open' | 'paused' | 'closed'
export type BucketRow = { bucket: number; shard: string; state: BucketState; moving_to: string | null }

export const mapVersion = (tx: Tx): Promise<{ version: string }> => tx.one(sql`select version from shard_map`)

/** The version is read first: the map may be newer than it says, never older. */
export async function readMap(tx: Tx): Promise<{ version: string; buckets: BucketRow[] }> {
  const { version } = await mapVersion(tx)
  return {
    version,
    buckets: await tx.many<BucketRow>(sql`select bucket, shard, state, moving_to from shard_buckets order by bucket`),
  }
}

/** Write a map where there is none. */
export const fillMap = (tx: Tx, shards: readonly string[]): Promise<unknown> =>
  tx.run(sql`
    with next as (update shard_map set version = version + 1 returning version)
    insert into shard_buckets (bucket, shard, version)
    select bucket - 1, shard, next.version
    from unnest(${shards}::text[]) with ordinality as given (shard, bucket), next
    on conflict (bucket) do nothing`)

/** Say that this process knows the map up to this version, by the database's clock. */
export const announceProcess = (tx: Tx, processId: string, version: string): Promise<unknown> =>
  tx.run(sql`
    insert into shard_processes (process_id, version, seen_at) values (${processId}, ${version}, clock_timestamp())
    on conflict (process_id) do update set version = excluded.version, seen_at = excluded.seen_at`)

export const forgetProcess = (tx: Tx, processId: string): Promise<unknown> =>
  tx.run(sql`delete from shard_processes where process_id = ${processId}`)

import { sql, type Tx } from '@souk/postgres'

export type BucketState = 'open' | 'moving'
export type BucketRow = { bucket: number; shard: string; state: BucketState; moving_to: string | null }

export const mapVersion = (tx: Tx): Promise<{ version: string }> => tx.one(sql`select version::text from shard_map`)

export type GateRow = { shard: string; closed: 'settling' | 'deaf' | 'nobody' }
export type ReadMap = { version: string; buckets: BucketRow[]; gates: GateRow[] }

/** The whole map as it was at one instant. */
export const readMap = (tx: Tx): Promise<ReadMap> =>
  tx.one<ReadMap>(sql`
    select (select version::text from shard_map) as version,
      (select coalesce(jsonb_agg(b order by bucket), '[]') from (
        select bucket, shard, state, moving_to from shard_buckets) b) as buckets,
      (select coalesce(jsonb_agg(g), '[]') from (select shard, closed from shard_gates) g) as gates`)

/** Write a map where there is none. */
export const fillMap = (tx: Tx, shards: readonly string[]): Promise<unknown> =>
  tx.run(sql`
    with next as (update shard_map set version = version + 1 returning version)
    insert into shard_buckets (bucket, shard, version)
    select bucket - 1, shard, next.version
    from unnest(${shards}::text[]) with ordinality as given (shard, bucket), next
    on conflict (bucket) do nothing`)

/** Say that this process knows the map up to this version, by the database's clock. */
export const announceProcess = (
  tx: Tx,
  process: { processId: string; version: string; shards: readonly string[]; about: string },
): Promise<unknown> =>
  tx.run(sql`
    insert into shard_processes (process_id, version, seen_at, shards, about)
    values (${process.processId}, ${process.version}, clock_timestamp(), ${process.shards}::text[], ${process.about})
    on conflict (process_id) do update set version = excluded.version, seen_at = excluded.seen_at`)

export const forgetProcess = (tx: Tx, processId: string): Promise<unknown> =>
  tx.run(sql`delete from shard_processes where process_id = ${processId}`)

/** Nobody announces himself until this transaction is over. */
export const holdProcesses = (tx: Tx): Promise<unknown> => tx.run(sql`lock table shard_processes in share mode`)

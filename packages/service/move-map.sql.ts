import { sql, type Tx } from '@souk/postgres'

// The map of shards and the moves under way, at home, in the role of the map.

export type MovePhase = 'copying' | 'closing' | 'inserting' | 'moved' | 'done' | 'undone'

export type MoveRow = {
  moveId: string
  source: string
  destination: string
  buckets: number[]
  phase: MovePhase
  mover: string
  beganAt: Date
  endedAt: Date | null
  rows: number
  closedMs: number
  note: string
  /** Its mover has said nothing for longer than it may. */
  isLeft: boolean
}

/** A mover says every half second that it is there. Who has not for so long is taken for dead, and can write nothing more. */
export const moverLeaseSeconds = 8

const columns = sql`
  move_id as "moveId", source, destination, buckets, phase, mover, began_at as "beganAt", ended_at as "endedAt", rows,
  closed_ms as "closedMs", note,
  (ended_at is null and seen_at < clock_timestamp() - make_interval(secs => ${moverLeaseSeconds}::float8)) as "isLeft"`

export const openMove = (tx: Tx) => tx.maybeOne<MoveRow>(sql`select ${columns} from shard_moves where ended_at is null`)

export const latestMoves = (tx: Tx, limit: number) =>
  tx.many<MoveRow>(sql`select ${columns} from shard_moves order by began_at desc limit ${limit}`)

export const insertMove = (
  tx: Tx,
  move: { moveId: string; source: string; destination: string; buckets: readonly number[]; mover: string },
) =>
  tx.run(sql`
    insert into shard_moves (move_id, source, destination, buckets, phase, mover, seen_at, began_at)
    values (${move.moveId}, ${move.source}, ${move.destination}, ${move.buckets}::int[], 'copying', ${move.mover},
      clock_timestamp(), clock_timestamp())`)

/** Said by the mover that has it. @returns 0 when another one does. */
export const sayHere = (tx: Tx, moveId: string, mover: string) =>
  tx.run(sql`
    update shard_moves set seen_at = clock_timestamp() where move_id = ${moveId} and mover = ${mover} and ended_at is null`)

/** Take a move over from who has left it. @returns the move as it stands then, since its mover may have gone on meanwhile. */
export const takeOver = (tx: Tx, moveId: string, mover: string) =>
  tx.maybeOne<MoveRow>(sql`
    update shard_moves set mover = ${mover}, seen_at = clock_timestamp()
    where move_id = ${moveId} and ended_at is null
      and seen_at < clock_timestamp() - make_interval(secs => ${moverLeaseSeconds}::float8)
    returning ${columns}`)

/**
 * Write down where the move stands; the map may be changed in the same transaction. @returns 0 when another one has it, or
 * it stands somewhere else: an answer to writing `moved` may have been lost, and what came of it is decided here.
 */
export const setPhase = (tx: Tx, moveId: string, mover: string, from: readonly MovePhase[], to: MovePhase) =>
  tx.run(sql`
    update shard_moves set phase = ${to}, seen_at = clock_timestamp()
    where move_id = ${moveId} and mover = ${mover} and phase = any(${from}::text[]) and ended_at is null`)

export const endMove = (
  tx: Tx,
  move: { moveId: string; mover: string; phase: 'done' | 'undone'; rows: number; closedMs: number; note: string },
) =>
  tx.run(sql`
    update shard_moves set phase = ${move.phase}, ended_at = clock_timestamp(), rows = ${move.rows},
      closed_ms = ${move.closedMs}, note = ${move.note}
    where move_id = ${move.moveId} and mover = ${move.mover} and ended_at is null`)

const nextVersion = async (tx: Tx): Promise<string> =>
  (await tx.one<{ version: string }>(sql`update shard_map set version = version + 1 returning version::text`)).version

/** Buckets that may move from here: they lie here, and none is on its way. */
export const countOpenAt = async (tx: Tx, buckets: readonly number[], shard: string): Promise<number> =>
  (
    await tx.one<{ n: number }>(sql`
      select count(*)::int as n from shard_buckets
      where bucket = any(${buckets}::int[]) and shard = ${shard} and state = 'open'`)
  ).n

export async function markMoving(tx: Tx, buckets: readonly number[], destination: string): Promise<string> {
  const version = await nextVersion(tx)
  await tx.run(sql`
    update shard_buckets set state = 'moving', moving_to = ${destination}, version = ${version}::bigint
    where bucket = any(${buckets}::int[])`)
  return version
}

/** @returns the version of the map from which on this holds. */
export async function closeShards(
  tx: Tx,
  gates: readonly { shard: string; closed: 'settling' | 'deaf' | 'nobody' }[],
): Promise<string> {
  await tx.run(sql`
    insert into shard_gates (shard, closed)
    select * from unnest(${gates.map(({ shard }) => shard)}::text[], ${gates.map(({ closed }) => closed)}::text[])
    on conflict (shard) do update set closed = excluded.closed`)
  return nextVersion(tx)
}

/** This one goes on, whatever becomes of the other. */
export async function openShard(tx: Tx, shard: string): Promise<string> {
  await tx.run(sql`delete from shard_gates where shard = ${shard}`)
  return nextVersion(tx)
}

/** The bucket belongs to the destination from here on; both stay closed until the source has nothing of it any more. */
export async function giveBuckets(tx: Tx, buckets: readonly number[], destination: string): Promise<string> {
  const version = await nextVersion(tx)
  await tx.run(sql`
    update shard_buckets set shard = ${destination}, version = ${version}::bigint where bucket = any(${buckets}::int[])`)
  return version
}

/** Everything is as usual again, wherever the buckets lie now. */
export async function openAgain(tx: Tx, buckets: readonly number[]): Promise<string> {
  const version = await nextVersion(tx)
  await tx.run(sql`delete from shard_gates`)
  await tx.run(sql`
    update shard_buckets set state = 'open', moving_to = null, version = ${version}::bigint
    where bucket = any(${buckets}::int[])`)
  return version
}

/** Processes that live and do not know this version, or have not come to rest under it. */
export const processesBehind = async (tx: Tx, version: string, leaseMs: number): Promise<number> =>
  (
    await tx.one<{ n: number }>(sql`
      select count(*)::int as n from shard_processes
      where version < ${version}::bigint and seen_at > clock_timestamp() - make_interval(secs => ${leaseMs}::float8 / 1000)`)
  ).n

/** What these are that live and do not know a shard. */
export const processesWithout = async (tx: Tx, shard: string, leaseMs: number): Promise<string[]> =>
  (
    await tx.many<{ about: string }>(sql`
      select about from shard_processes
      where not ${shard} = any(shards) and seen_at > clock_timestamp() - make_interval(secs => ${leaseMs}::float8 / 1000)
      order by about`)
  ).map(({ about }) => about)

/** Every process that lives, and the databases it knows; null for one of the release before, which does not say. */
export const livingProcesses = (tx: Tx, leaseMs: number) =>
  tx.many<{ about: string; shards: string[] | null }>(sql`
    select about, shards from shard_processes
    where seen_at > clock_timestamp() - make_interval(secs => ${leaseMs}::float8 / 1000) order by about`)

/**
 * Processes nobody waited for, since they were not heard of: for the length of their lease, or for longer than one is
 * believed to run that has none. They may be dead, or asleep.
 */
export const silentProcesses = async (
  tx: Tx,
  version: string,
  { leaseMs, believedMs }: { leaseMs: number; believedMs: number },
): Promise<string[]> =>
  (
    await tx.many<{ id: string }>(sql`
      select process_id::text as id from shard_processes
      where seen_at <= clock_timestamp() - make_interval(secs => ${believedMs}::float8 / 1000)
        or (version < ${version}::bigint
          and seen_at <= clock_timestamp() - make_interval(secs => ${leaseMs}::float8 / 1000))`)
  ).map(({ id }) => id)

/** What was not heard of since. */
export const forgetSilent = (tx: Tx, processIds: readonly string[], leaseMs: number) =>
  tx.run(sql`
    delete from shard_processes where process_id = any(${processIds}::uuid[])
      and seen_at <= clock_timestamp() - make_interval(secs => ${leaseMs}::float8 / 1000)`)

/** Those that have not been seen for a day. */
export const forgetProcesses = (tx: Tx) =>
  tx.run(sql`delete from shard_processes where seen_at < clock_timestamp() - interval '1 day'`)

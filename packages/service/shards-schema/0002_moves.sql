-- 0002  Buckets move between databases while the marketplace works.
-- Compatible with the release before: new tables; it moves nothing. Locks: none that matter.

-- One row a move, kept as its history. Where it stands is decided here, in one transaction with the map.
create table shard_moves (
  move_id uuid primary key,
  source text not null,
  destination text not null check (destination <> source),
  buckets integer[] not null,
  -- copying: nothing is held up. closing: shards may be closed. inserting: rows may lie at the destination, which does
  -- not hold the buckets yet. moved: it holds them, rows may still lie at the source.
  phase text not null check (phase in ('copying', 'closing', 'inserting', 'moved', 'done', 'undone')),
  -- Who is at it, and when it last said so. Whoever takes over writes its own id here, and the other can write nothing more.
  mover uuid not null,
  seen_at timestamptz not null,
  began_at timestamptz not null,
  ended_at timestamptz,
  rows bigint not null default 0,
  closed_ms integer not null default 0,
  note text not null default ''
);
create unique index shard_moves_one on shard_moves ((true)) where ended_at is null;
create index shard_moves_latest on shard_moves (began_at desc);

-- What may be done on a shard while a move comes to its end. No row: everything. settling: no new orders, so that what was
-- begun comes to rest. deaf: nor is anything heard of other databases. nobody: nothing.
create table shard_gates (
  shard text primary key,
  closed text not null check (closed in ('settling', 'deaf', 'nobody'))
);

-- A bucket is moving or it is not: no work is refused because of it alone.
alter table shard_buckets drop constraint shard_buckets_state_check;
alter table shard_buckets add constraint shard_buckets_state_check check (state in ('open', 'moving'));

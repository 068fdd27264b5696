-- 0001  Which database holds which bucket of shops. Lies at home, once for the whole marketplace.
-- A marketplace on one database has no rows here. Compatible with the release before: new tables. Locks: none that matter.
create table shard_buckets (
  bucket integer primary key check (bucket between 0 and 1023),
  shard text not null,
  -- While a bucket moves: paused, nothing new is begun in it; closed, nothing at all is done with it.
  state text not null default 'open' check (state in ('open', 'paused', 'closed')),
  moving_to text,
  version bigint not null
);

-- One row: the version of the map. Processes look at it, and read the map again when it has grown.
create table shard_map (
  only_row boolean primary key default true check (only_row),
  version bigint not null
);
insert into shard_map (version) values (0);

-- Every process that works with the map, and how much of it it knows. Whoever moves a bucket waits for all of them; a
-- process that has not been seen for the length of its lease works with nothing any more.
create table shard_processes (
  process_id uuid primary key,
  version bigint not null,
  seen_at timestamptz not null
);

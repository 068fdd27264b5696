-- 0001  What every service keeps beside its own tables: events going out, how far its consumers are, events it could not
-- handle, and answers already given. Runs with search_path set to the service's schema.
-- First release: nothing before it to be compatible with. Locks: none that matter, all tables are new.

-- One row per transaction and topic, carrying all its events. Append-only for the service (see below).
-- Readers order by (xid, seq), never by seq alone: a number drawn early may be committed late. They read only below the
-- xmin of their snapshot, where nothing can appear any more.
create table outbox (
  xid         xid8        not null default pg_current_xact_id(),
  seq         bigint      generated always as identity,
  topic       text        not null check (topic ~ '^[a-z_]+\.[a-z_]+$'),
  event_count integer     not null check (event_count > 0),
  batch       bytea       not null, -- souk.events.EventBatch
  written_at  timestamptz not null default now(),
  primary key (xid, seq)
);

-- How far each consumer of this service has come. The place named is the first event not yet handled.
-- One row per consumer, rewritten with every batch: room on the page keeps those updates from touching the index.
create table consumer_offsets (
  consumer   text        not null,
  source     text        not null,
  shard      text        not null,
  xid        xid8        not null,
  seq        bigint      not null,
  index      integer     not null check (index >= 0),
  updated_at timestamptz not null default now(),
  primary key (consumer, source, shard)
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Events a consumer of this service could not handle, each with what is needed to understand and to repeat it.
create table dead_letters (
  id             uuid        primary key, -- UUIDv7: in the order of parking
  consumer       text        not null,
  source         text        not null,
  shard          text        not null,
  xid            xid8        not null, -- with seq and index: where in the source's log it came from
  seq            bigint      not null,
  index          integer     not null,
  event_id       text        not null, -- empty, like the rest of the envelope, when that could not be read
  type           text        not null,
  topic          text        not null,
  key            text        not null,
  schema_version integer     not null,
  occurred_at    timestamptz,
  envelope       bytea       not null, -- souk.events.EventEnvelope as it was received
  cause          text        not null,
  attempts       integer     not null check (attempts >= 0),
  parked_at      timestamptz not null,
  state          text        not null default 'parked' check (state in ('parked', 'replayed', 'discarded')),
  resolved_at    timestamptz,
  resolution     text,
  constraint dead_letters_once unique (consumer, source, shard, xid, seq, index),
  constraint dead_letters_resolved check ((state = 'parked') = (resolved_at is null))
);
create index dead_letters_parked on dead_letters (consumer, id) where state = 'parked';
create index dead_letters_age on dead_letters (parked_at);

-- The answer given to a request with an idempotency key, to be given again. Kept 24 hours.
create table idempotency_keys (
  principal  text        not null,
  key        text        not null,
  route      text        not null,
  body_hash  bytea       not null,
  status     integer, -- null while the request that came first is under way
  answer     jsonb,
  headers    jsonb,
  created_at timestamptz not null default now(),
  primary key (principal, key, route)
);
create index idempotency_keys_age on idempotency_keys (created_at);

-- Forget events written before `before`, as far as the place (xid, seq) that every consumer has passed: 1,000 rows at
-- most a call, so that it holds no lock for long. Resolves to the number of rows. Never anything younger than a day,
-- whatever is asked: an outbox that a mistaken call could empty would be no record.
create function forget_events(before timestamptz, passed_xid xid8, passed_seq bigint) returns integer
  language sql security definer set search_path from current
begin atomic
  with gone as (
    delete from outbox
     where (xid, seq) in (select o.xid, o.seq from outbox o
                           where (o.xid, o.seq) < (passed_xid, passed_seq)
                             and o.written_at < least(before, now() - interval '1 day')
                           order by o.xid, o.seq limit 1000)
    returning 1)
  select count(*)::integer from gone;
end;
revoke execute on function forget_events(timestamptz, xid8, bigint) from public;

do $$
declare
  service_role text := 'souk_' || current_schema();
begin
  -- Compressed with lz4 where the server can: batches repeat ids and words, a third goes to the write-ahead log, and it
  -- costs less time than writing the rest. Elsewhere not at all: pglz would take longer than the insert itself.
  begin
    execute 'alter table outbox alter column batch set compression lz4';
  exception when feature_not_supported or invalid_parameter_value then
    execute 'alter table outbox alter column batch set storage external';
  end;
  -- The service may write events and never change or remove one: forgetting goes through forget_events alone.
  if exists (select from pg_roles where rolname = service_role) then
    execute format('revoke update, delete, truncate on outbox from %I', service_role);
    execute format('grant select, insert on outbox to %I', service_role);
    execute format('grant select, insert, update, delete on consumer_offsets, dead_letters, idempotency_keys to %I', service_role);
    execute format('grant execute on function forget_events(timestamptz, xid8, bigint) to %I', service_role);
  end if;
  -- The reader of all outboxes sees them and nothing else.
  if exists (select from pg_roles where rolname = 'souk_log') then
    grant select on outbox to souk_log;
  end if;
end $$;

-- 0001  How far the relay has brought each service's outbox to Kafka, and which relay may.
-- First release: nothing before it to be compatible with. Locks: none that matter, the table is new.
create table leases (
  source     text        primary key, -- the service whose outbox it is
  holder     text        not null,
  epoch      bigint      not null, -- grows with every change of hands: a relay that slept through one can record nothing
  expires_at timestamptz not null,
  xid        xid8        not null, -- the first row not known to be in Kafka
  seq        bigint      not null,
  resend     boolean     not null default false, -- put back by hand: send again what is in Kafka already
  updated_at timestamptz not null default now()
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

do $$
begin
  if exists (select from pg_roles where rolname = 'souk_relay') then
    grant select, insert, update on leases to souk_relay;
  end if;
end $$;

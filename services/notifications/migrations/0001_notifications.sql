-- 0001  What people are told: the messages themselves, those on their way, who is who, and in which words.
-- First release: nothing before it to be compatible with. Locks: none that matter, all tables are new.

-- Every message to somebody, and the customer's own history at once: recording one for the inbox delivers it. Written at
-- the pace of orders, so there is one key and no other index; of an order's confirmation only ids are kept (about 100
-- bytes), words are found when somebody reads. The id begins with the time of what is told and carries kind and channel:
-- the same event gives the same id, and a repeat meets its own row.
create table messages (
  customer_id uuid        not null, -- the account it is for, a shop's owner included
  id          uuid        not null, -- see message.ts
  about_id    uuid,                 -- the order it is about
  shop_id     uuid,
  sent_at     timestamptz,          -- null for the inbox: there it is delivered by being recorded
  kind        smallint    not null, -- see kinds.ts
  channel     smallint    not null, -- 0 inbox, 1 email, 2 sms, 3 whatsapp, 4 push
  parameters  jsonb,                -- of the text; null when ids say it all
  outcome     text,                 -- of one that left or never will: by whom, or why not
  primary key (customer_id, id)
) partition by range (id);
-- For the latest of all and for the audit: ids are written nearly in their order, so this costs nothing an order.
create index messages_latest on messages using brin (id) with (pages_per_range = 32);

-- Messages on their way to a provider, and those that failed for good. What has left has no row here.
create table deliveries (
  message_id  uuid        primary key,
  customer_id uuid        not null,
  kind        smallint    not null,
  channel     smallint    not null check (channel > 0),
  priority    smallint    not null check (priority between 1 and 3), -- 1 high, 2 normal, 3 low
  state       text        not null default 'queued' check (state in ('queued', 'sending', 'failed')),
  attempts    smallint    not null default 0,
  fence       int         not null default 0, -- grows with every taking: who held it before may no longer say how it ended
  due_at      timestamptz not null,           -- when it may be taken; while sending, when whoever has it is given up
  cause       text,                           -- of the last failure
  failed_at   timestamptz,
  constraint deliveries_failed_at check ((state = 'failed') = (failed_at is not null))
) with (fillfactor = 70);
create index deliveries_due on deliveries (channel, priority, due_at) where state <> 'failed';
create index deliveries_failed on deliveries (message_id) where state = 'failed';

-- Who is who: as identity announced it, and what they chose here.
create table recipients (
  account_id uuid        primary key,
  email      text,
  name       text        not null default '',
  language   text        not null default 'en',
  phone      text,        -- E.164
  push_token text,
  channels   jsonb,       -- kind → channels in order of preference; null: as usual
  version    bigint      not null default 1,
  changed_at timestamptz not null
);

create table shops (
  shop_id          uuid   primary key,
  name             text   not null,
  owner_account_id uuid   not null,
  version          bigint not null
);

-- Words that replace those the program brings (version 1 of each, see wording/). Never changed: a message keeps the words
-- that were in force when it was recorded.
create table templates (
  shop_id      uuid        not null, -- all zeros: of the whole marketplace
  kind         text        not null,
  channel      text        not null,
  language     text        not null,
  version      int         not null check (version > 1),
  subject      text        not null,
  body         text        not null,
  published_by uuid        not null,
  published_at timestamptz not null,
  primary key (shop_id, kind, channel, language, version)
);

/* The first id of an instant: ids begin with the time in milliseconds. */
create function first_id_at(at timestamptz) returns uuid language sql immutable as $$
  select (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7000-8000-000000000000')::uuid
  from (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') h) t
$$;

/* Make the partitions from the month before to two months ahead, drop those that hold nothing younger than `keep_from`.
   Runs with the rights of the owner: the service itself may change no table. */
create function tend_partitions(at timestamptz, keep_from timestamptz) returns int
language plpgsql security definer set search_path from current as $$
declare
  month timestamp := date_trunc('month', at at time zone 'utc');
  from_at timestamptz;
  name text;
  changed int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('notifications.partitions'));
  for i in -1..2 loop
    from_at := (month + make_interval(months => i)) at time zone 'utc';
    name := 'messages_' || to_char(from_at at time zone 'utc', 'YYYY_MM');
    if to_regclass(name) is null then
      begin
        execute format('create table %I partition of messages for values from (%L) to (%L)', name, first_id_at(from_at),
          first_id_at((month + make_interval(months => i + 1)) at time zone 'utc'));
        changed := changed + 1;
      exception when check_violation then
        null; -- a clock ran ahead: messages of that month lie among the others already, and are well there
      end;
    end if;
  end loop;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'messages'::regclass and c.relname ~ '^messages_\d{4}_\d\d$'
      and c.relname < 'messages_' || to_char(keep_from at time zone 'utc', 'YYYY_MM')
  loop
    execute format('drop table %I', name);
    changed := changed + 1;
  end loop;
  delete from messages_other where id < first_id_at(date_trunc('month', keep_from at time zone 'utc') at time zone 'utc');
  delete from deliveries where message_id < first_id_at(date_trunc('month', keep_from at time zone 'utc') at time zone 'utc');
  return changed;
end $$;

-- Told of what happened long ago, as after an import: messages of any other time.
create table messages_other partition of messages default;

select tend_partitions(now(), now() - interval '90 days');

do $$
declare
  service_role text := 'souk_' || current_schema();
begin
  if exists (select from pg_roles where rolname = service_role) then
    execute format('revoke update, delete, truncate on templates from %I', service_role);
    execute format('revoke truncate on messages, deliveries, recipients, shops from %I', service_role);
  end if;
end $$;

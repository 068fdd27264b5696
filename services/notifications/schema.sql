-- The tables and functions of notifications as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_notifications may select, insert, update and delete, and nobody else may do anything.

CREATE TABLE audit_marks (
  name text NOT NULL,
  snapshot pg_snapshot NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_marks_pkey PRIMARY KEY (name)
);

CREATE TABLE consumer_offsets (
  consumer text NOT NULL,
  source text NOT NULL,
  shard text NOT NULL,
  xid xid8 NOT NULL,
  seq bigint NOT NULL,
  index integer NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT consumer_offsets_pkey PRIMARY KEY (consumer, source, shard),
  CONSTRAINT consumer_offsets_index_check CHECK (index >= 0)
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000, fillfactor=20);

CREATE TABLE dead_letters (
  id uuid NOT NULL,
  consumer text NOT NULL,
  source text NOT NULL,
  shard text NOT NULL,
  xid xid8 NOT NULL,
  seq bigint NOT NULL,
  index integer NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  schema_version integer NOT NULL,
  occurred_at timestamp with time zone,
  envelope bytea NOT NULL,
  cause text NOT NULL,
  attempts integer NOT NULL,
  parked_at timestamp with time zone NOT NULL,
  state text DEFAULT 'parked'::text NOT NULL,
  resolved_at timestamp with time zone,
  resolution text,
  CONSTRAINT dead_letters_pkey PRIMARY KEY (id),
  CONSTRAINT dead_letters_once UNIQUE (consumer, source, shard, xid, seq, index),
  CONSTRAINT dead_letters_attempts_check CHECK (attempts >= 0),
  CONSTRAINT dead_letters_resolved CHECK ((state = 'parked'::text) = (resolved_at IS NULL)),
  CONSTRAINT dead_letters_state_check CHECK (state = ANY (ARRAY['parked'::text, 'replayed'::text, 'discarded'::text]))
);
CREATE INDEX dead_letters_age ON dead_letters (parked_at);
CREATE INDEX dead_letters_parked ON dead_letters (consumer, id) WHERE state = 'parked'::text;

CREATE TABLE deliveries (
  message_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  kind smallint NOT NULL,
  channel smallint NOT NULL,
  priority smallint NOT NULL,
  state text DEFAULT 'queued'::text NOT NULL,
  attempts smallint DEFAULT 0 NOT NULL,
  fence integer DEFAULT 0 NOT NULL,
  due_at timestamp with time zone NOT NULL,
  cause text,
  failed_at timestamp with time zone,
  CONSTRAINT deliveries_pkey PRIMARY KEY (message_id),
  CONSTRAINT deliveries_channel_check CHECK (channel > 0),
  CONSTRAINT deliveries_failed_at CHECK ((state = 'failed'::text) = (failed_at IS NOT NULL)),
  CONSTRAINT deliveries_priority_check CHECK (priority >= 1 AND priority <= 3),
  CONSTRAINT deliveries_state_check CHECK (state = ANY (ARRAY['queued'::text, 'sending'::text, 'failed'::text]))
) WITH (fillfactor=70);
CREATE INDEX deliveries_due ON deliveries (channel, priority, due_at) WHERE state <> 'failed'::text;
CREATE INDEX deliveries_failed ON deliveries (message_id) WHERE state = 'failed'::text;

CREATE TABLE idempotency_keys (
  principal text NOT NULL,
  key text NOT NULL,
  route text NOT NULL,
  body_hash bytea NOT NULL,
  status integer,
  answer jsonb,
  headers jsonb,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (principal, key, route)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE message_pages (
  at_ms bigint NOT NULL,
  page bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind smallint NOT NULL,
  shop_id uuid,
  customers uuid[] NOT NULL,
  orders uuid[] NOT NULL,
  shops uuid[],
  CONSTRAINT message_pages_pkey PRIMARY KEY (at_ms, page)
) WITH (autovacuum_analyze_threshold=2000000000, toast_tuple_target=8160);
CREATE INDEX message_pages_by_customer ON message_pages USING gin (customers) WITH (gin_pending_list_limit='4096');
GRANT INSERT, SELECT ON TABLE message_pages TO souk_notifications;

CREATE TABLE messages (
  customer_id uuid NOT NULL,
  id uuid NOT NULL,
  about_id uuid,
  shop_id uuid,
  sent_at timestamp with time zone,
  kind smallint NOT NULL,
  channel smallint NOT NULL,
  parameters jsonb,
  outcome text,
  receipt text,
  receipt_at timestamp with time zone,
  receipt_detail text,
  CONSTRAINT messages_pkey PRIMARY KEY (customer_id, id),
  CONSTRAINT messages_receipt_check CHECK (receipt = ANY (ARRAY['delivered'::text, 'read'::text, 'bounced'::text]))
) PARTITION BY RANGE (id);
CREATE INDEX messages_latest ON messages USING brin (id) WITH (pages_per_range='32');

CREATE TABLE messages_other PARTITION OF messages DEFAULT;

CREATE TABLE outbox (
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  topic text NOT NULL,
  event_count integer NOT NULL,
  batch bytea NOT NULL,
  written_at timestamp with time zone DEFAULT now() NOT NULL,
  kinds text[] DEFAULT '{}'::text[] NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (xid, seq),
  CONSTRAINT outbox_event_count_check CHECK (event_count > 0),
  CONSTRAINT outbox_topic_check CHECK (topic ~ '^[a-z_]+\.[a-z_]+$'::text)
);
GRANT SELECT ON TABLE outbox TO souk_log;
GRANT INSERT, SELECT ON TABLE outbox TO souk_notifications;

CREATE VIEW paged_messages AS
 SELECT p.at_ms,
    p.customers,
    m.customer_id,
    paged_message_id(p.at_ms, p.kind, m.order_id) AS id,
    m.order_id AS about_id,
    COALESCE(p.shop_id, m.shop_id) AS shop_id,
    p.kind
   FROM message_pages p
     CROSS JOIN LATERAL UNNEST(p.customers, p.orders, p.shops) m(customer_id, order_id, shop_id);

CREATE TABLE recipients (
  account_id uuid NOT NULL,
  email text,
  name text DEFAULT ''::text NOT NULL,
  language text DEFAULT 'en'::text NOT NULL,
  phone text,
  push_token text,
  channels jsonb,
  version bigint DEFAULT 1 NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone,
  CONSTRAINT recipients_pkey PRIMARY KEY (account_id)
);

CREATE TABLE shops (
  shop_id uuid NOT NULL,
  name text NOT NULL,
  owner_account_id uuid NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT shops_pkey PRIMARY KEY (shop_id)
);

CREATE TABLE templates (
  shop_id uuid NOT NULL,
  kind text NOT NULL,
  channel text NOT NULL,
  language text NOT NULL,
  version integer NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  published_by uuid NOT NULL,
  published_at timestamp with time zone NOT NULL,
  CONSTRAINT templates_pkey PRIMARY KEY (shop_id, kind, channel, language, version),
  CONSTRAINT templates_version_check CHECK (version > 1)
);
GRANT INSERT, SELECT ON TABLE templates TO souk_notifications;

CREATE OR REPLACE FUNCTION drop_pages(keep_from timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'notifications'
AS $function$
  with dropped as (
    delete from message_pages
    where at_ms < (extract(epoch from date_trunc('month', keep_from at time zone 'utc') at time zone 'utc') * 1000)::bigint
    returning page)
  select count(*) from dropped
$function$;
GRANT EXECUTE ON FUNCTION drop_pages(timestamp with time zone) TO souk_notifications;

CREATE OR REPLACE FUNCTION first_id_at(at timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7000-8000-000000000000')::uuid
  from (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') h) t
$function$;
GRANT EXECUTE ON FUNCTION first_id_at(timestamp with time zone) TO souk_notifications;

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'notifications'
BEGIN ATOMIC
 WITH gone AS (
          DELETE FROM outbox
           WHERE ((outbox.xid, outbox.seq) IN ( SELECT o.xid,
                     o.seq
                    FROM outbox o
                   WHERE ((ROW(o.xid, o.seq) < ROW(forget_events.passed_xid, forget_events.passed_seq)) AND (o.written_at < LEAST(forget_events.before, (now() - '1 day'::interval))))
                   ORDER BY o.xid, o.seq
                  LIMIT 1000))
           RETURNING 1 AS "?column?"
         )
  SELECT (count(*))::integer AS count
    FROM gone;
END;
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_notifications;

CREATE OR REPLACE FUNCTION paged_message_id(at_ms bigint, kind smallint, order_id uuid)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select (substr(t, 1, 8) || '-' || substr(t, 9) || '-7' || lpad(to_hex(kind * 16), 3, '0') || substr(order_id::text, 19))::uuid
  from (select lpad(to_hex(at_ms), 12, '0') t) as time
$function$;
GRANT EXECUTE ON FUNCTION paged_message_id(bigint,smallint,uuid) TO souk_notifications;

CREATE OR REPLACE FUNCTION tend_partitions(at timestamp with time zone, keep_from timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'notifications'
AS $function$
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
end $function$;
GRANT EXECUTE ON FUNCTION tend_partitions(timestamp with time zone,timestamp with time zone) TO souk_notifications;

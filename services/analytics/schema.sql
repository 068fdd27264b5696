-- The tables and functions of analytics as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_analytics may select, insert, update and delete, and nobody else may do anything.

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

CREATE TABLE days (
  day date NOT NULL,
  first_at timestamp with time zone NOT NULL,
  counted_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone,
  settled_at timestamp with time zone,
  CONSTRAINT days_pkey PRIMARY KEY (day),
  CONSTRAINT days_check CHECK (settled_at IS NULL OR closed_at IS NOT NULL)
);
CREATE INDEX days_to_do ON days (day) WHERE settled_at IS NULL;

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_analytics;
GRANT SELECT ON TABLE outbox TO souk_log;

CREATE TABLE outcome_days (
  day date NOT NULL,
  shop_id uuid NOT NULL,
  currency text NOT NULL,
  status text NOT NULL,
  orders bigint NOT NULL,
  amount_minor bigint NOT NULL,
  CONSTRAINT outcome_days_pkey PRIMARY KEY (shop_id, day, currency, status)
);
CREATE INDEX outcome_days_by_day ON outcome_days (day);

CREATE TABLE outcome_slots (
  slot_at timestamp with time zone NOT NULL,
  shop_id uuid NOT NULL,
  currency text NOT NULL,
  status text NOT NULL,
  orders bigint NOT NULL,
  amount_minor bigint NOT NULL,
  CONSTRAINT outcome_slots_pkey PRIMARY KEY (slot_at, shop_id, currency, status),
  CONSTRAINT outcome_slots_amount_minor_check CHECK (amount_minor >= 0),
  CONSTRAINT outcome_slots_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text),
  CONSTRAINT outcome_slots_orders_check CHECK (orders > 0)
) PARTITION BY RANGE (slot_at);

CREATE TABLE products (
  product_id uuid NOT NULL,
  title text NOT NULL,
  sold_on date NOT NULL,
  CONSTRAINT products_pkey PRIMARY KEY (product_id)
);
CREATE INDEX products_by_age ON products (sold_on);

CREATE TABLE progress (
  singleton boolean DEFAULT true NOT NULL,
  counted_until timestamp with time zone NOT NULL,
  CONSTRAINT progress_pkey PRIMARY KEY (singleton),
  CONSTRAINT progress_singleton_check CHECK (singleton)
);

CREATE TABLE sold_days (
  day date NOT NULL,
  shop_id uuid NOT NULL,
  product_id uuid NOT NULL,
  currency text NOT NULL,
  orders bigint NOT NULL,
  units bigint NOT NULL,
  amount_minor bigint NOT NULL,
  cancelled_orders bigint NOT NULL,
  cancelled_units bigint NOT NULL,
  cancelled_minor bigint NOT NULL,
  CONSTRAINT sold_days_pkey PRIMARY KEY (shop_id, day, product_id, currency)
);
CREATE INDEX sold_days_by_day ON sold_days (day);

CREATE TABLE sold_slots (
  slot_at timestamp with time zone NOT NULL,
  shop_id uuid NOT NULL,
  product_id uuid NOT NULL,
  currency text NOT NULL,
  orders bigint NOT NULL,
  units bigint NOT NULL,
  amount_minor bigint NOT NULL,
  cancelled_orders bigint NOT NULL,
  cancelled_units bigint NOT NULL,
  cancelled_minor bigint NOT NULL,
  CONSTRAINT sold_slots_pkey PRIMARY KEY (slot_at, shop_id, product_id, currency),
  CONSTRAINT sold_slots_amount_minor_check CHECK (amount_minor >= 0),
  CONSTRAINT sold_slots_check CHECK (cancelled_orders >= 0 AND cancelled_orders <= orders),
  CONSTRAINT sold_slots_check1 CHECK (cancelled_units >= 0 AND cancelled_units <= units),
  CONSTRAINT sold_slots_check2 CHECK (cancelled_minor >= 0 AND cancelled_minor <= amount_minor),
  CONSTRAINT sold_slots_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text),
  CONSTRAINT sold_slots_orders_check CHECK (orders > 0),
  CONSTRAINT sold_slots_units_check CHECK (units > 0)
) PARTITION BY RANGE (slot_at);

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'analytics'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_analytics;

CREATE OR REPLACE FUNCTION make_days(first_day date, last_day date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'analytics'
AS $function$
declare
  made int := 0;
  name text;
begin
  perform pg_advisory_xact_lock(hashtext('analytics.partitions'));
  for i in 0..last_day - first_day loop
    foreach name in array array['sold_slots', 'outcome_slots'] loop
      if to_regclass(name || to_char(first_day + i, '_YYYY_MM_DD')) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)',
          name || to_char(first_day + i, '_YYYY_MM_DD'), name,
          (first_day + i)::timestamp at time zone 'utc', (first_day + i + 1)::timestamp at time zone 'utc');
        made := made + 1;
      end if;
    end loop;
  end loop;
  return made;
end $function$;
GRANT EXECUTE ON FUNCTION make_days(date,date) TO souk_analytics;

CREATE OR REPLACE FUNCTION tend_partitions(today date, slots_from date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'analytics'
AS $function$
declare
  changed int := make_days(today - 1, today + 3);
  name text;
begin
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent in ('sold_slots'::regclass, 'outcome_slots'::regclass)
      and right(c.relname, 10) < to_char(slots_from, 'YYYY_MM_DD')
  loop
    execute format('drop table %I', name);
    changed := changed + 1;
  end loop;
  return changed;
end $function$;
GRANT EXECUTE ON FUNCTION tend_partitions(date,date) TO souk_analytics;

-- The tables and functions of shops as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_shops may select, insert, update and delete, and nobody else may do anything.

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

CREATE TABLE duty_intents (
  shop_id uuid NOT NULL,
  account_id uuid NOT NULL,
  duties text[] NOT NULL,
  set_by_account_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  written_at timestamp with time zone NOT NULL,
  leased_until timestamp with time zone NOT NULL,
  CONSTRAINT duty_intents_pkey PRIMARY KEY (shop_id, account_id)
);
CREATE INDEX duty_intents_due ON duty_intents (leased_until);

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
GRANT SELECT ON TABLE outbox TO souk_log;
GRANT INSERT, SELECT ON TABLE outbox TO souk_shops;

CREATE TABLE shop_history (
  entry_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  shop_id uuid NOT NULL,
  version bigint NOT NULL,
  what text NOT NULL,
  from_value text NOT NULL,
  to_value text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  by_account_id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT shop_history_pkey PRIMARY KEY (entry_id),
  CONSTRAINT shop_history_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(shop_id) ON DELETE CASCADE,
  CONSTRAINT shop_history_what_check CHECK (what = ANY (ARRAY['status'::text, 'verification'::text, 'commission'::text]))
);
CREATE INDEX shop_history_by_shop ON shop_history (shop_id, entry_id DESC);
GRANT INSERT, SELECT ON TABLE shop_history TO souk_shops;

CREATE TABLE shop_members (
  shop_id uuid NOT NULL,
  account_id uuid NOT NULL,
  owner boolean NOT NULL,
  duties text[] NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  added_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT shop_members_pkey PRIMARY KEY (shop_id, account_id),
  CONSTRAINT shop_members_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(shop_id) ON DELETE CASCADE
);
CREATE INDEX shop_members_by_account ON shop_members (account_id, shop_id);

CREATE TABLE shop_names (
  shop_id uuid NOT NULL,
  words text COLLATE "C" NOT NULL,
  CONSTRAINT shop_names_pkey PRIMARY KEY (words, shop_id),
  CONSTRAINT shop_names_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops(shop_id) ON DELETE CASCADE
);
CREATE INDEX shop_names_by_shop ON shop_names (shop_id);

CREATE TABLE shops (
  shop_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  slug text COLLATE "C" NOT NULL,
  name text NOT NULL,
  name_key text COLLATE "C" NOT NULL,
  status text NOT NULL,
  verification text NOT NULL,
  verification_reason text,
  country text NOT NULL,
  currency text NOT NULL,
  owner_account_id uuid NOT NULL,
  commission_bp integer NOT NULL,
  profile jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  selling_version bigint DEFAULT 0 NOT NULL,
  told_version bigint DEFAULT 0 NOT NULL,
  CONSTRAINT shops_pkey PRIMARY KEY (shop_id),
  CONSTRAINT shops_slug_unique UNIQUE (slug),
  CONSTRAINT shops_commission_bp_check CHECK (commission_bp >= 0 AND commission_bp <= 10000),
  CONSTRAINT shops_country_check CHECK (country ~ '^[A-Z]{2}$'::text),
  CONSTRAINT shops_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text),
  CONSTRAINT shops_name_check CHECK (char_length(name) >= 1 AND char_length(name) <= 120)
);
CREATE INDEX shops_by_name ON shops (name_key, shop_id);
CREATE INDEX shops_by_status ON shops (status, name_key, shop_id);
CREATE INDEX shops_by_verification ON shops (verification, name_key, shop_id);
CREATE INDEX shops_open ON shops (name_key, shop_id) WHERE status = 'open'::text;
CREATE INDEX shops_to_tell ON shops (shop_id) WHERE told_version < selling_version;

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'shops'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_shops;

-- The tables and functions of customers as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_customers may select, insert, update and delete, and nobody else may do anything.

CREATE TABLE addresses (
  address_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  label text DEFAULT ''::text NOT NULL,
  name text NOT NULL,
  company text DEFAULT ''::text NOT NULL,
  line1 text NOT NULL,
  line2 text DEFAULT ''::text NOT NULL,
  postal_code text DEFAULT ''::text NOT NULL,
  city text NOT NULL,
  region text DEFAULT ''::text NOT NULL,
  country text NOT NULL,
  phone text,
  default_delivery boolean NOT NULL,
  default_billing boolean NOT NULL,
  created_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT addresses_pkey PRIMARY KEY (address_id),
  CONSTRAINT addresses_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id) ON DELETE CASCADE,
  CONSTRAINT addresses_country_check CHECK (country ~ '^[A-Z]{2}$'::text),
  CONSTRAINT addresses_phone_check CHECK (phone ~ '^\+[0-9]{6,15}$'::text)
);
CREATE INDEX addresses_by_customer ON addresses (customer_id, address_id);
CREATE UNIQUE INDEX addresses_one_default_billing ON addresses (customer_id) WHERE default_billing;
CREATE UNIQUE INDEX addresses_one_default_delivery ON addresses (customer_id) WHERE default_delivery;

CREATE TABLE audit_marks (
  name text NOT NULL,
  snapshot pg_snapshot NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_marks_pkey PRIMARY KEY (name)
);

CREATE TABLE consents (
  entry_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  customer_id uuid NOT NULL,
  purpose text NOT NULL,
  given boolean NOT NULL,
  wording_version text NOT NULL,
  source text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT consents_pkey PRIMARY KEY (entry_id),
  CONSTRAINT consents_wording_version_check CHECK (char_length(wording_version) >= 1 AND char_length(wording_version) <= 40)
);
CREATE INDEX consents_by_customer ON consents (customer_id, purpose, entry_id DESC);
CREATE INDEX consents_history ON consents (customer_id, entry_id DESC);
GRANT INSERT, SELECT ON TABLE consents TO souk_customers;

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

CREATE TABLE customer_terms (
  term text COLLATE "C" NOT NULL,
  customer_id uuid NOT NULL,
  CONSTRAINT customer_terms_pkey PRIMARY KEY (term, customer_id),
  CONSTRAINT customer_terms_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id) ON DELETE CASCADE
);
CREATE INDEX customer_terms_by_customer ON customer_terms (customer_id);

CREATE TABLE customers (
  customer_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  events bigint DEFAULT 1 NOT NULL,
  email text,
  guest boolean DEFAULT false NOT NULL,
  given_name text DEFAULT ''::text NOT NULL,
  family_name text DEFAULT ''::text NOT NULL,
  phone text,
  birth_date date,
  language text DEFAULT 'en'::text NOT NULL,
  currency text DEFAULT 'EUR'::text NOT NULL,
  preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
  preferences_version bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  gender text,
  avatar_media_id uuid,
  avatar_url text,
  closed_at timestamp with time zone,
  CONSTRAINT customers_pkey PRIMARY KEY (customer_id),
  CONSTRAINT customers_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text),
  CONSTRAINT customers_family_name_check CHECK (char_length(family_name) <= 100),
  CONSTRAINT customers_gender_check CHECK (char_length(gender) >= 1 AND char_length(gender) <= 40),
  CONSTRAINT customers_given_name_check CHECK (char_length(given_name) <= 100),
  CONSTRAINT customers_language_check CHECK (char_length(language) >= 2 AND char_length(language) <= 12),
  CONSTRAINT customers_phone_check CHECK (phone ~ '^\+[0-9]{6,15}$'::text)
);

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_customers;
GRANT SELECT ON TABLE outbox TO souk_log;

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'customers'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_customers;

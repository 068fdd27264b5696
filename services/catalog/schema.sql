-- The tables and functions of catalog as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_catalog may select, insert, update and delete, and nobody else may do anything.

CREATE TABLE audit_marks (
  name text NOT NULL,
  snapshot pg_snapshot NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_marks_pkey PRIMARY KEY (name)
);

CREATE TABLE categories (
  category_id uuid NOT NULL,
  parent_id uuid,
  slug text COLLATE "C" NOT NULL,
  title text NOT NULL,
  path text COLLATE "C" NOT NULL,
  ancestor_ids uuid[] NOT NULL,
  "position" integer DEFAULT 0 NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  titles jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT categories_pkey PRIMARY KEY (category_id),
  CONSTRAINT categories_slug_unique UNIQUE (slug),
  CONSTRAINT categories_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES categories(category_id)
);
CREATE INDEX categories_in_order ON categories (path);

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

CREATE TABLE listings (
  facet uuid NOT NULL,
  product_id uuid NOT NULL,
  price_from_minor bigint NOT NULL,
  title_key text COLLATE "C" NOT NULL,
  CONSTRAINT listings_pkey PRIMARY KEY (facet, product_id)
);
CREATE INDEX listings_by_price ON listings (facet, price_from_minor, product_id);
CREATE INDEX listings_by_title ON listings (facet, title_key, product_id);

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_catalog;
GRANT SELECT ON TABLE outbox TO souk_log;

CREATE TABLE prices (
  variant_id uuid NOT NULL,
  price_version bigint NOT NULL,
  price_minor bigint NOT NULL,
  currency text NOT NULL,
  valid_from timestamp with time zone NOT NULL,
  set_by_account_id uuid NOT NULL,
  CONSTRAINT prices_pkey PRIMARY KEY (variant_id, price_version)
);
GRANT INSERT, SELECT ON TABLE prices TO souk_catalog;

CREATE TABLE products (
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  version bigint NOT NULL,
  slug text COLLATE "C" NOT NULL,
  title text NOT NULL,
  title_key text COLLATE "C" NOT NULL,
  description text NOT NULL,
  status text NOT NULL,
  tags text[] NOT NULL,
  category_ids uuid[] NOT NULL,
  facets uuid[] NOT NULL,
  options jsonb NOT NULL,
  pictures jsonb NOT NULL,
  currency text NOT NULL,
  price_from_minor bigint NOT NULL,
  listed boolean NOT NULL,
  created_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  tax_class text DEFAULT 'standard'::text NOT NULL,
  CONSTRAINT products_pkey PRIMARY KEY (product_id),
  CONSTRAINT products_slug_unique UNIQUE (shop_id, slug),
  CONSTRAINT products_status_check CHECK (status = ANY (ARRAY['draft'::text, 'active'::text, 'archived'::text])),
  CONSTRAINT products_title_check CHECK (char_length(title) >= 1 AND char_length(title) <= 200)
);
CREATE INDEX products_by_price ON products (price_from_minor, product_id) WHERE listed;
CREATE INDEX products_by_title ON products (title_key, product_id) WHERE listed;
CREATE INDEX products_by_words ON products USING gin (to_tsvector('simple'::regconfig, translate(title, '/-_.@+<>&'::text, '         '::text)));
CREATE INDEX products_newest ON products (product_id) WHERE listed;
CREATE INDEX products_of_shop ON products (shop_id, status, product_id);
CREATE INDEX products_of_shop_by_price ON products (shop_id, status, price_from_minor, product_id);
CREATE INDEX products_of_shop_by_title ON products (shop_id, status, title_key, product_id);

CREATE TABLE sale_windows (
  sale_window_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  product_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  status text NOT NULL,
  price_minor bigint NOT NULL,
  currency text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  cap_per_customer integer NOT NULL,
  units bigint NOT NULL,
  request_key text NOT NULL,
  body_hash bytea NOT NULL,
  created_by_account_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  tried_at timestamp with time zone NOT NULL,
  CONSTRAINT sale_windows_pkey PRIMARY KEY (sale_window_id),
  CONSTRAINT sale_windows_key_unique UNIQUE (created_by_account_id, request_key),
  CONSTRAINT sale_windows_cap_per_customer_check CHECK (cap_per_customer >= 0),
  CONSTRAINT sale_windows_check CHECK (ends_at > starts_at),
  CONSTRAINT sale_windows_price_minor_check CHECK (price_minor >= 0),
  CONSTRAINT sale_windows_status_check CHECK (status = ANY (ARRAY['pending'::text, 'planned'::text, 'cancelling'::text, 'cancelled'::text, 'ended'::text])),
  CONSTRAINT sale_windows_units_check CHECK (units > 0)
);
CREATE INDEX sale_windows_by_end ON sale_windows (ends_at, sale_window_id) WHERE status = 'planned'::text;
CREATE INDEX sale_windows_by_start ON sale_windows (starts_at, sale_window_id) WHERE status = 'planned'::text;
CREATE INDEX sale_windows_of_shop ON sale_windows (shop_id, sale_window_id);
CREATE INDEX sale_windows_of_variant ON sale_windows (variant_id, starts_at) WHERE status = ANY (ARRAY['pending'::text, 'planned'::text, 'cancelling'::text]);
CREATE INDEX sale_windows_past ON sale_windows (ends_at, sale_window_id) WHERE status = 'ended'::text;
CREATE INDEX sale_windows_unsettled ON sale_windows (tried_at) WHERE status = ANY (ARRAY['pending'::text, 'cancelling'::text]);

CREATE TABLE shops (
  shop_id uuid NOT NULL,
  version bigint NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  status text NOT NULL,
  currency text NOT NULL,
  relist_due boolean DEFAULT false NOT NULL,
  CONSTRAINT shops_pkey PRIMARY KEY (shop_id)
);
CREATE INDEX shops_by_slug ON shops (slug);
CREATE INDEX shops_to_relist ON shops (shop_id) WHERE relist_due;

CREATE TABLE variants (
  variant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  sku text COLLATE "C" NOT NULL,
  title text NOT NULL,
  options jsonb NOT NULL,
  price_minor bigint NOT NULL,
  price_version bigint NOT NULL,
  active boolean NOT NULL,
  "position" integer NOT NULL,
  weight_grams integer DEFAULT 0 NOT NULL,
  CONSTRAINT variants_pkey PRIMARY KEY (variant_id),
  CONSTRAINT variants_sku_unique UNIQUE (shop_id, sku),
  CONSTRAINT variants_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(product_id) ON DELETE CASCADE,
  CONSTRAINT variants_price_minor_check CHECK (price_minor >= 0 AND price_minor <= '1000000000000'::bigint),
  CONSTRAINT variants_weight_grams_check CHECK (weight_grams >= 0)
);
CREATE INDEX variants_of_product ON variants (product_id, "position");
CREATE INDEX variants_of_shop_by_sku ON variants (shop_id, lower(sku));

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'catalog'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_catalog;

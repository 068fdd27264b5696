-- The tables and functions of carts as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_carts may select, insert, update and delete, and nobody else may do anything.

CREATE TABLE audit_marks (
  name text NOT NULL,
  snapshot pg_snapshot NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_marks_pkey PRIMARY KEY (name)
);

CREATE TABLE cart_items (
  cart_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  quantity integer NOT NULL,
  seen_price_minor bigint NOT NULL,
  currency text NOT NULL,
  title text NOT NULL,
  refusal jsonb,
  added_at timestamp with time zone NOT NULL,
  CONSTRAINT cart_items_pkey PRIMARY KEY (cart_id, variant_id),
  CONSTRAINT cart_items_cart_id_fkey FOREIGN KEY (cart_id) REFERENCES carts(cart_id) ON DELETE CASCADE,
  CONSTRAINT cart_items_quantity_check CHECK (quantity >= 1 AND quantity <= 999)
);

CREATE TABLE carts (
  cart_id uuid NOT NULL,
  customer_id uuid,
  token_hash bytea,
  state text DEFAULT 'active'::text NOT NULL,
  merged_into uuid,
  vouchers text[] DEFAULT '{}'::text[] NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT carts_pkey PRIMARY KEY (cart_id),
  CONSTRAINT carts_check CHECK ((customer_id IS NULL) <> (token_hash IS NULL)),
  CONSTRAINT carts_check1 CHECK ((state = 'merged'::text) = (merged_into IS NOT NULL)),
  CONSTRAINT carts_state_check CHECK (state = ANY (ARRAY['active'::text, 'merged'::text])),
  CONSTRAINT carts_token_hash_check CHECK (length(token_hash) = 32),
  CONSTRAINT carts_vouchers_check CHECK (cardinality(vouchers) <= 5)
);
CREATE INDEX carts_expiry ON carts (expires_at);
CREATE UNIQUE INDEX carts_one_per_customer ON carts (customer_id) WHERE customer_id IS NOT NULL;

CREATE TABLE checkout_orders (
  checkout_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  order_key text NOT NULL,
  lines jsonb NOT NULL,
  voucher_codes text[] NOT NULL,
  outcome text DEFAULT 'pending'::text NOT NULL,
  order_id uuid,
  total_minor bigint,
  currency text,
  refusal jsonb,
  CONSTRAINT checkout_orders_pkey PRIMARY KEY (checkout_id, shop_id),
  CONSTRAINT checkout_orders_checkout_id_fkey FOREIGN KEY (checkout_id) REFERENCES checkouts(checkout_id) ON DELETE CASCADE,
  CONSTRAINT checkout_orders_check CHECK ((order_id IS NOT NULL) = (outcome = ANY (ARRAY['placed'::text, 'cancelled'::text]))),
  CONSTRAINT checkout_orders_check1 CHECK (outcome <> 'refused'::text OR refusal IS NOT NULL),
  CONSTRAINT checkout_orders_outcome_check CHECK (outcome = ANY (ARRAY['pending'::text, 'placed'::text, 'refused'::text, 'cancelled'::text]))
);

CREATE TABLE checkouts (
  checkout_id uuid NOT NULL,
  cart_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  key text NOT NULL,
  body_hash bytea NOT NULL,
  state text DEFAULT 'placing'::text NOT NULL,
  all_or_nothing boolean NOT NULL,
  request jsonb NOT NULL,
  correlation_id text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  leased_until timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  done_at timestamp with time zone,
  CONSTRAINT checkouts_pkey PRIMARY KEY (checkout_id),
  CONSTRAINT checkouts_key_unique UNIQUE (customer_id, key),
  CONSTRAINT checkouts_body_hash_check CHECK (length(body_hash) = 32),
  CONSTRAINT checkouts_check CHECK ((state = 'done'::text) = (done_at IS NOT NULL)),
  CONSTRAINT checkouts_state_check CHECK (state = ANY (ARRAY['placing'::text, 'undoing'::text, 'done'::text]))
);
CREATE INDEX checkouts_done ON checkouts (done_at) WHERE state = 'done'::text;
CREATE INDEX checkouts_due ON checkouts (leased_until) WHERE state <> 'done'::text;
CREATE UNIQUE INDEX checkouts_one_open ON checkouts (cart_id) WHERE state <> 'done'::text;

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

CREATE TABLE offers (
  variant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  sku text NOT NULL,
  title text NOT NULL,
  price_minor bigint NOT NULL,
  currency text NOT NULL,
  active boolean NOT NULL,
  CONSTRAINT offers_pkey PRIMARY KEY (variant_id),
  CONSTRAINT offers_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(product_id) ON DELETE CASCADE
);
CREATE INDEX offers_by_product ON offers (product_id);

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_carts;
GRANT SELECT ON TABLE outbox TO souk_log;

CREATE TABLE products (
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  slug text NOT NULL,
  selling boolean NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT products_pkey PRIMARY KEY (product_id)
);

CREATE TABLE sale_windows (
  sale_window_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  price_minor bigint NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  cap_per_customer integer NOT NULL,
  planned boolean NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT sale_windows_pkey PRIMARY KEY (sale_window_id)
);
CREATE INDEX sale_windows_by_variant ON sale_windows (variant_id, ends_at) WHERE planned;
CREATE INDEX sale_windows_over ON sale_windows (ends_at);

CREATE TABLE shops (
  shop_id uuid NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  selling boolean NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT shops_pkey PRIMARY KEY (shop_id)
);

CREATE TABLE wishes (
  customer_id uuid NOT NULL,
  product_id uuid NOT NULL,
  added_at timestamp with time zone NOT NULL,
  CONSTRAINT wishes_pkey PRIMARY KEY (customer_id, product_id)
);
CREATE INDEX wishes_by_time ON wishes (customer_id, added_at DESC, product_id DESC);

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'carts'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_carts;

-- The tables and functions of promotions as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_promotions may select, insert, update and delete, and nobody else may do anything.

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

CREATE TABLE discounts (
  discount_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  title text NOT NULL,
  kind text NOT NULL,
  percent integer NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  minimum_quantity integer NOT NULL,
  product_ids uuid[] NOT NULL,
  category_ids uuid[] NOT NULL,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  active boolean NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT discounts_pkey PRIMARY KEY (discount_id),
  CONSTRAINT discounts_amount_minor_check CHECK (amount_minor >= 0),
  CONSTRAINT discounts_kind_check CHECK (kind = ANY (ARRAY['percent'::text, 'amount'::text])),
  CONSTRAINT discounts_minimum_quantity_check CHECK (minimum_quantity > 0),
  CONSTRAINT discounts_percent_check CHECK (percent >= 0 AND percent <= 100)
);
CREATE INDEX discounts_of_shop ON discounts (shop_id, discount_id DESC);

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_promotions;

CREATE TABLE point_balances (
  customer_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  points bigint NOT NULL,
  CONSTRAINT point_balances_pkey PRIMARY KEY (customer_id, shop_id),
  CONSTRAINT point_balances_points_check CHECK (points >= 0)
);

CREATE TABLE point_entries (
  entry_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  order_id uuid NOT NULL,
  points bigint NOT NULL,
  reason text NOT NULL,
  minor_per_point bigint NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT point_entries_pkey PRIMARY KEY (entry_id),
  CONSTRAINT point_entries_points_check CHECK (points <> 0),
  CONSTRAINT point_entries_reason_check CHECK (reason = ANY (ARRAY['earned'::text, 'cancelled'::text, 'returned'::text]))
);
CREATE INDEX point_entries_of_customer ON point_entries (customer_id, entry_id DESC);
CREATE INDEX point_entries_of_order ON point_entries (order_id);

CREATE TABLE rules (
  shop_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  settings_version bigint DEFAULT 0 NOT NULL,
  collects_tax boolean DEFAULT false NOT NULL,
  prices_include_tax boolean DEFAULT true NOT NULL,
  country text DEFAULT ''::text NOT NULL,
  requires_delivery boolean DEFAULT false NOT NULL,
  minor_per_point bigint,
  asks boolean DEFAULT false NOT NULL,
  told_version bigint DEFAULT 0 NOT NULL,
  CONSTRAINT rules_pkey PRIMARY KEY (shop_id),
  CONSTRAINT rules_minor_per_point_check CHECK (minor_per_point > 0)
);
CREATE INDEX rules_to_tell ON rules (shop_id) WHERE told_version < version;

CREATE TABLE shipping_rates (
  rate_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  name text NOT NULL,
  method text NOT NULL,
  countries text[] NOT NULL,
  from_grams integer NOT NULL,
  to_grams integer,
  price_minor bigint NOT NULL,
  currency text NOT NULL,
  free_from_minor bigint,
  created_at timestamp with time zone NOT NULL,
  names jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT shipping_rates_pkey PRIMARY KEY (rate_id),
  CONSTRAINT shipping_rates_check CHECK (to_grams >= from_grams),
  CONSTRAINT shipping_rates_free_from_minor_check CHECK (free_from_minor >= 0),
  CONSTRAINT shipping_rates_from_grams_check CHECK (from_grams >= 0),
  CONSTRAINT shipping_rates_price_minor_check CHECK (price_minor >= 0)
);
CREATE INDEX shipping_rates_of_shop ON shipping_rates (shop_id, rate_id DESC);

CREATE TABLE tax_rates (
  country text NOT NULL,
  tax_class text NOT NULL,
  label text NOT NULL,
  basis_points integer NOT NULL,
  labels jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT tax_rates_pkey PRIMARY KEY (country, tax_class),
  CONSTRAINT tax_rates_basis_points_check CHECK (basis_points >= 0 AND basis_points <= 10000),
  CONSTRAINT tax_rates_country_check CHECK (country ~ '^[A-Z]{2}$'::text)
);

CREATE TABLE variants (
  variant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  category_ids uuid[] NOT NULL,
  weight_grams integer NOT NULL,
  tax_class text NOT NULL,
  product_version bigint NOT NULL,
  CONSTRAINT variants_pkey PRIMARY KEY (variant_id)
);

CREATE TABLE vouchers (
  voucher_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  told_version bigint DEFAULT 0 NOT NULL,
  code text NOT NULL,
  title text NOT NULL,
  kind text NOT NULL,
  percent integer NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  minimum_minor bigint NOT NULL,
  first_order_only boolean NOT NULL,
  product_ids uuid[] NOT NULL,
  category_ids uuid[] NOT NULL,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  uses bigint,
  uses_per_customer integer NOT NULL,
  active boolean NOT NULL,
  removed_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT vouchers_pkey PRIMARY KEY (voucher_id),
  CONSTRAINT vouchers_amount_minor_check CHECK (amount_minor >= 0),
  CONSTRAINT vouchers_code_check CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{1,39}$'::text),
  CONSTRAINT vouchers_kind_check CHECK (kind = ANY (ARRAY['percent'::text, 'amount'::text, 'free-shipping'::text])),
  CONSTRAINT vouchers_minimum_minor_check CHECK (minimum_minor >= 0),
  CONSTRAINT vouchers_percent_check CHECK (percent >= 0 AND percent <= 100),
  CONSTRAINT vouchers_uses_check CHECK (uses >= 0),
  CONSTRAINT vouchers_uses_per_customer_check CHECK (uses_per_customer >= 0)
);
CREATE UNIQUE INDEX vouchers_code_unique ON vouchers (shop_id, code) WHERE removed_at IS NULL;
CREATE INDEX vouchers_of_shop ON vouchers (shop_id, voucher_id DESC) WHERE removed_at IS NULL;
CREATE INDEX vouchers_to_tell ON vouchers (voucher_id) WHERE told_version < version;

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'promotions'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_promotions;

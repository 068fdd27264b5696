-- The tables and functions of orders as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_orders may select, insert, update and delete, and nobody else may do anything.

CREATE TABLE allotments (
  kind smallint NOT NULL,
  allotment_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  granted bigint NOT NULL,
  remaining bigint NOT NULL,
  CONSTRAINT allotments_pkey PRIMARY KEY (kind, allotment_id),
  CONSTRAINT allotments_check CHECK (remaining <= granted),
  CONSTRAINT allotments_granted_check CHECK (granted >= 0),
  CONSTRAINT allotments_remaining_check CHECK (remaining >= 0)
) PARTITION BY LIST (kind);

CREATE TABLE allotments_caps PARTITION OF allotments FOR VALUES IN ('3') WITH (fillfactor=80);

CREATE TABLE allotments_shared PARTITION OF allotments FOR VALUES IN ('1', '2') WITH (autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0.02, fillfactor=30);

CREATE TABLE allotments_vouchers PARTITION OF allotments FOR VALUES IN ('4') WITH (autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0.02, fillfactor=30);

CREATE TABLE audit_marks (
  name text NOT NULL,
  snapshot pg_snapshot NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_marks_pkey PRIMARY KEY (name)
);

CREATE TABLE audited (
  name text NOT NULL,
  id uuid NOT NULL,
  units bigint NOT NULL,
  CONSTRAINT audited_pkey PRIMARY KEY (name, id)
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

CREATE TABLE import_lines (
  import_id uuid NOT NULL,
  slice smallint NOT NULL,
  number text COLLATE "C" NOT NULL,
  line_no integer NOT NULL,
  code_key text COLLATE "C" NOT NULL,
  code text NOT NULL,
  title text COLLATE "C" NOT NULL,
  quantity integer NOT NULL,
  unit_price_minor bigint NOT NULL,
  currency text NOT NULL,
  placed_at timestamp with time zone NOT NULL,
  customer text COLLATE "C" NOT NULL,
  service boolean NOT NULL,
  raw text NOT NULL,
  CONSTRAINT import_lines_pkey PRIMARY KEY (import_id, slice, number, line_no)
);

CREATE TABLE import_rejects (
  import_id uuid NOT NULL,
  line_no integer NOT NULL,
  field text NOT NULL,
  reason text NOT NULL,
  raw text NOT NULL,
  month text NOT NULL,
  currency text NOT NULL,
  minor bigint NOT NULL,
  CONSTRAINT import_rejects_pkey PRIMARY KEY (import_id, line_no)
);

CREATE TABLE import_returns (
  import_id uuid NOT NULL,
  line_no integer NOT NULL,
  shop_id uuid NOT NULL,
  number text COLLATE "C" NOT NULL,
  code_key text COLLATE "C" NOT NULL,
  quantity integer NOT NULL,
  unit_price_minor bigint NOT NULL,
  currency text NOT NULL,
  returned_at timestamp with time zone NOT NULL,
  customer text COLLATE "C" NOT NULL,
  raw text NOT NULL,
  state text DEFAULT 'read'::text NOT NULL,
  sale_number text COLLATE "C",
  sale_line integer,
  order_id uuid,
  CONSTRAINT import_returns_pkey PRIMARY KEY (import_id, line_no),
  CONSTRAINT import_returns_state_check CHECK (state = ANY (ARRAY['read'::text, 'matched'::text, 'made'::text, 'known'::text, 'rejected'::text]))
);
CREATE INDEX import_returns_by_number ON import_returns (shop_id, number) WHERE state = 'made'::text;
CREATE INDEX import_returns_by_sale ON import_returns (import_id, sale_number) WHERE state = 'matched'::text;
CREATE INDEX import_returns_of_order ON import_returns (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX import_returns_to_match ON import_returns (import_id, returned_at, line_no) WHERE state = 'read'::text;

CREATE TABLE import_slices (
  import_id uuid NOT NULL,
  slice smallint NOT NULL,
  after_number text COLLATE "C" DEFAULT ''::text NOT NULL,
  done boolean DEFAULT false NOT NULL,
  order_lines bigint DEFAULT 0 NOT NULL,
  CONSTRAINT import_slices_pkey PRIMARY KEY (import_id, slice)
);

CREATE TABLE import_sums (
  import_id uuid NOT NULL,
  month text NOT NULL,
  currency text NOT NULL,
  lines bigint NOT NULL,
  minor bigint NOT NULL,
  known_minor bigint DEFAULT 0 NOT NULL,
  CONSTRAINT import_sums_pkey PRIMARY KEY (import_id, month, currency)
);

CREATE TABLE imported_customers (
  shop_id uuid NOT NULL,
  number text COLLATE "C" NOT NULL,
  customer_id uuid,
  CONSTRAINT imported_customers_pkey PRIMARY KEY (shop_id, number)
);
CREATE INDEX imported_customers_wanted ON imported_customers (shop_id, number) WHERE customer_id IS NULL;

CREATE TABLE imported_orders (
  shop_id uuid NOT NULL,
  number text COLLATE "C" NOT NULL,
  order_id uuid NOT NULL,
  import_id uuid NOT NULL,
  moved jsonb,
  CONSTRAINT imported_orders_pkey PRIMARY KEY (shop_id, number)
);

CREATE TABLE imported_products (
  shop_id uuid NOT NULL,
  code_key text COLLATE "C" NOT NULL,
  code text NOT NULL,
  title text NOT NULL,
  price_minor bigint NOT NULL,
  service boolean NOT NULL,
  product_id uuid,
  variant_id uuid,
  CONSTRAINT imported_products_pkey PRIMARY KEY (shop_id, code_key)
);
CREATE INDEX imported_products_wanted ON imported_products (shop_id, code_key) WHERE variant_id IS NULL;

CREATE TABLE imports (
  import_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  fingerprint text NOT NULL,
  name text NOT NULL,
  state text NOT NULL,
  lines bigint DEFAULT 0 NOT NULL,
  products bigint DEFAULT 0 NOT NULL,
  customers bigint DEFAULT 0 NOT NULL,
  result jsonb,
  started_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  CONSTRAINT imports_pkey PRIMARY KEY (import_id),
  CONSTRAINT imports_shop_id_fingerprint_key UNIQUE (shop_id, fingerprint),
  CONSTRAINT imports_state_check CHECK (state = ANY (ARRAY['staging'::text, 'preparing'::text, 'making'::text, 'done'::text]))
);

CREATE TABLE offers (
  variant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  sku text NOT NULL,
  title text NOT NULL,
  price_minor bigint NOT NULL,
  currency text NOT NULL,
  price_version bigint NOT NULL,
  selling boolean NOT NULL,
  product_version bigint NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  CONSTRAINT offers_pkey PRIMARY KEY (variant_id),
  CONSTRAINT offers_currency_check CHECK (currency ~ '^[A-Z]{3}$'::text),
  CONSTRAINT offers_price_minor_check CHECK (price_minor >= 0 AND price_minor <= '1000000000000'::bigint)
);
CREATE INDEX offers_by_product ON offers (product_id);

CREATE TABLE order_details (
  order_id uuid NOT NULL,
  details jsonb NOT NULL,
  CONSTRAINT order_details_pkey PRIMARY KEY (order_id)
);

CREATE TABLE order_keys (
  day date NOT NULL,
  customer_id uuid NOT NULL,
  key text NOT NULL,
  order_id uuid NOT NULL,
  body_hash uuid NOT NULL,
  CONSTRAINT order_keys_pkey PRIMARY KEY (customer_id, key, day)
) PARTITION BY RANGE (day);

CREATE VIEW order_lines AS
 SELECT order_lines_apart.order_id,
    order_lines_apart.line_no,
    order_lines_apart.variant_id,
    order_lines_apart.product_id,
    order_lines_apart.sku,
    order_lines_apart.title,
    order_lines_apart.quantity,
    order_lines_apart.unit_price_minor,
    order_lines_apart.total_minor,
    order_lines_apart.price_version,
    order_lines_apart.sale_window_id
   FROM order_lines_apart
UNION ALL
 SELECT o.order_id,
    l.line_no::smallint AS line_no,
    (l.line ->> 0)::uuid AS variant_id,
    (l.line ->> 1)::uuid AS product_id,
    l.line ->> 2 AS sku,
    l.line ->> 3 AS title,
    (l.line ->> 4)::integer AS quantity,
    (l.line ->> 5)::bigint AS unit_price_minor,
    ((l.line ->> 4)::integer) * ((l.line ->> 5)::bigint) AS total_minor,
    (l.line ->> 6)::bigint AS price_version,
    (l.line ->> 7)::uuid AS sale_window_id
   FROM orders o
     CROSS JOIN LATERAL json_array_elements(o.lines) WITH ORDINALITY l(line, line_no);
CREATE TRIGGER order_lines_of_before INSTEAD OF INSERT ON order_lines FOR EACH ROW EXECUTE FUNCTION keep_line_apart();

CREATE TABLE order_lines_apart (
  order_id uuid NOT NULL,
  line_no smallint NOT NULL,
  variant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  sku text NOT NULL,
  title text NOT NULL,
  quantity integer NOT NULL,
  unit_price_minor bigint NOT NULL,
  total_minor bigint NOT NULL,
  price_version bigint NOT NULL,
  sale_window_id uuid,
  CONSTRAINT order_lines_pkey PRIMARY KEY (order_id, line_no),
  CONSTRAINT order_lines_check CHECK (total_minor = (quantity * unit_price_minor)),
  CONSTRAINT order_lines_quantity_check CHECK (quantity > 0),
  CONSTRAINT order_lines_unit_price_minor_check CHECK (unit_price_minor >= 0)
) PARTITION BY RANGE (order_id);

CREATE TABLE order_requests (
  order_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  key text NOT NULL,
  body_hash uuid NOT NULL,
  body jsonb NOT NULL,
  priority smallint NOT NULL,
  state text DEFAULT 'accepted'::text NOT NULL,
  refusal jsonb,
  attempts integer DEFAULT 0 NOT NULL,
  network_address text NOT NULL,
  user_agent text NOT NULL,
  accepted_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  CONSTRAINT order_requests_pkey PRIMARY KEY (order_id),
  CONSTRAINT order_requests_customer_id_key_key UNIQUE (customer_id, key),
  CONSTRAINT order_requests_state_check CHECK (state = ANY (ARRAY['accepted'::text, 'placed'::text, 'refused'::text]))
);
CREATE INDEX order_requests_waiting ON order_requests (priority, order_id) WHERE state = 'accepted'::text;

CREATE TABLE order_steps (
  order_id uuid NOT NULL,
  step text NOT NULL,
  state text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  next_at timestamp with time zone,
  deadline_at timestamp with time zone,
  reason text DEFAULT ''::text NOT NULL,
  detail text DEFAULT ''::text NOT NULL,
  input text DEFAULT ''::text NOT NULL,
  fence integer DEFAULT 1 NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT order_steps_pkey PRIMARY KEY (order_id, step),
  CONSTRAINT order_steps_check CHECK ((next_at IS NULL) = (state = ANY (ARRAY['done'::text, 'refused'::text, 'held'::text, 'undone'::text]))),
  CONSTRAINT order_steps_state_check CHECK (state = ANY (ARRAY['pending'::text, 'due'::text, 'stuck'::text, 'done'::text, 'refused'::text, 'undoing'::text, 'undo-stuck'::text, 'held'::text, 'undone'::text]))
);
CREATE INDEX order_steps_due ON order_steps (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX order_steps_stuck ON order_steps (order_id) WHERE state = ANY (ARRAY['stuck'::text, 'undo-stuck'::text]);

CREATE TABLE order_uses (
  order_id uuid NOT NULL,
  voucher_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  code text NOT NULL,
  cap integer NOT NULL,
  first_only boolean NOT NULL,
  CONSTRAINT order_uses_pkey PRIMARY KEY (order_id, voucher_id)
);
CREATE INDEX order_uses_by_voucher ON order_uses (voucher_id, customer_id);

CREATE TABLE orders (
  order_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  status text NOT NULL,
  version integer NOT NULL,
  total_minor bigint NOT NULL,
  currency text NOT NULL,
  payment_method text NOT NULL,
  placed_at timestamp with time zone NOT NULL,
  history jsonb NOT NULL,
  lines json,
  CONSTRAINT orders_pkey PRIMARY KEY (order_id),
  CONSTRAINT orders_total_minor_check CHECK (total_minor >= 0)
) PARTITION BY RANGE (order_id);
CREATE INDEX orders_by_customer ON orders (customer_id, order_id);
CREATE INDEX orders_by_shop ON orders (shop_id, order_id);

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_orders;

CREATE TABLE return_lines (
  return_id uuid NOT NULL,
  line_no smallint NOT NULL,
  variant_id uuid NOT NULL,
  quantity integer NOT NULL,
  received integer,
  restock boolean,
  refund_minor bigint,
  CONSTRAINT return_lines_pkey PRIMARY KEY (return_id, line_no),
  CONSTRAINT return_lines_return_id_fkey FOREIGN KEY (return_id) REFERENCES returns(return_id),
  CONSTRAINT return_lines_check CHECK (received >= 0 AND received <= quantity),
  CONSTRAINT return_lines_quantity_check CHECK (quantity > 0),
  CONSTRAINT return_lines_refund_minor_check CHECK (refund_minor >= 0)
);

CREATE TABLE returns (
  return_id uuid NOT NULL,
  order_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  origin text NOT NULL,
  shipment_id uuid,
  state text NOT NULL,
  reason text NOT NULL,
  note text NOT NULL,
  answer text NOT NULL,
  refund_minor bigint,
  actor_id uuid,
  correlation_id text NOT NULL,
  requested_at timestamp with time zone NOT NULL,
  decided_at timestamp with time zone,
  received_at timestamp with time zone,
  settled_at timestamp with time zone,
  attempts integer DEFAULT 0 NOT NULL,
  try_at timestamp with time zone NOT NULL,
  CONSTRAINT returns_pkey PRIMARY KEY (return_id),
  CONSTRAINT returns_shipment_id_key UNIQUE (shipment_id),
  CONSTRAINT returns_origin_check CHECK (origin = ANY (ARRAY['customer'::text, 'undelivered'::text])),
  CONSTRAINT returns_refund_minor_check CHECK (refund_minor >= 0),
  CONSTRAINT returns_state_check CHECK (state = ANY (ARRAY['requested'::text, 'refused'::text, 'approved'::text, 'receiving'::text, 'received'::text, 'settled'::text]))
);
CREATE INDEX returns_of_order ON returns (order_id);
CREATE INDEX returns_of_shop ON returns (shop_id, return_id DESC);
CREATE INDEX returns_of_shop_by_state ON returns (shop_id, state, return_id DESC);
CREATE INDEX returns_under_way ON returns (try_at) WHERE state = ANY (ARRAY['receiving'::text, 'received'::text]);

CREATE TABLE saga_watch (
  only_row boolean DEFAULT true NOT NULL,
  looked_until timestamp with time zone NOT NULL,
  CONSTRAINT saga_watch_pkey PRIMARY KEY (only_row),
  CONSTRAINT saga_watch_only_row_check CHECK (only_row)
);

CREATE TABLE sale_windows (
  sale_window_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  product_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  price_minor bigint NOT NULL,
  currency text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  cap_per_customer integer NOT NULL,
  units bigint NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT sale_windows_pkey PRIMARY KEY (sale_window_id),
  CONSTRAINT sale_windows_cap_per_customer_check CHECK (cap_per_customer >= 0),
  CONSTRAINT sale_windows_check CHECK (ends_at > starts_at),
  CONSTRAINT sale_windows_price_minor_check CHECK (price_minor >= 0 AND price_minor <= '1000000000000'::bigint),
  CONSTRAINT sale_windows_units_check CHECK (units > 0)
);
CREATE INDEX sale_windows_by_product ON sale_windows (product_id) WHERE ended_at IS NULL;
CREATE INDEX sale_windows_by_variant ON sale_windows (variant_id);
CREATE INDEX sale_windows_to_end ON sale_windows (ends_at) WHERE ended_at IS NULL;

CREATE TABLE shipment_lines (
  shipment_id uuid NOT NULL,
  line_no smallint NOT NULL,
  variant_id uuid NOT NULL,
  quantity integer NOT NULL,
  CONSTRAINT shipment_lines_pkey PRIMARY KEY (shipment_id, line_no),
  CONSTRAINT shipment_lines_shipment_id_fkey FOREIGN KEY (shipment_id) REFERENCES shipments(shipment_id),
  CONSTRAINT shipment_lines_quantity_check CHECK (quantity > 0)
);

CREATE TABLE shipments (
  shipment_id uuid NOT NULL,
  order_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  state text NOT NULL,
  carrier text NOT NULL,
  tracking_number text NOT NULL,
  tracking_url text NOT NULL,
  refusal jsonb,
  actor_id uuid NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  issued_at timestamp with time zone,
  ended_at timestamp with time zone,
  attempts integer DEFAULT 0 NOT NULL,
  try_at timestamp with time zone NOT NULL,
  CONSTRAINT shipments_pkey PRIMARY KEY (shipment_id),
  CONSTRAINT shipments_state_check CHECK (state = ANY (ARRAY['issuing'::text, 'issued'::text, 'refused'::text, 'delivered'::text, 'failed'::text]))
);
CREATE INDEX shipments_issuing ON shipments (try_at) WHERE state = 'issuing'::text;
CREATE INDEX shipments_of_order ON shipments (order_id);

CREATE TABLE shipped_until (
  shop_id uuid NOT NULL,
  order_id uuid NOT NULL,
  CONSTRAINT shipped_until_pkey PRIMARY KEY (shop_id)
);

CREATE TABLE shops (
  shop_id uuid NOT NULL,
  selling boolean NOT NULL,
  version bigint NOT NULL,
  name text DEFAULT ''::text NOT NULL,
  learned_at timestamp with time zone DEFAULT now() NOT NULL,
  asks boolean DEFAULT false NOT NULL,
  rules_version bigint DEFAULT 0 NOT NULL,
  epoch bigint DEFAULT 0 NOT NULL,
  CONSTRAINT shops_pkey PRIMARY KEY (shop_id)
);

CREATE TABLE told_elsewhere (
  order_id uuid NOT NULL,
  after_version integer NOT NULL,
  until_version integer,
  brought_by uuid,
  CONSTRAINT told_elsewhere_pkey PRIMARY KEY (order_id, after_version),
  CONSTRAINT told_elsewhere_after_version_check CHECK (after_version >= 0),
  CONSTRAINT told_elsewhere_check CHECK (until_version >= after_version)
);
CREATE INDEX told_elsewhere_brought ON told_elsewhere (brought_by) WHERE brought_by IS NOT NULL;

CREATE TABLE transfers (
  transfer_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  quantity bigint NOT NULL,
  remaining bigint NOT NULL,
  made_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT transfers_pkey PRIMARY KEY (transfer_id)
);
CREATE INDEX transfers_by_time ON transfers USING brin (made_at) WITH (pages_per_range='16');
CREATE INDEX transfers_by_variant ON transfers (variant_id);

CREATE TABLE voucher_limits (
  voucher_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  version bigint NOT NULL,
  uses bigint NOT NULL,
  CONSTRAINT voucher_limits_pkey PRIMARY KEY (voucher_id),
  CONSTRAINT voucher_limits_uses_check CHECK (uses >= 0)
);

CREATE OR REPLACE FUNCTION expect(what text, actual bigint, wanted bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  if actual is distinct from wanted then
    raise exception 'expected % of %, got %', wanted, what, actual using errcode = 'SK001';
  end if;
  return true;
end $function$;
GRANT EXECUTE ON FUNCTION expect(text,bigint,bigint) TO souk_orders;

CREATE OR REPLACE FUNCTION first_id_at(at timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7000-8000-000000000000')::uuid
  from (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') h) t
$function$;
GRANT EXECUTE ON FUNCTION first_id_at(timestamp with time zone) TO souk_orders;

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'orders'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_orders;

CREATE OR REPLACE FUNCTION keep_line_apart()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into order_lines_apart select new.*;
  return new;
end $function$;
GRANT EXECUTE ON FUNCTION keep_line_apart() TO souk_orders;

CREATE OR REPLACE FUNCTION make_partitions(at timestamp with time zone, keys_before date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'orders'
AS $function$
declare
  month timestamptz := date_trunc('month', at at time zone 'utc') at time zone 'utc';
  made int := 0;
  name text;
  day date;
begin
  perform pg_advisory_xact_lock(hashtext('orders.partitions'));
  for i in -1..2 loop
    declare
      from_at timestamptz := (month at time zone 'utc' + make_interval(months => i)) at time zone 'utc';
      to_at timestamptz := (month at time zone 'utc' + make_interval(months => i + 1)) at time zone 'utc';
      suffix text := to_char(from_at at time zone 'utc', 'YYYY_MM');
    begin
      if to_regclass('orders_' || suffix) is null then
        -- 45 %: every order is confirmed soon after, a page full of them at once. With room for the second version of each the
        -- update stays on its page (HOT) and touches none of the three indexes. At 85 % one in five did, and the update took 14 µs an order.
        execute format('create table %I partition of orders for values from (%L) to (%L) with (fillfactor = 45)',
          'orders_' || suffix, first_id_at(from_at), first_id_at(to_at));
        execute format('create table %I partition of order_lines_apart for values from (%L) to (%L)',
          'order_lines_' || suffix, first_id_at(from_at), first_id_at(to_at));
        made := made + 1;
      end if;
    end;
  end loop;
  for i in -2..3 loop
    day := (at at time zone 'utc')::date + i;
    name := 'order_keys_' || to_char(day, 'YYYY_MM_DD');
    if day >= keys_before and to_regclass(name) is null then
      execute format('create table %I partition of order_keys for values from (%L) to (%L)', name, day, day + 1);
      made := made + 1;
    end if;
  end loop;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'order_keys'::regclass and c.relname < 'order_keys_' || to_char(keys_before, 'YYYY_MM_DD')
  loop
    execute format('drop table %I', name);
  end loop;
  return made;
end $function$;
GRANT EXECUTE ON FUNCTION make_partitions(timestamp with time zone,date) TO souk_orders;

CREATE OR REPLACE FUNCTION make_partitions_for(months timestamp with time zone[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'orders'
AS $function$
declare
  made int := 0;
  month timestamptz;
  from_at timestamptz;
  to_at timestamptz;
  suffix text;
begin
  perform pg_advisory_xact_lock(hashtext('orders.partitions'));
  foreach month in array months loop
    from_at := date_trunc('month', month at time zone 'utc') at time zone 'utc';
    to_at := ((from_at at time zone 'utc') + interval '1 month') at time zone 'utc';
    suffix := to_char(from_at at time zone 'utc', 'YYYY_MM');
    if to_regclass('orders_' || suffix) is null then
      -- Full pages: history does not change.
      execute format('create table %I partition of orders for values from (%L) to (%L)',
        'orders_' || suffix, first_id_at(from_at), first_id_at(to_at));
      execute format('create table %I partition of order_lines_apart for values from (%L) to (%L)',
        'order_lines_' || suffix, first_id_at(from_at), first_id_at(to_at));
      made := made + 1;
    end if;
  end loop;
  return made;
end $function$;
GRANT EXECUTE ON FUNCTION make_partitions_for(timestamp with time zone[]) TO souk_orders;

CREATE OR REPLACE FUNCTION sample_little()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  part record;
begin
  for part in
    select i.inhrelid::regclass as name, a.attname as col, case when i.inhparent = 'order_keys'::regclass then 0 else 10 end as target
    from pg_inherits i join pg_attribute a on a.attrelid = i.inhrelid and a.attnum > 0 and not a.attisdropped
    where i.inhparent in ('orders'::regclass, 'order_lines_apart'::regclass, 'order_keys'::regclass)
      and a.attstattarget is distinct from case when i.inhparent = 'order_keys'::regclass then 0 else 10 end
  loop
    execute format('alter table %s alter column %I set statistics %s', part.name, part.col, part.target);
  end loop;
end $function$;
GRANT EXECUTE ON FUNCTION sample_little() TO souk_orders;

CREATE OR REPLACE FUNCTION tend_partitions(at timestamp with time zone, keys_before date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'orders'
AS $function$
declare
  made int := make_partitions(at, keys_before);
begin
  if made > 0 then
    perform sample_little();
  end if;
  return made;
end $function$;
GRANT EXECUTE ON FUNCTION tend_partitions(timestamp with time zone,date) TO souk_orders;

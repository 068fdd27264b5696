-- The tables and functions of inventory as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_inventory may select, insert, update and delete, and nobody else may do anything.

CREATE TABLE assignments (
  order_id uuid NOT NULL,
  lot_id uuid,
  at timestamp with time zone NOT NULL,
  quantity integer NOT NULL,
  issued integer DEFAULT 0 NOT NULL,
  released integer DEFAULT 0 NOT NULL,
  line smallint NOT NULL,
  released_at timestamp with time zone,
  CONSTRAINT assignments_pkey PRIMARY KEY (order_id, line),
  CONSTRAINT assignments_once CHECK (issued >= 0 AND released >= 0 AND (issued + released) <= quantity)
) WITH (autovacuum_vacuum_insert_scale_factor=0.05, fillfactor=90);
GRANT INSERT, SELECT, UPDATE ON TABLE assignments TO souk_inventory;

CREATE TABLE audit_marks (
  name text NOT NULL,
  snapshot pg_snapshot NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_marks_pkey PRIMARY KEY (name)
);

CREATE TABLE change_lines (
  change_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  location_id uuid NOT NULL,
  delta bigint NOT NULL,
  withdraw bigint NOT NULL,
  at_most bigint,
  lot_id uuid,
  CONSTRAINT change_lines_pkey PRIMARY KEY (change_id, variant_id),
  CONSTRAINT change_lines_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id),
  CONSTRAINT change_lines_location_id_fkey FOREIGN KEY (location_id) REFERENCES locations(id),
  CONSTRAINT change_lines_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES items(variant_id),
  CONSTRAINT change_lines_withdraw_check CHECK (withdraw >= 0)
);

CREATE TABLE change_takes (
  change_id uuid NOT NULL,
  lot_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  units bigint NOT NULL,
  CONSTRAINT change_takes_pkey PRIMARY KEY (change_id, lot_id),
  CONSTRAINT change_takes_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id),
  CONSTRAINT change_takes_units_check CHECK (units > 0)
);

CREATE TABLE changes (
  id uuid NOT NULL,
  shop_id uuid NOT NULL,
  reason text NOT NULL,
  note text NOT NULL,
  actor text NOT NULL,
  request_hash bytea NOT NULL,
  state text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  settled_at timestamp with time zone,
  CONSTRAINT changes_pkey PRIMARY KEY (id),
  CONSTRAINT changes_settled CHECK ((state = 'withdrawing'::text) = (settled_at IS NULL)),
  CONSTRAINT changes_state_check CHECK (state = ANY (ARRAY['withdrawing'::text, 'applied'::text, 'refused'::text]))
);
CREATE INDEX changes_pending ON changes (created_at) WHERE state = 'withdrawing'::text;
GRANT INSERT, SELECT, UPDATE ON TABLE changes TO souk_inventory;

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

CREATE TABLE issues (
  shipment_id uuid NOT NULL,
  order_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  actor text NOT NULL,
  at timestamp with time zone NOT NULL,
  refused_variant_id uuid,
  refusal text,
  CONSTRAINT issues_pkey PRIMARY KEY (shipment_id),
  CONSTRAINT issues_refused CHECK ((refused_variant_id IS NULL) = (refusal IS NULL))
);
CREATE INDEX issues_order ON issues (order_id);
GRANT INSERT, SELECT ON TABLE issues TO souk_inventory;

CREATE TABLE items (
  variant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  sku text NOT NULL,
  title text NOT NULL,
  active boolean NOT NULL,
  catalog_version bigint NOT NULL,
  on_hand bigint DEFAULT 0 NOT NULL,
  leaving bigint DEFAULT 0 NOT NULL,
  allotted bigint DEFAULT 0 NOT NULL,
  granting bigint DEFAULT 0 NOT NULL,
  withdrawing bigint DEFAULT 0 NOT NULL,
  alert_level bigint,
  low boolean GENERATED ALWAYS AS (((alert_level IS NOT NULL) AND (on_hand <= alert_level))) STORED,
  version bigint DEFAULT 0 NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  issue_rule text,
  reorder_point bigint,
  reorder_quantity bigint,
  CONSTRAINT items_pkey PRIMARY KEY (variant_id),
  CONSTRAINT items_alert_level_check CHECK (alert_level >= 0),
  CONSTRAINT items_allotted_check CHECK (allotted >= 0),
  CONSTRAINT items_allotted_on_hand CHECK (allotted <= on_hand),
  CONSTRAINT items_granting_check CHECK (granting >= 0),
  CONSTRAINT items_issue_rule_check CHECK (issue_rule = ANY (ARRAY['fefo'::text, 'fifo'::text])),
  CONSTRAINT items_leaving_check CHECK (leaving >= 0),
  CONSTRAINT items_on_hand_check CHECK (on_hand >= 0),
  CONSTRAINT items_promised_on_hand CHECK ((allotted + granting - withdrawing) <= (on_hand - leaving)),
  CONSTRAINT items_reorder_point_check CHECK (reorder_point >= 0),
  CONSTRAINT items_reorder_quantity_check CHECK (reorder_quantity > 0),
  CONSTRAINT items_reorder_rule CHECK ((reorder_point IS NULL) = (reorder_quantity IS NULL)),
  CONSTRAINT items_withdrawing_check CHECK (withdrawing >= 0)
) WITH (fillfactor=80);
CREATE INDEX items_low ON items (shop_id, variant_id) WHERE low;
CREATE INDEX items_product ON items (product_id, variant_id);
CREATE INDEX items_shop ON items (shop_id, variant_id);
CREATE INDEX items_to_reorder ON items (shop_id, variant_id) WHERE on_hand <= reorder_point;
GRANT INSERT, SELECT, UPDATE ON TABLE items TO souk_inventory;

CREATE TABLE locations (
  id uuid NOT NULL,
  shop_id uuid NOT NULL,
  name text NOT NULL,
  is_default boolean NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT locations_pkey PRIMARY KEY (id),
  CONSTRAINT locations_name_check CHECK (length(name) >= 1 AND length(name) <= 100)
);
CREATE UNIQUE INDEX locations_default ON locations (shop_id) WHERE is_default;
CREATE UNIQUE INDEX locations_name ON locations (shop_id, lower(name));
GRANT INSERT, SELECT, UPDATE ON TABLE locations TO souk_inventory;

CREATE TABLE lot_movements (
  cause_id uuid NOT NULL,
  lot_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  delta bigint NOT NULL,
  CONSTRAINT lot_movements_pkey PRIMARY KEY (cause_id, lot_id),
  CONSTRAINT lot_movements_delta_check CHECK (delta <> 0)
);
GRANT INSERT, SELECT ON TABLE lot_movements TO souk_inventory;

CREATE TABLE lots (
  id uuid NOT NULL,
  variant_id uuid NOT NULL,
  location_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  code text NOT NULL,
  expires_on date,
  received_at timestamp with time zone NOT NULL,
  on_hand bigint DEFAULT 0 NOT NULL,
  assigned bigint DEFAULT 0 NOT NULL,
  leaving bigint DEFAULT 0 NOT NULL,
  CONSTRAINT lots_pkey PRIMARY KEY (id),
  CONSTRAINT lots_code UNIQUE (variant_id, location_id, code),
  CONSTRAINT lots_location_id_fkey FOREIGN KEY (location_id) REFERENCES locations(id),
  CONSTRAINT lots_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES items(variant_id),
  CONSTRAINT lots_assigned_check CHECK (assigned >= 0),
  CONSTRAINT lots_code_check CHECK (length(code) <= 64),
  CONSTRAINT lots_leaving_check CHECK (leaving >= 0),
  CONSTRAINT lots_on_hand_check CHECK (on_hand >= 0),
  CONSTRAINT lots_set_apart CHECK ((assigned + leaving) <= on_hand)
) WITH (fillfactor=60);
CREATE INDEX lots_expired ON lots (expires_on, id) WHERE on_hand > 0 AND expires_on IS NOT NULL;
CREATE INDEX lots_expiring ON lots (shop_id, expires_on, id) WHERE on_hand > 0 AND expires_on IS NOT NULL;
CREATE INDEX lots_present ON lots (variant_id, id) WHERE on_hand > 0;
GRANT INSERT, SELECT, UPDATE ON TABLE lots TO souk_inventory;

CREATE TABLE movements (
  id uuid NOT NULL,
  variant_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  location_id uuid,
  kind text NOT NULL,
  on_hand_delta bigint NOT NULL,
  allotted_delta bigint NOT NULL,
  on_hand bigint NOT NULL,
  cause_kind text NOT NULL,
  cause_id uuid NOT NULL,
  actor text NOT NULL,
  note text NOT NULL,
  at timestamp with time zone NOT NULL,
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  CONSTRAINT movements_pkey PRIMARY KEY (id),
  CONSTRAINT movements_once UNIQUE NULLS NOT DISTINCT (cause_id, variant_id, kind, location_id),
  CONSTRAINT movements_cause_kind_check CHECK (cause_kind = ANY (ARRAY['change'::text, 'transfer'::text, 'shipment'::text, 'return'::text])),
  CONSTRAINT movements_kind_check CHECK (kind = ANY (ARRAY['receipt'::text, 'write-off'::text, 'adjustment'::text, 'grant'::text, 'withdrawal'::text, 'issue'::text, 'return'::text])),
  CONSTRAINT movements_one_sided CHECK (
CASE
    WHEN kind = ANY (ARRAY['grant'::text, 'withdrawal'::text]) THEN on_hand_delta = 0 AND allotted_delta <> 0 AND location_id IS NULL
    WHEN kind = 'issue'::text THEN on_hand_delta < 0 AND allotted_delta = on_hand_delta AND location_id IS NOT NULL
    ELSE on_hand_delta <> 0 AND allotted_delta = 0 AND location_id IS NOT NULL
END)
);
CREATE INDEX movements_variant ON movements (variant_id, id);
CREATE INDEX movements_xid ON movements (xid);
GRANT INSERT, SELECT ON TABLE movements TO souk_inventory;

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_inventory;
GRANT SELECT ON TABLE outbox TO souk_log;

CREATE TABLE shop_rules (
  shop_id uuid NOT NULL,
  issue_rule text NOT NULL,
  CONSTRAINT shop_rules_pkey PRIMARY KEY (shop_id),
  CONSTRAINT shop_rules_issue_rule_check CHECK (issue_rule = ANY (ARRAY['fefo'::text, 'fifo'::text]))
);

CREATE TABLE stock (
  variant_id uuid NOT NULL,
  location_id uuid NOT NULL,
  on_hand bigint NOT NULL,
  leaving bigint DEFAULT 0 NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  CONSTRAINT stock_pkey PRIMARY KEY (variant_id, location_id),
  CONSTRAINT stock_location_id_fkey FOREIGN KEY (location_id) REFERENCES locations(id),
  CONSTRAINT stock_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES items(variant_id),
  CONSTRAINT stock_leaving CHECK (leaving >= 0 AND leaving <= on_hand),
  CONSTRAINT stock_on_hand_check CHECK (on_hand >= 0)
) WITH (fillfactor=80);
GRANT INSERT, SELECT, UPDATE ON TABLE stock TO souk_inventory;

CREATE TABLE take_backs (
  return_id uuid NOT NULL,
  order_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  actor text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT take_backs_pkey PRIMARY KEY (return_id)
);
CREATE INDEX take_backs_order ON take_backs (order_id);
GRANT INSERT, SELECT ON TABLE take_backs TO souk_inventory;

CREATE TABLE transfers (
  id uuid NOT NULL,
  change_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  direction text NOT NULL,
  quantity bigint NOT NULL,
  state text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  settled_at timestamp with time zone,
  CONSTRAINT transfers_pkey PRIMARY KEY (id),
  CONSTRAINT transfers_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id),
  CONSTRAINT transfers_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES items(variant_id),
  CONSTRAINT transfers_direction_check CHECK (direction = ANY (ARRAY['grant'::text, 'withdrawal'::text])),
  CONSTRAINT transfers_quantity_check CHECK (quantity > 0),
  CONSTRAINT transfers_settled CHECK ((state = 'pending'::text) = (settled_at IS NULL)),
  CONSTRAINT transfers_state_check CHECK (state = ANY (ARRAY['pending'::text, 'done'::text, 'refused'::text]))
);
CREATE INDEX transfers_change ON transfers (change_id);
CREATE INDEX transfers_pending ON transfers (created_at) WHERE state = 'pending'::text;
CREATE INDEX transfers_pending_variant ON transfers (variant_id) WHERE state = 'pending'::text;
GRANT INSERT, SELECT, UPDATE ON TABLE transfers TO souk_inventory;

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'inventory'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_inventory;

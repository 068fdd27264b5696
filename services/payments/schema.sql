-- The tables and functions of payments as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_payments may select, insert, update and delete, and nobody else may do anything.

CREATE TABLE askings (
  asking_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  payment_ids uuid[] NOT NULL,
  CONSTRAINT askings_pkey PRIMARY KEY (asking_id)
);
CREATE INDEX askings_by_shop ON askings (shop_id, asking_id DESC);

CREATE TABLE attempts (
  operation_id uuid NOT NULL,
  fence integer NOT NULL,
  started_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  outcome text,
  detail text DEFAULT ''::text NOT NULL,
  CONSTRAINT attempts_pkey PRIMARY KEY (operation_id, fence),
  CONSTRAINT attempts_operation_id_fkey FOREIGN KEY (operation_id) REFERENCES operations(operation_id)
);

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

CREATE TABLE give_backs (
  payment_id uuid NOT NULL,
  cause_id uuid NOT NULL,
  cause text NOT NULL,
  amount_minor bigint NOT NULL,
  correlation_id text NOT NULL,
  state text NOT NULL,
  ordered_at timestamp with time zone NOT NULL,
  CONSTRAINT give_backs_pkey PRIMARY KEY (payment_id, cause_id),
  CONSTRAINT give_backs_amount_minor_check CHECK (amount_minor >= 0),
  CONSTRAINT give_backs_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'done'::text]))
);

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

CREATE TABLE intents (
  payment_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  amount_minor bigint NOT NULL,
  provider text NOT NULL,
  token text,
  provider_reference text,
  redirect_url text,
  client_secret text,
  score real NOT NULL,
  fee_minor bigint DEFAULT 0 NOT NULL,
  alarm text,
  asked_at timestamp with time zone NOT NULL,
  CONSTRAINT intents_pkey PRIMARY KEY (payment_id)
);
CREATE INDEX intents_alarmed ON intents (payment_id) WHERE alarm IS NOT NULL;
CREATE INDEX intents_by_customer ON intents (customer_id, asked_at DESC);
CREATE INDEX intents_by_time ON intents (provider, asked_at);

CREATE TABLE journals (
  journal_id uuid NOT NULL,
  shop_id uuid,
  kind text NOT NULL,
  currency text NOT NULL,
  subject_ids uuid[] NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT journals_pkey PRIMARY KEY (journal_id)
);
CREATE INDEX journals_by_shop ON journals (shop_id, journal_id DESC);
GRANT INSERT, SELECT ON TABLE journals TO souk_payments;

CREATE TABLE operations (
  operation_id uuid NOT NULL,
  payment_id uuid NOT NULL,
  provider text NOT NULL,
  kind text NOT NULL,
  refund_id uuid,
  state text NOT NULL,
  wanted integer DEFAULT 1 NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  fence integer DEFAULT 0 NOT NULL,
  must_look boolean DEFAULT false NOT NULL,
  due_at timestamp with time zone NOT NULL,
  leased_until timestamp with time zone,
  made_at timestamp with time zone NOT NULL,
  correlation_id text NOT NULL,
  CONSTRAINT operations_pkey PRIMARY KEY (operation_id),
  CONSTRAINT operations_once UNIQUE NULLS NOT DISTINCT (payment_id, kind, refund_id),
  CONSTRAINT operations_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments(payment_id),
  CONSTRAINT operations_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES refunds(refund_id),
  CONSTRAINT operations_kind_check CHECK (kind = ANY (ARRAY['authorise'::text, 'capture'::text, 'void'::text, 'refund'::text, 'look'::text])),
  CONSTRAINT operations_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'done'::text, 'refused'::text, 'called-off'::text]))
);
CREATE INDEX operations_due ON operations (provider, due_at) WHERE state = 'waiting'::text;

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_payments;

CREATE TABLE payments (
  payment_id uuid NOT NULL,
  shop_id uuid,
  customer_id uuid,
  amount_minor bigint NOT NULL,
  captured_minor bigint DEFAULT 0 NOT NULL,
  refunded_minor bigint DEFAULT 0 NOT NULL,
  version integer NOT NULL,
  commission_bp smallint NOT NULL,
  tax_bp smallint NOT NULL,
  method text NOT NULL,
  currency text NOT NULL,
  state text NOT NULL,
  history jsonb NOT NULL,
  CONSTRAINT payments_pkey PRIMARY KEY (payment_id),
  CONSTRAINT payments_amount_minor_check CHECK (amount_minor >= 0),
  CONSTRAINT payments_check CHECK (refunded_minor >= 0 AND refunded_minor <= captured_minor),
  CONSTRAINT payments_check1 CHECK (shop_id IS NOT NULL AND customer_id IS NOT NULL OR state = 'called-off'::text)
) WITH (fillfactor=90);

CREATE TABLE postings (
  journal_id uuid NOT NULL,
  account text NOT NULL,
  amount_minor bigint NOT NULL,
  CONSTRAINT postings_pkey PRIMARY KEY (journal_id, account),
  CONSTRAINT postings_journal_id_fkey FOREIGN KEY (journal_id) REFERENCES journals(journal_id),
  CONSTRAINT postings_amount_minor_check CHECK (amount_minor <> 0)
);
GRANT INSERT, SELECT ON TABLE postings TO souk_payments;

CREATE TABLE refunds (
  refund_id uuid NOT NULL,
  payment_id uuid NOT NULL,
  amount_minor bigint NOT NULL,
  cause text NOT NULL,
  state text NOT NULL,
  to_wallet boolean NOT NULL,
  provider_reference text,
  asked_by text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  asked_at timestamp with time zone NOT NULL,
  settled_at timestamp with time zone,
  CONSTRAINT refunds_pkey PRIMARY KEY (refund_id),
  CONSTRAINT refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments(payment_id),
  CONSTRAINT refunds_amount_minor_check CHECK (amount_minor > 0),
  CONSTRAINT refunds_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'sent'::text, 'settled'::text, 'failed'::text]))
);
CREATE INDEX refunds_by_payment ON refunds (payment_id);
CREATE INDEX refunds_open ON refunds (refund_id) WHERE state = ANY (ARRAY['waiting'::text, 'sent'::text]);

CREATE TABLE shops (
  shop_id uuid NOT NULL,
  commission_bp smallint NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT shops_pkey PRIMARY KEY (shop_id),
  CONSTRAINT shops_commission_bp_check CHECK (commission_bp >= 0 AND commission_bp <= 10000)
);

CREATE TABLE wallet_movements (
  movement_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  cause text NOT NULL,
  cause_id uuid NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT wallet_movements_pkey PRIMARY KEY (movement_id),
  CONSTRAINT wallet_movements_once UNIQUE (cause, cause_id),
  CONSTRAINT wallet_movements_amount_minor_check CHECK (amount_minor <> 0),
  CONSTRAINT wallet_movements_cause_check CHECK (cause = ANY (ARRAY['payment'::text, 'refund'::text, 'credit'::text]))
);
CREATE INDEX wallet_movements_by_customer ON wallet_movements (customer_id, movement_id DESC);
GRANT INSERT, SELECT ON TABLE wallet_movements TO souk_payments;

CREATE TABLE wallets (
  customer_id uuid NOT NULL,
  currency text NOT NULL,
  balance_minor bigint NOT NULL,
  version integer NOT NULL,
  CONSTRAINT wallets_pkey PRIMARY KEY (customer_id, currency),
  CONSTRAINT wallets_balance_minor_check CHECK (balance_minor >= 0)
);

CREATE TABLE webhook_refusals (
  refusal_id uuid NOT NULL,
  provider text NOT NULL,
  why text NOT NULL,
  address text NOT NULL,
  body_hash bytea NOT NULL,
  received_at timestamp with time zone NOT NULL,
  CONSTRAINT webhook_refusals_pkey PRIMARY KEY (refusal_id)
);

CREATE TABLE webhooks (
  webhook_id uuid NOT NULL,
  provider text NOT NULL,
  event_id text NOT NULL,
  kind text NOT NULL,
  payment_id uuid,
  raw bytea NOT NULL,
  state text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL,
  due_at timestamp with time zone NOT NULL,
  looked integer DEFAULT 0 NOT NULL,
  CONSTRAINT webhooks_pkey PRIMARY KEY (webhook_id),
  CONSTRAINT webhooks_once UNIQUE (provider, event_id),
  CONSTRAINT webhooks_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'applied'::text, 'ignored'::text]))
);
CREATE INDEX webhooks_by_payment ON webhooks (payment_id);
CREATE INDEX webhooks_waiting ON webhooks (due_at) WHERE state = 'waiting'::text;

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'payments'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_payments;

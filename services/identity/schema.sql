-- The tables and functions of identity as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_identity may select, insert, update and delete, and nobody else may do anything.

CREATE TABLE account_roles (
  account_id uuid NOT NULL,
  role text NOT NULL,
  given_at timestamp with time zone NOT NULL,
  CONSTRAINT account_roles_pkey PRIMARY KEY (account_id, role),
  CONSTRAINT account_roles_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  CONSTRAINT account_roles_role_fkey FOREIGN KEY (role) REFERENCES roles(name)
);
CREATE INDEX account_roles_by_role ON account_roles (role, account_id) WHERE role <> 'shopper'::text;

CREATE TABLE accounts (
  id uuid NOT NULL,
  email text NOT NULL,
  email_key text NOT NULL,
  name text NOT NULL,
  password_hash text,
  status text DEFAULT 'active'::text NOT NULL,
  rehearsal boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone NOT NULL,
  guest boolean DEFAULT false NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  CONSTRAINT accounts_email_unique UNIQUE (email_key),
  CONSTRAINT accounts_email_check CHECK (length(email) <= 254),
  CONSTRAINT accounts_name_check CHECK (length(name) >= 1 AND length(name) <= 100),
  CONSTRAINT accounts_status_check CHECK (status = ANY (ARRAY['active'::text, 'disabled'::text, 'closed'::text])) NOT VALID
);
CREATE INDEX accounts_by_email ON accounts (email_key COLLATE "C");
CREATE INDEX accounts_by_words ON accounts USING gin (to_tsvector('simple'::regconfig, name));
CREATE INDEX accounts_disabled ON accounts (id) WHERE status = 'disabled'::text;
CREATE INDEX accounts_rehearsal ON accounts (id) WHERE rehearsal;

CREATE TABLE api_keys (
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  name text NOT NULL,
  permissions text[] NOT NULL,
  shop_id uuid,
  duties text[] NOT NULL,
  secret_hash bytea NOT NULL,
  previous_hash bytea,
  previous_valid_until timestamp with time zone,
  lifetime_days integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  rotated_at timestamp with time zone,
  expires_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  CONSTRAINT api_keys_pkey PRIMARY KEY (id),
  CONSTRAINT api_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  CONSTRAINT api_keys_check CHECK ((previous_hash IS NULL) = (previous_valid_until IS NULL)),
  CONSTRAINT api_keys_check1 CHECK (shop_id IS NOT NULL OR cardinality(duties) = 0),
  CONSTRAINT api_keys_lifetime_days_check CHECK (lifetime_days >= 1 AND lifetime_days <= 90),
  CONSTRAINT api_keys_name_check CHECK (length(name) >= 1 AND length(name) <= 100),
  CONSTRAINT api_keys_previous_hash_check CHECK (length(previous_hash) = 32),
  CONSTRAINT api_keys_secret_hash_check CHECK (length(secret_hash) = 32)
);
CREATE INDEX api_keys_by_account ON api_keys (account_id, id);
CREATE INDEX api_keys_revoked ON api_keys (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE audit_marks (
  name text NOT NULL,
  snapshot pg_snapshot NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_marks_pkey PRIMARY KEY (name)
);

CREATE TABLE auth_event_seals (
  number bigint NOT NULL,
  from_xid xid8 NOT NULL,
  until_xid xid8 NOT NULL,
  events integer NOT NULL,
  rows_digest bytea NOT NULL,
  link bytea NOT NULL,
  sealed_at timestamp with time zone NOT NULL,
  CONSTRAINT auth_event_seals_pkey PRIMARY KEY (number),
  CONSTRAINT auth_event_seals_events_check CHECK (events > 0)
);
CREATE TRIGGER auth_event_seals_written_once BEFORE DELETE OR UPDATE OR TRUNCATE ON auth_event_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON TABLE auth_event_seals TO souk_identity;

CREATE TABLE auth_events (
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  kind text NOT NULL,
  account_id uuid,
  actor_id uuid,
  session_id uuid,
  address text NOT NULL,
  email_masked text NOT NULL,
  correlation_id text NOT NULL,
  detail jsonb NOT NULL,
  CONSTRAINT auth_events_pkey PRIMARY KEY (seq),
  CONSTRAINT auth_events_kind_check CHECK (length(kind) <= 40)
);
CREATE INDEX auth_events_but_refreshes ON auth_events (seq) WHERE kind <> 'refreshed'::text;
CREATE INDEX auth_events_by_account ON auth_events (account_id, seq);
CREATE INDEX auth_events_by_actor ON auth_events (actor_id, seq) WHERE actor_id IS NOT NULL;
CREATE INDEX auth_events_by_kind ON auth_events (kind, seq);
CREATE INDEX auth_events_by_time ON auth_events USING brin (occurred_at);
CREATE INDEX auth_events_order ON auth_events (xid, seq);
CREATE TRIGGER auth_events_written_once BEFORE DELETE OR UPDATE OR TRUNCATE ON auth_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON TABLE auth_events TO souk_identity;

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_identity;
GRANT SELECT ON TABLE outbox TO souk_log;

CREATE TABLE recovery_codes (
  account_id uuid NOT NULL,
  hash bytea NOT NULL,
  used_at timestamp with time zone,
  CONSTRAINT recovery_codes_pkey PRIMARY KEY (account_id, hash),
  CONSTRAINT recovery_codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES second_factors(account_id) ON DELETE CASCADE,
  CONSTRAINT recovery_codes_hash_check CHECK (length(hash) = 32)
);

CREATE TABLE refresh_tokens (
  hash bytea NOT NULL,
  session_id uuid NOT NULL,
  issued_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  replaced_at timestamp with time zone,
  successor_salt bytea,
  CONSTRAINT refresh_tokens_pkey PRIMARY KEY (hash),
  CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE,
  CONSTRAINT refresh_tokens_check CHECK ((replaced_at IS NULL) = (successor_salt IS NULL)),
  CONSTRAINT refresh_tokens_hash_check CHECK (length(hash) = 32)
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at) WHERE replaced_at IS NOT NULL;
CREATE UNIQUE INDEX refresh_tokens_one_live ON refresh_tokens (session_id) WHERE replaced_at IS NULL;

CREATE TABLE role_permissions (
  role text NOT NULL,
  permission text NOT NULL,
  CONSTRAINT role_permissions_pkey PRIMARY KEY (role, permission),
  CONSTRAINT role_permissions_role_fkey FOREIGN KEY (role) REFERENCES roles(name)
);

CREATE TABLE roles (
  name text NOT NULL,
  title text NOT NULL,
  CONSTRAINT roles_pkey PRIMARY KEY (name)
);

CREATE TABLE second_factors (
  account_id uuid NOT NULL,
  secret_sealed bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  confirmed_at timestamp with time zone,
  last_step bigint DEFAULT 0 NOT NULL,
  failures integer DEFAULT 0 NOT NULL,
  blocked_until timestamp with time zone,
  CONSTRAINT second_factors_pkey PRIMARY KEY (account_id),
  CONSTRAINT second_factors_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE
);

CREATE TABLE sessions (
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL,
  last_used_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  end_reason text,
  address text NOT NULL,
  user_agent text NOT NULL,
  second_factor boolean DEFAULT false NOT NULL,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  CONSTRAINT sessions_check CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
  CONSTRAINT sessions_end_reason_check CHECK (end_reason = ANY (ARRAY['logged-out'::text, 'ended-by-owner'::text, 'reuse'::text, 'password-changed'::text, 'disabled'::text, 'role-taken'::text, 'second-factor-changed'::text, 'closed'::text])) NOT VALID,
  CONSTRAINT sessions_user_agent_check CHECK (length(user_agent) <= 200)
);
CREATE INDEX sessions_by_account ON sessions (account_id, id);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE shop_members (
  account_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  duties text[] NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT shop_members_pkey PRIMARY KEY (account_id, shop_id),
  CONSTRAINT shop_members_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE,
  CONSTRAINT shop_members_duties_check CHECK (cardinality(duties) >= 1 AND cardinality(duties) <= 5 AND duties <@ ARRAY['catalog'::text, 'inventory'::text, 'orders'::text, 'members'::text, 'settings'::text])
);

CREATE TABLE sign_in_attempts (
  subject text NOT NULL,
  attempts jsonb DEFAULT '[]'::jsonb NOT NULL,
  blocked_until timestamp with time zone,
  noticed_at timestamp with time zone,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (subject)
) WITH (fillfactor=70);
CREATE INDEX sign_in_attempts_age ON sign_in_attempts (updated_at);

CREATE TABLE signing_keys (
  kid text NOT NULL,
  state text NOT NULL,
  public_jwk jsonb NOT NULL,
  private_sealed bytea,
  created_at timestamp with time zone NOT NULL,
  activated_at timestamp with time zone,
  published_until timestamp with time zone,
  CONSTRAINT signing_keys_pkey PRIMARY KEY (kid),
  CONSTRAINT signing_keys_check CHECK ((private_sealed IS NULL) = (state = 'retired'::text)),
  CONSTRAINT signing_keys_check1 CHECK ((published_until IS NOT NULL) = (state = 'retired'::text)),
  CONSTRAINT signing_keys_state_check CHECK (state = ANY (ARRAY['next'::text, 'current'::text, 'retired'::text]))
);
CREATE UNIQUE INDEX signing_keys_one_of_each ON signing_keys (state) WHERE state = ANY (ARRAY['next'::text, 'current'::text]);

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'identity'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_identity;

CREATE OR REPLACE FUNCTION refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'the trail is written once and never changed';
end $function$;
GRANT EXECUTE ON FUNCTION refuse_change() TO souk_identity;

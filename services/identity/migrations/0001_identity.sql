-- 0001  Accounts, sign-in, roles, API keys, signing keys and the trail of what happened to them.
-- First release: nothing came before it. Locks: only tables made here.

create table accounts (
  id            uuid primary key,
  email         text not null check (length(email) <= 254),
  -- NFKC and lower case: one account per address however it is typed.
  email_key     text not null,
  name          text not null check (length(name) between 1 and 100),
  -- Null: cannot sign in (rehearsal shoppers).
  password_hash text,
  status        text not null default 'active' check (status in ('active', 'disabled')),
  rehearsal     boolean not null default false,
  created_at    timestamptz not null,
  constraint accounts_email_unique unique (email_key)
);
create index accounts_rehearsal on accounts (id) where rehearsal;

create table roles (
  name  text primary key,
  title text not null
);
create table role_permissions (
  role       text not null references roles (name),
  permission text not null,
  primary key (role, permission)
);
insert into roles (name, title) values
  ('shopper', 'Buys. Every account starts as one.'),
  ('operator', 'Runs the marketplace: everything in every shop.');
insert into role_permissions (role, permission) values
  ('shopper', 'orders:place'), ('shopper', 'orders:read-own'),
  ('operator', 'operator'), ('operator', 'orders:place'), ('operator', 'orders:read-own');

create table account_roles (
  account_id uuid not null references accounts (id) on delete cascade,
  role       text not null references roles (name),
  given_at   timestamptz not null,
  primary key (account_id, role)
);
create index account_roles_by_role on account_roles (role, account_id) where role <> 'shopper';

-- The shop's own facts are the shops service's; here is only who may do what in it.
create table shop_members (
  account_id uuid not null references accounts (id) on delete cascade,
  shop_id    uuid not null,
  duties     text[] not null check (cardinality(duties) between 1 and 5
               and duties <@ array['catalog', 'inventory', 'orders', 'members', 'settings']),
  set_at     timestamptz not null,
  primary key (account_id, shop_id)
);

create table sessions (
  id           uuid primary key,
  account_id   uuid not null references accounts (id) on delete cascade,
  created_at   timestamptz not null,
  last_used_at timestamptz not null,
  -- However often it is renewed: after this the person signs in again.
  expires_at   timestamptz not null,
  ended_at     timestamptz,
  end_reason   text check (end_reason in ('logged-out', 'ended-by-owner', 'reuse', 'password-changed', 'disabled', 'role-taken')),
  address      text not null,
  user_agent   text not null check (length(user_agent) <= 200),
  check ((ended_at is null) = (end_reason is null))
);
create index sessions_by_account on sessions (account_id, id);
create index sessions_ended on sessions (ended_at) where ended_at is not null;
create index sessions_expiry on sessions (expires_at);

-- A session's refresh tokens, newest alive, earlier ones kept to notice when a stolen one comes back.
create table refresh_tokens (
  -- SHA-256. The token is 256 random bits, so a plain hash cannot be guessed.
  hash           bytea primary key check (length(hash) = 32),
  session_id     uuid not null references sessions (id) on delete cascade,
  issued_at      timestamptz not null,
  expires_at     timestamptz not null,
  replaced_at    timestamptz,
  successor_salt bytea,
  check ((replaced_at is null) = (successor_salt is null))
);
create unique index refresh_tokens_one_live on refresh_tokens (session_id) where replaced_at is null;
create index refresh_tokens_by_session on refresh_tokens (session_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at) where replaced_at is not null;

create table signing_keys (
  kid             text primary key,
  state           text not null check (state in ('next', 'current', 'retired')),
  public_jwk      jsonb not null,
  -- AES-256-GCM; wiped on retirement, when nobody signs with it again.
  private_sealed  bytea,
  created_at      timestamptz not null,
  activated_at    timestamptz,
  published_until timestamptz,
  check ((private_sealed is null) = (state = 'retired')),
  check ((published_until is not null) = (state = 'retired'))
);
create unique index signing_keys_one_of_each on signing_keys (state) where state in ('next', 'current');

create table api_keys (
  id                   uuid primary key,
  account_id           uuid not null references accounts (id) on delete cascade,
  name                 text not null check (length(name) between 1 and 100),
  permissions          text[] not null,
  shop_id              uuid,
  duties               text[] not null,
  secret_hash          bytea not null check (length(secret_hash) = 32),
  previous_hash        bytea check (length(previous_hash) = 32),
  previous_valid_until timestamptz,
  lifetime_days        int not null check (lifetime_days between 1 and 90),
  created_at           timestamptz not null,
  rotated_at           timestamptz,
  expires_at           timestamptz not null,
  revoked_at           timestamptz,
  last_used_at         timestamptz,
  check ((previous_hash is null) = (previous_valid_until is null)),
  check (shop_id is not null or cardinality(duties) = 0)
);
create index api_keys_by_account on api_keys (account_id, id);
create index api_keys_revoked on api_keys (revoked_at) where revoked_at is not null;

-- Tries at signing in, counted per subject: an account from an address, an address, an account.
create table sign_in_attempts (
  -- HMAC of the subject: whoever reads this table learns neither e-mail nor network addresses.
  subject       text primary key,
  attempts      jsonb not null default '[]',
  blocked_until timestamptz,
  noticed_at    timestamptz,
  updated_at    timestamptz not null
) with (fillfactor = 70);
create index sign_in_attempts_age on sign_in_attempts (updated_at);

create table auth_events (
  seq            bigint generated always as identity primary key,
  xid            xid8 not null default pg_current_xact_id(),
  occurred_at    timestamptz not null,
  kind           text not null check (length(kind) <= 40),
  account_id     uuid,
  actor_id       uuid,
  session_id     uuid,
  address        text not null,
  -- Masked before it is written: a***@example.com
  email_masked   text not null,
  correlation_id text not null,
  detail         jsonb not null
);
create index auth_events_order on auth_events (xid, seq);
create index auth_events_by_account on auth_events (account_id, seq);

-- Links of the chain: each covers the events of the transactions that ended since the link before it.
create table auth_event_seals (
  number      bigint primary key,
  from_xid    xid8 not null,
  -- Exclusive. Every transaction below it had ended when the seal was made, so no event can turn up behind it.
  until_xid   xid8 not null,
  events      int not null check (events > 0),
  rows_digest bytea not null,
  link        bytea not null,
  sealed_at   timestamptz not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the trail is written once and never changed';
end $$;
create trigger auth_events_written_once before update or delete or truncate on auth_events
  for each statement execute function refuse_change();
create trigger auth_event_seals_written_once before update or delete or truncate on auth_event_seals
  for each statement execute function refuse_change();
-- The service's own role cannot switch the triggers off; without the right it does not even reach them.
do $$
begin
  if exists (select from pg_roles where rolname = 'souk_' || current_schema()) then
    execute format('revoke update, delete, truncate on auth_events, auth_event_seals from %I', 'souk_' || current_schema());
  end if;
end $$;

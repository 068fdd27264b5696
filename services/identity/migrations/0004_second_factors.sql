-- 0004  Second factors: a code of an authenticator (RFC 6238) beside the password, and codes for when it is lost.
-- Compatible with the release before: new tables; a new column with a default, unread there; a session may end for one more
-- reason, which only the release that gives it reads. Locks: sessions, briefly, no table scan (the check is not looked up
-- for old rows, which it has only been widened for).
set local lock_timeout = '2s';

create table second_factors (
  account_id    uuid primary key references accounts (id) on delete cascade,
  -- 160 random bits, AES-256-GCM.
  secret_sealed bytea not null,
  created_at    timestamptz not null,
  -- Null: shown to its owner, but not yet known to work.
  confirmed_at  timestamptz,
  -- The last half minute whose code was taken: no code is good twice.
  last_step     bigint not null default 0,
  -- Wrong codes since the last right one, by whoever knew the password.
  failures      int not null default 0,
  blocked_until timestamptz
);

create table recovery_codes (
  account_id uuid not null references second_factors (account_id) on delete cascade,
  -- SHA-256 of 80 random bits.
  hash       bytea not null check (length(hash) = 32),
  used_at    timestamptz,
  primary key (account_id, hash)
);

-- Whether whoever opened it showed more than the password.
alter table sessions add column second_factor boolean not null default false;
alter table sessions drop constraint sessions_end_reason_check;
alter table sessions add constraint sessions_end_reason_check check (end_reason in
  ('logged-out', 'ended-by-owner', 'reuse', 'password-changed', 'disabled', 'role-taken', 'second-factor-changed')) not valid;

-- 0005  Accounts that were closed: what was personal is erased, the row stays because orders and the trail name its id.
-- Compatible with the release before: it finds no password in a closed account, so nobody signs in to it there either.
-- Locks: accounts and sessions, briefly, no table scan (not valid: what is there keeps to the narrower rules before).
set local lock_timeout = '2s';
alter table accounts drop constraint accounts_status_check,
  add constraint accounts_status_check check (status in ('active', 'disabled', 'closed')) not valid;
alter table sessions drop constraint sessions_end_reason_check,
  add constraint sessions_end_reason_check check (end_reason in ('logged-out', 'ended-by-owner', 'reuse',
    'password-changed', 'disabled', 'role-taken', 'second-factor-changed', 'closed')) not valid;

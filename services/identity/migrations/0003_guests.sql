-- 0003  Guests: accounts without a password, made so that an order has somebody to belong to.
-- Compatible with the release before: a new column with a default, unread there; a guest cannot sign in there either.
-- Locks: accounts, briefly, no table scan (a constant default is kept in the catalogue).
set local lock_timeout = '2s';
alter table accounts add column guest boolean not null default false;

-- 0002  Pictures people upload of themselves: theirs alone to manage, counted for the account in place of a shop.
-- Compatible with the release before: a new column with a default; to it, they are pictures of a shop nobody works for.
-- Locks: media, briefly, no table scan (a constant default is kept in the catalogue).
set local lock_timeout = '2s';
alter table media add column personal boolean not null default false;

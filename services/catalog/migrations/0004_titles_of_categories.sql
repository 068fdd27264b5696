-- 0004  Categories are called something in each language of their readers.
-- Compatible with the release before: a constant default, unread there; what it renames keeps its other titles.
-- Locks: brief, no table scan.
set local lock_timeout = '2s';
alter table categories add column titles jsonb not null default '{}'; -- {"de": "Bäckerei"}

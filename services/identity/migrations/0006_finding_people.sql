-- 0006  Accounts are found by the beginning of their address or of a word of their name; the trail by who did something, by
-- kind and by time. Until now both were read from one end only.
-- Compatible with the release before: indexes only. Locks: writes to accounts and auth_events wait while the indexes are
-- made, about 2 s for each million rows; the trail is in order of time, so that its index by time is a few pages.
set local lock_timeout = '2s';
create index accounts_by_email on accounts (email_key collate "C");
create index accounts_by_words on accounts using gin (to_tsvector('simple', name));
create index auth_events_by_actor on auth_events (actor_id, seq) where actor_id is not null;
create index auth_events_by_kind on auth_events (kind, seq);
create index auth_events_by_time on auth_events using brin (occurred_at);

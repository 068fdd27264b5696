-- 0007  The trail is read without what keeps sessions alive: every quarter of an hour each of them leaves such an entry, and
-- between these all others were a needle in hay.
-- Compatible with the release before: an index only. Locks: writes to auth_events wait while it is made, about 2 s for each
-- million entries.
set local lock_timeout = '2s';
create index auth_events_but_refreshes on auth_events (seq) where kind <> 'refreshed';

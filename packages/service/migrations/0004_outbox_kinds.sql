-- 0004  Which kinds of events a row of the outbox carries, so that a reader is not sent those it would pass over: the
-- consumer that confirms orders read its own announcements back, half of the log of a sale.
-- Compatible with the release before: it writes rows without kinds, and those are read by everybody. Locks: a moment of
-- exclusive access; a column with a constant default rewrites nothing.
alter table outbox add column kinds text[] not null default '{}';

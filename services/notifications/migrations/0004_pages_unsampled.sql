-- 0004  Pages of messages are not sampled for the planner: a sample of them is nearly all there is, block after block of ids
-- it has no use for. It took 2 µs a message of a rush; how many pages there are it learns when they are vacuumed.
-- Compatible with the release before, which does not read them. Locks: brief.
alter table message_pages set (autovacuum_analyze_threshold = 2000000000);

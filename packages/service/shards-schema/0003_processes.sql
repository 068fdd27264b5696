-- 0003  Which databases a process knows: shops must not be moved to where some process cannot find them.
-- Compatible with the release before: its processes leave both out, and are taken to know everything. Locks: brief.
alter table shard_processes add column shards text[];
-- For people: which process that is.
alter table shard_processes add column about text not null default '';

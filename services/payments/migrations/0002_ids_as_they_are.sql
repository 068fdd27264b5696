-- 0002  Ids of a batch are stored as they are: they are random, so trying to compress them only takes time (0.4 µs an id).
-- Compatible with the release before: what is there stays as it is. Locks: brief; no table is scanned.
alter table askings alter payment_ids set storage external;
alter table journals alter subject_ids set storage external;

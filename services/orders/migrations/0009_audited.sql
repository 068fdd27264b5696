-- 0009  What the last audit without findings found to be in order, so that the next one need not add it up again.
-- Compatible with the release before: a new table and index, of which its audit knows nothing. Locks: building the index
-- keeps transfers from being written while it reads them once, some 0.1 s for a million.

-- Under the name of the check, whose mark (audit_marks) says what had been seen: of an allotment what live orders hold of it,
-- of a variant what has been shipped of it. What is not named is nought.
create table audited (
  name  text   not null,
  id    uuid   not null,
  units bigint not null,
  primary key (name, id)
);

-- Transfers since a mark. They are written in the order of time, so that a summary of pages is enough.
create index transfers_by_time on transfers using brin (made_at) with (pages_per_range = 16);

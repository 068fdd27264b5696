-- 0006  Orders whose bucket lay on another database for a while: their events of that time are in its log, not here.
-- Compatible with the release before: a new table, which its audit does not ask. Locks: none that matter.

-- The versions of an order behind `after_version` and up to `until_version` were announced on another database. Without
-- an end the order is there still.
create table told_elsewhere (
  order_id uuid not null,
  after_version integer not null check (after_version >= 0),
  until_version integer check (until_version >= after_version),
  -- The move that brought it, as long as that may still be undone.
  brought_by uuid,
  primary key (order_id, after_version)
);
create index told_elsewhere_brought on told_elsewhere (brought_by) where brought_by is not null;

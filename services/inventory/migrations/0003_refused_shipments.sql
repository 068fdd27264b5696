-- 0003  A shipment that was refused stays refused: a first call that was held up must not hand goods over after its repeat
-- was told that there are none.
-- Compatible with the release before (nullable; it writes none). Locks: issues, while its rows are read once.
set local lock_timeout = '2s';
alter table issues add column refused_variant_id uuid; -- what was not there; null: the goods left
alter table issues add column refusal text;
alter table issues add constraint issues_refused check ((refused_variant_id is null) = (refusal is null));

-- 0002  Up to which mark orders is being asked about variants right now (markToCheck in due.sql.ts): what waits with a later
-- mark is asked about later anyway and need not be marked once more. In a rush over 1,000 variants that saves an order a
-- write of a row and of two index entries.
--
-- Compatible with the release before, which ignores it; while that one does the asking beside this one, a variant may be
-- shown as available (or not) until its next order. No order depends on what is shown. One row, locked for a moment.
alter table index_state add column checking_up_to bigint not null default 0;

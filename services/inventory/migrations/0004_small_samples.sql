-- 0004  The planner takes samples of 3,000 assignments instead of 30,000: they are found by their order's id, and while a sale
-- makes them grow new ones are taken every few seconds, beside the statements. Compatible with the release before.
-- Locks: brief; the table is not scanned.
alter table assignments
  alter order_id set statistics 10, alter lot_id set statistics 10, alter at set statistics 10,
  alter quantity set statistics 10, alter issued set statistics 10, alter released set statistics 10,
  alter line set statistics 10, alter released_at set statistics 10;

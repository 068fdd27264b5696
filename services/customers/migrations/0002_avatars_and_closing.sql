-- 0002  A picture and a gender of the profile; customers whose account was closed.
-- Compatible with the release before: new columns, all null there. Locks: customers, briefly, no table scan.
set local lock_timeout = '2s';
alter table customers
  add column gender text check (char_length(gender) between 1 and 40),  -- in the customer's own words
  add column avatar_media_id uuid,                                      -- of media
  add column avatar_url text,
  add column closed_at timestamptz;                                     -- everything personal was erased then

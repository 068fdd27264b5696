-- 0002  Find the API keys of disabled accounts every second without reading all accounts.
-- Compatible with the release before: an index nobody there needs. Locks: writes to accounts while it is built, a second
-- for each million.

create index accounts_disabled on accounts (id) where status = 'disabled';

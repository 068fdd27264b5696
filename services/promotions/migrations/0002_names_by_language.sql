-- 0002  Ways of delivery and rates of tax are called something in each language of their readers.
-- Compatible with the release before: constant defaults, unread there; what it changes keeps its other names.
-- Locks: brief, no table scan.
set local lock_timeout = '2s';
alter table shipping_rates add column names jsonb not null default '{}'; -- {"de": "Paket"}
alter table tax_rates add column labels jsonb not null default '{}';     -- {"de": "MwSt. 19 %"}

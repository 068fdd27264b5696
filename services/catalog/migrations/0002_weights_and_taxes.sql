-- 0002  How heavy a variant is and how a product is taxed, for whoever works out shipping and tax.
-- Compatible with the release before: constant defaults, unread there. Locks: brief, no table scan.
set local lock_timeout = '2s';
alter table products add column tax_class text not null default 'standard';
alter table variants add column weight_grams int not null default 0 check (weight_grams >= 0);

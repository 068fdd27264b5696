-- 0005  What an order costs beyond its lines: vouchers, discounts, shipping, tax; where it goes and whom to ask.
-- Compatible with the release before: new tables, a new partition, and columns with constant defaults it does not read.
-- Locks: adding columns and the partition, briefly; nothing is scanned.
set local lock_timeout = '2s';

-- `asks`: every order of the shop is priced by promotions. `epoch` grows when that changes and is part of the version of
-- each of its offers, so no order is written that was decided before the change.
alter table shops add column asks boolean not null default false;
alter table shops add column rules_version bigint not null default 0;
alter table shops add column epoch bigint not null default 0;

-- kind 4: uses of a voucher (id = voucher). What one customer may still use of it is of kind 3, as a customer's cap in a sale.
create table allotments_vouchers partition of allotments for values in (4)
  with (fillfactor = 30, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- How many uses promotions wants to be taken in all. Granted is that, or what is taken when that is more.
create table voucher_limits (
  voucher_id uuid primary key,
  shop_id uuid not null,
  version bigint not null,               -- of the voucher in promotions; an older one changes nothing
  uses bigint not null check (uses >= 0)
);

-- Only of orders that have any: a plain order has no row here, so it costs what it did before.
create table order_details (
  order_id uuid primary key,
  details jsonb not null                 -- delivery, contact, checkout, and how its price came about (order-extras.ts)
);

-- Which vouchers an order used. The allotments they were drawn from get them back when it is cancelled.
create table order_uses (
  order_id uuid not null,
  voucher_id uuid not null,
  customer_id uuid not null,
  code text not null,
  cap int not null,                      -- uses each customer has; 0: any number
  first_only boolean not null,           -- for a customer's first order with the shop
  primary key (order_id, voucher_id)
);
create index order_uses_by_voucher on order_uses (voucher_id, customer_id);

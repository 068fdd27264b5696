-- 0001  Vouchers, discounts, shipping rates, tax, points; and what is known of products to apply them.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

-- A shop's settings, and the version of all its rules together: orders keep it with the price they were placed at.
create table rules (
  shop_id uuid primary key,
  version bigint not null default 1,       -- grows with every change of a rule of the shop
  settings_version bigint not null default 0,
  collects_tax boolean not null default false,
  prices_include_tax boolean not null default true,
  country text not null default '',        -- where goods that are not sent are handed over
  requires_delivery boolean not null default false,
  minor_per_point bigint check (minor_per_point > 0), -- what earns one point; null: the shop gives none
  asks boolean not null default false,     -- whether every order is to be priced here
  told_version bigint not null default 0   -- what orders knows
);
create index rules_to_tell on rules (shop_id) where told_version < version;

-- How often a voucher may still be used is not here but with orders, as an allotment: drawn by the statement that writes
-- the order. `told_version`: what orders knows of it.
create table vouchers (
  voucher_id uuid primary key,
  shop_id uuid not null,
  version bigint not null default 1,
  told_version bigint not null default 0,
  code text not null check (code ~ '^[A-Z0-9][A-Z0-9_-]{1,39}$'),
  title text not null,
  kind text not null check (kind in ('percent', 'amount', 'free-shipping')),
  percent int not null check (percent between 0 and 100),
  amount_minor bigint not null check (amount_minor >= 0),
  currency text not null,                  -- empty: any
  minimum_minor bigint not null check (minimum_minor >= 0),
  first_order_only boolean not null,
  product_ids uuid[] not null,
  category_ids uuid[] not null,
  starts_at timestamptz,
  ends_at timestamptz,
  uses bigint check (uses >= 0),           -- in all; null: any number
  uses_per_customer int not null check (uses_per_customer >= 0), -- for good: what customers have used counts against it
  active boolean not null,
  removed_at timestamptz,                  -- its code is free again; orders that used it still name it
  created_at timestamptz not null
);
create unique index vouchers_code_unique on vouchers (shop_id, code) where removed_at is null;
create index vouchers_of_shop on vouchers (shop_id, voucher_id desc) where removed_at is null;
create index vouchers_to_tell on vouchers (voucher_id) where told_version < version;

create table discounts (
  discount_id uuid primary key,
  shop_id uuid not null,
  version bigint not null default 1,
  title text not null,
  kind text not null check (kind in ('percent', 'amount')),
  percent int not null check (percent between 0 and 100),
  amount_minor bigint not null check (amount_minor >= 0),
  currency text not null,
  minimum_quantity int not null check (minimum_quantity > 0),
  product_ids uuid[] not null,
  category_ids uuid[] not null,
  starts_at timestamptz,
  ends_at timestamptz,
  active boolean not null,
  created_at timestamptz not null
);
create index discounts_of_shop on discounts (shop_id, discount_id desc);

create table shipping_rates (
  rate_id uuid primary key,
  shop_id uuid not null,
  version bigint not null default 1,
  name text not null,
  method text not null,
  countries text[] not null,               -- empty: everywhere no other rate of the method is for
  from_grams int not null check (from_grams >= 0),
  to_grams int check (to_grams >= from_grams),
  price_minor bigint not null check (price_minor >= 0),
  currency text not null,
  free_from_minor bigint check (free_from_minor >= 0),
  created_at timestamptz not null
);
create index shipping_rates_of_shop on shipping_rates (shop_id, rate_id desc);

-- Of the whole marketplace: law, not a shop's choice.
create table tax_rates (
  country text not null check (country ~ '^[A-Z]{2}$'),
  tax_class text not null,
  label text not null,
  basis_points int not null check (basis_points between 0 and 10000),
  primary key (country, tax_class)
);

-- Our own copy of what catalog announced: enough to know which rules are for a line, and what it weighs.
create table variants (
  variant_id uuid primary key,
  product_id uuid not null,
  category_ids uuid[] not null,
  weight_grams int not null,
  tax_class text not null,
  product_version bigint not null
);

-- Points: an append-only ledger, and the balance it adds up to.
create table point_entries (
  entry_id uuid primary key,
  shop_id uuid not null,
  customer_id uuid not null,
  order_id uuid not null,
  points bigint not null check (points <> 0),
  reason text not null check (reason in ('earned', 'cancelled', 'returned')),
  minor_per_point bigint not null,         -- as it was when they were earned
  made_at timestamptz not null
);
create index point_entries_of_customer on point_entries (customer_id, entry_id desc);
create index point_entries_of_order on point_entries (order_id);
create table point_balances (
  customer_id uuid not null,
  shop_id uuid not null,
  points bigint not null check (points >= 0),
  primary key (customer_id, shop_id)
);

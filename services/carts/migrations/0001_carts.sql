-- 0001  Carts and what lies in them, wishlists, checkouts with one order per shop, and what others announced of goods.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

create table carts (
  cart_id uuid primary key,
  customer_id uuid,                        -- null: a guest's, opened by its token
  token_hash bytea check (length(token_hash) = 32),
  state text not null default 'active' check (state in ('active', 'merged')),
  merged_into uuid,                        -- the cart that took over what lay in it
  vouchers text[] not null default '{}' check (cardinality(vouchers) <= 5),
  version bigint not null default 1,
  created_at timestamptz not null,
  expires_at timestamptz not null,         -- set anew with every change
  check ((customer_id is null) <> (token_hash is null)),
  check ((state = 'merged') = (merged_into is not null))
);
create unique index carts_one_per_customer on carts (customer_id) where customer_id is not null;
create index carts_expiry on carts (expires_at);

create table cart_items (
  cart_id uuid not null references carts on delete cascade,
  variant_id uuid not null,
  product_id uuid not null,
  shop_id uuid not null,
  quantity int not null check (quantity between 1 and 999),
  seen_price_minor bigint not null,        -- when it was put in or changed: what the customer knows
  currency text not null,
  title text not null,                     -- as it was called then: it may be gone
  refusal jsonb,                           -- why it was not ordered the last time
  added_at timestamptz not null,
  primary key (cart_id, variant_id)
);

create table wishes (
  customer_id uuid not null,
  product_id uuid not null,
  added_at timestamptz not null,
  primary key (customer_id, product_id)
);
create index wishes_by_time on wishes (customer_id, added_at desc, product_id desc);

-- One try to turn a cart into orders. Kept for a while after it is done, so that whoever repeats it gets its answer.
create table checkouts (
  checkout_id uuid primary key,
  cart_id uuid not null,
  customer_id uuid not null,
  key text not null,
  body_hash bytea not null check (length(body_hash) = 32),
  state text not null default 'placing' check (state in ('placing', 'undoing', 'done')),
  all_or_nothing boolean not null,
  request jsonb not null,                  -- payment, delivery, contact: what the orders are placed with
  correlation_id text not null,
  attempts int not null default 0,
  leased_until timestamptz not null,       -- whoever holds it asks orders; nobody else does
  created_at timestamptz not null,
  done_at timestamptz,
  check ((state = 'done') = (done_at is not null)),
  constraint checkouts_key_unique unique (customer_id, key)
);
-- Two tabs that check out at once make one set of orders.
create unique index checkouts_one_open on checkouts (cart_id) where state <> 'done';
create index checkouts_due on checkouts (leased_until) where state <> 'done';
create index checkouts_done on checkouts (done_at) where state = 'done';

create table checkout_orders (
  checkout_id uuid not null references checkouts on delete cascade,
  shop_id uuid not null,
  order_key text not null,                 -- made from the checkout and the shop: repeated, it is the same order
  lines jsonb not null,                    -- [{"variantId", "quantity"}]
  voucher_codes text[] not null,
  outcome text not null default 'pending' check (outcome in ('pending', 'placed', 'refused', 'cancelled')),
  order_id uuid,
  total_minor bigint,
  currency text,
  refusal jsonb,                           -- {"code", "detail", "figures"}
  primary key (checkout_id, shop_id),
  check ((order_id is not null) = (outcome in ('placed', 'cancelled'))),
  check (outcome <> 'refused' or refusal is not null)
);

-- What catalog and shops announced, to price a cart without asking them.
create table products (
  product_id uuid primary key,
  shop_id uuid not null,
  slug text not null,
  selling boolean not null,
  version bigint not null
);
create table offers (
  variant_id uuid primary key,
  product_id uuid not null references products on delete cascade,
  sku text not null,
  title text not null,
  price_minor bigint not null,
  currency text not null,
  active boolean not null
);
create index offers_by_product on offers (product_id);
create table sale_windows (
  sale_window_id uuid primary key,
  variant_id uuid not null,
  price_minor bigint not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  cap_per_customer int not null,
  planned boolean not null,
  changed_at timestamptz not null
);
create index sale_windows_by_variant on sale_windows (variant_id, ends_at) where planned;
create index sale_windows_over on sale_windows (ends_at);
create table shops (
  shop_id uuid primary key,
  name text not null,
  slug text not null,
  selling boolean not null,
  version bigint not null
);

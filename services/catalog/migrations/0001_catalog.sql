-- 0001  Products, their variants and prices, categories, sale windows; and the rows that lists are read from.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

-- Our own copy of what shops announced. `relist_due`: it opened or stopped, and its products' rows do not all follow yet.
create table shops (
  shop_id uuid primary key,
  version bigint not null,
  name text not null,
  slug text not null,
  status text not null,
  currency text not null,
  relist_due boolean not null default false
);
create index shops_to_relist on shops (shop_id) where relist_due;
create index shops_by_slug on shops (slug);

create table categories (
  category_id uuid primary key,
  parent_id uuid references categories,
  slug text collate "C" not null,
  title text not null,
  path text collate "C" not null,          -- slugs from the root: "home/garden"; a subtree is a range of it
  ancestor_ids uuid[] not null,            -- from the root to itself
  position int not null default 0,         -- among its siblings
  version bigint not null default 1,
  constraint categories_slug_unique unique (slug)
);
create index categories_in_order on categories (path);

create table products (
  product_id uuid primary key,             -- UUIDv7: the order of creation
  shop_id uuid not null,
  version bigint not null,                 -- one event for each
  slug text collate "C" not null,
  title text not null check (char_length(title) between 1 and 200),
  title_key text collate "C" not null,     -- what lists are sorted by: 40 characters in lower case
  description text not null,
  status text not null check (status in ('draft', 'active', 'archived')),
  tags text[] not null,
  category_ids uuid[] not null,            -- as assigned
  facets uuid[] not null,                  -- where it is listed: its categories, their ancestors, its tags
  options jsonb not null,
  pictures jsonb not null,
  currency text not null,
  price_from_minor bigint not null,        -- of the cheapest variant for sale
  listed boolean not null,                 -- active, and its shop was open when last looked at
  created_at timestamptz not null,
  changed_at timestamptz not null,
  constraint products_slug_unique unique (shop_id, slug)
);
-- One index for each list and sort, so that a page is a range of one of them. What shoppers see of everything:
create index products_newest on products (product_id) where listed;
create index products_by_price on products (price_from_minor, product_id) where listed;
create index products_by_title on products (title_key, product_id) where listed;
-- What is in one shop, for shoppers (active) and for its people (each status; a list of all merges three ranges):
create index products_of_shop on products (shop_id, status, product_id);
create index products_of_shop_by_price on products (shop_id, status, price_from_minor, product_id);
create index products_of_shop_by_title on products (shop_id, status, title_key, product_id);

-- A listed product under each category (ancestors included) and tag it is to be found by, with the sort keys beside it:
-- a page of a category of a million products is then a range of one index, like everything else.
create table listings (
  facet uuid not null,                     -- a category's id, or the hash of a tag
  product_id uuid not null,
  price_from_minor bigint not null,
  title_key text collate "C" not null,
  primary key (facet, product_id)
);
create index listings_by_price on listings (facet, price_from_minor, product_id);
create index listings_by_title on listings (facet, title_key, product_id);

create table variants (
  variant_id uuid primary key,
  product_id uuid not null references products on delete cascade,
  shop_id uuid not null,
  sku text collate "C" not null,
  title text not null,                     -- "Blue / Large"; empty for the only one
  options jsonb not null,                  -- {"Colour": "Blue"}
  price_minor bigint not null check (price_minor between 0 and 1000000000000),
  price_version bigint not null,
  active boolean not null,
  position int not null,
  constraint variants_sku_unique unique (shop_id, sku)
);
create index variants_of_product on variants (product_id, position);

-- Every price a variant ever had; the highest version is the one it has. Append-only.
create table prices (
  variant_id uuid not null,
  price_version bigint not null,
  price_minor bigint not null,
  currency text not null,
  valid_from timestamptz not null,
  set_by_account_id uuid not null,
  primary key (variant_id, price_version)
);

create table sale_windows (
  sale_window_id uuid primary key,
  shop_id uuid not null,
  product_id uuid not null,
  variant_id uuid not null,
  status text not null check (status in ('pending', 'planned', 'cancelling', 'cancelled', 'ended')),
  price_minor bigint not null check (price_minor >= 0),
  currency text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  cap_per_customer int not null check (cap_per_customer >= 0), -- 0: none
  units bigint not null check (units > 0),
  request_key text not null,               -- Idempotency-Key of whoever planned it
  body_hash bytea not null,
  created_by_account_id uuid not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  tried_at timestamptz not null,           -- when orders was last asked, so that two do not ask at once
  constraint sale_windows_key_unique unique (created_by_account_id, request_key)
);
create index sale_windows_of_variant on sale_windows (variant_id, starts_at) where status in ('pending', 'planned', 'cancelling');
create index sale_windows_unsettled on sale_windows (tried_at) where status in ('pending', 'cancelling');
create index sale_windows_by_start on sale_windows (starts_at, sale_window_id) where status = 'planned';
create index sale_windows_by_end on sale_windows (ends_at, sale_window_id) where status = 'planned';
create index sale_windows_past on sale_windows (ends_at, sale_window_id) where status = 'ended';
create index sale_windows_of_shop on sale_windows (shop_id, sale_window_id);

do $$
begin
  if exists (select from pg_roles where rolname = 'souk_' || current_schema()) then
    execute format('revoke update, delete, truncate on prices from %I', 'souk_' || current_schema());
  end if;
end $$;

-- 0004  Take over orders of other systems from a file: what was read of it, what became of it, which order it made.
-- Compatible with the release before: new tables only, unread there. Locks nothing that exists.

-- One row per file and shop. Begun again with the same content it goes on where it was, or tells how it ended.
create table imports (
  import_id uuid primary key,
  shop_id uuid not null,
  fingerprint text not null,             -- of the content and of how it is read
  name text not null,
  state text not null check (state in ('staging', 'preparing', 'making', 'done')),
  lines bigint not null default 0,       -- of the source, kept so far
  products bigint not null default 0,    -- made for it
  customers bigint not null default 0,
  result jsonb,                          -- once it is done: its lines are gone then
  started_at timestamptz not null,
  finished_at timestamptz,
  unique (shop_id, fingerprint)
);

-- What the source adds up to, as it was read: nothing of it is ever taken from what was imported.
create table import_sums (
  import_id uuid not null,
  month text not null,                   -- "2026-11"; empty: no readable date
  currency text not null,
  lines bigint not null,
  minor bigint not null,
  known_minor bigint not null default 0, -- of these, in orders that an earlier import had made
  primary key (import_id, month, currency)
);

-- Lines of sales, until their order is made. The slice lets several workers walk disjoint ranges of the key.
create table import_lines (
  import_id uuid not null,
  slice smallint not null,
  number text collate "C" not null,      -- of the order, in the other system
  line_no int not null,                  -- in the file
  code_key text collate "C" not null,    -- article number in capitals: codes that differ in case are one product
  code text not null,
  title text collate "C" not null,      -- compared by its bytes: the most frequent one is looked for
  quantity int not null,
  unit_price_minor bigint not null,
  currency text not null,
  placed_at timestamptz not null,
  customer text collate "C" not null,    -- number in the other system; empty: not known
  service boolean not null,              -- postage and the like
  raw text not null,
  primary key (import_id, slice, number, line_no)
);

create table import_slices (
  import_id uuid not null,
  slice smallint not null,
  after_number text collate "C" not null default '',
  done boolean not null default false,
  order_lines bigint not null default 0, -- written so far
  primary key (import_id, slice)
);

-- Lines that take back what another sold. Kept: they say which order they were about.
create table import_returns (
  import_id uuid not null,
  line_no int not null,
  shop_id uuid not null,
  number text collate "C" not null,
  code_key text collate "C" not null,
  quantity int not null,                 -- positive
  unit_price_minor bigint not null,
  currency text not null,
  returned_at timestamptz not null,
  customer text collate "C" not null,
  raw text not null,
  state text not null default 'read' check (state in ('read', 'matched', 'made', 'known', 'rejected')),
  sale_number text collate "C",
  sale_line int,
  order_id uuid,
  primary key (import_id, line_no)
);
create index import_returns_to_match on import_returns (import_id, returned_at, line_no) where state = 'read';
create index import_returns_by_sale on import_returns (import_id, sale_number) where state = 'matched';
create index import_returns_by_number on import_returns (shop_id, number) where state = 'made';
create index import_returns_of_order on import_returns (order_id) where order_id is not null;

create table import_rejects (
  import_id uuid not null,
  line_no int not null,
  field text not null,
  reason text not null,
  raw text not null,
  month text not null,
  currency text not null,
  minor bigint not null,
  primary key (import_id, line_no)
);

-- Which order stands for which number of the other system. This is what makes importing twice harmless.
create table imported_orders (
  shop_id uuid not null,
  number text collate "C" not null,
  order_id uuid not null,
  import_id uuid not null,
  moved jsonb,                           -- {"2026-12": 1999}: lines of another month than the order's, seldom any
  primary key (shop_id, number)
);

create table imported_products (
  shop_id uuid not null,
  code_key text collate "C" not null,
  code text not null,
  title text not null,
  price_minor bigint not null,
  service boolean not null,
  product_id uuid,                       -- null: still to be asked for
  variant_id uuid,
  primary key (shop_id, code_key)
);
create index imported_products_wanted on imported_products (shop_id, code_key) where variant_id is null;

create table imported_customers (
  shop_id uuid not null,
  number text collate "C" not null,
  customer_id uuid,
  primary key (shop_id, number)
);
create index imported_customers_wanted on imported_customers (shop_id, number) where customer_id is null;

/* Make the partitions that orders of these months need: imported orders have the ids of the time they were placed, so that
   lists and retention treat them as what they are. Runs with the rights of the owner. */
create function make_partitions_for(months timestamptz[]) returns int
language plpgsql security definer set search_path from current as $$
declare
  made int := 0;
  month timestamptz;
  from_at timestamptz;
  to_at timestamptz;
  suffix text;
begin
  perform pg_advisory_xact_lock(hashtext('orders.partitions'));
  foreach month in array months loop
    from_at := date_trunc('month', month at time zone 'utc') at time zone 'utc';
    to_at := ((from_at at time zone 'utc') + interval '1 month') at time zone 'utc';
    suffix := to_char(from_at at time zone 'utc', 'YYYY_MM');
    if to_regclass('orders_' || suffix) is null then
      -- Full pages: history does not change.
      execute format('create table %I partition of orders for values from (%L) to (%L)',
        'orders_' || suffix, first_id_at(from_at), first_id_at(to_at));
      execute format('create table %I partition of order_lines for values from (%L) to (%L)',
        'order_lines_' || suffix, first_id_at(from_at), first_id_at(to_at));
      made := made + 1;
    end if;
  end loop;
  return made;
end $$;

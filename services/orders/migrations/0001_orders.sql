-- 0001  Orders, what they may promise, and on which terms.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

-- The terms we sell on: our own copy of what shops and catalog announced, so that an order is priced without asking anybody.

create table shops (
  shop_id uuid primary key,
  selling boolean not null,
  version bigint not null,               -- of the shop in the shops service; older news is ignored
  name text not null default '',
  learned_at timestamptz not null default now()
);

create table offers (
  variant_id uuid primary key,
  product_id uuid not null,
  shop_id uuid not null,
  sku text not null,
  title text not null,
  price_minor bigint not null check (price_minor between 0 and 1000000000000),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  price_version bigint not null,
  selling boolean not null,
  product_version bigint not null,       -- of the product in the catalog service; older news is ignored
  version bigint not null default 1      -- grows with every change here, sale windows included: orders are priced on one version
);
create index offers_by_product on offers (product_id);

create table sale_windows (
  sale_window_id uuid primary key,
  shop_id uuid not null,
  product_id uuid not null,
  variant_id uuid not null,
  price_minor bigint not null check (price_minor between 0 and 1000000000000),
  currency text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  cap_per_customer int not null check (cap_per_customer >= 0), -- 0: none
  units bigint not null check (units > 0),
  ended_at timestamptz                   -- when what was left went back to ordinary sale
);
create index sale_windows_by_variant on sale_windows (variant_id);
create index sale_windows_by_product on sale_windows (product_id) where ended_at is null;
create index sale_windows_to_end on sale_windows (ends_at) where ended_at is null;

-- Everything that can run out. kind 1: units of a variant (id = variant); 2: units set aside for a sale (id = sale window);
-- 3: what one customer may still buy in a sale (id = hash of sale window and customer).
-- granted - remaining = what live orders hold. The checks are the last line of defence, not the first.
create table allotments (
  kind smallint not null,
  allotment_id uuid not null,
  shop_id uuid not null,
  granted bigint not null check (granted >= 0),
  remaining bigint not null check (remaining >= 0),
  primary key (kind, allotment_id),
  check (remaining <= granted)
) partition by list (kind);
-- One hot row is updated by every batch of a sale: with free space in its page every update stays on it (HOT) and the
-- dead versions are pruned in passing. 30 % full leaves room for the versions a 30 s old snapshot can still see.
create table allotments_shared partition of allotments for values in (1, 2)
  with (fillfactor = 30, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create table allotments_caps partition of allotments for values in (3) with (fillfactor = 80);

-- Units that came from inventory or went back, once per transfer.
create table transfers (
  transfer_id uuid primary key,
  variant_id uuid not null,
  shop_id uuid not null,
  quantity bigint not null,              -- positive: granted to us; negative: withdrawn; 0: a withdrawal we refused
  remaining bigint not null,             -- after it, as answered
  made_at timestamptz not null default now()
);
create index transfers_by_variant on transfers (variant_id);

-- Orders. Ids are UUIDv7, so a range of ids is a range of time and the primary key needs no second column.

create table orders (
  order_id uuid primary key,
  shop_id uuid not null,
  customer_id uuid not null,
  status text not null,
  version int not null,                  -- consecutive; one event for each
  total_minor bigint not null check (total_minor >= 0),
  currency text not null,
  payment_method text not null,
  placed_at timestamptz not null,
  history jsonb not null                 -- [["placed", 1790000000000], …]: every state with when, in Unix milliseconds
) partition by range (order_id);
create index orders_by_customer on orders (customer_id, order_id desc);
create index orders_by_shop on orders (shop_id, order_id desc);

create table order_lines (
  order_id uuid not null,
  line_no smallint not null,
  variant_id uuid not null,
  product_id uuid not null,
  sku text not null,
  title text not null,
  quantity int not null check (quantity > 0),
  unit_price_minor bigint not null check (unit_price_minor >= 0),
  total_minor bigint not null,
  price_version bigint not null,
  sale_window_id uuid,
  primary key (order_id, line_no),
  check (total_minor = quantity * unit_price_minor)
) partition by range (order_id);
create index order_lines_by_product on order_lines (product_id, order_id desc);

-- Which order a customer's Idempotency-Key made. Kept 24 h by dropping whole days: deleting 10,000 rows a second would
-- cost as much as writing them. Around midnight a key is written to both days (see keyDays), so the border is no gap.
create table order_keys (
  day date not null,
  customer_id uuid not null,
  key text not null,
  order_id uuid not null,
  body_hash uuid not null,
  primary key (day, customer_id, key)
) partition by range (day);

-- Orders accepted to be placed later (202): the body as sent, and what became of it.
create table order_requests (
  order_id uuid primary key,
  customer_id uuid not null,
  key text not null,
  body_hash uuid not null,
  body jsonb not null,
  priority smallint not null,            -- 1 high, 2 normal, 3 low
  state text not null default 'accepted' check (state in ('accepted', 'placed', 'refused')),
  refusal jsonb,
  attempts int not null default 0,
  network_address text not null,
  user_agent text not null,
  accepted_at timestamptz not null,
  finished_at timestamptz,
  unique (customer_id, key)
);
create index order_requests_waiting on order_requests (priority, order_id) where state = 'accepted';

/* Stop a statement whose effects are not the expected ones: raised inside it, so everything it did is undone. */
create function expect(what text, actual bigint, wanted bigint) returns boolean language plpgsql as $$
begin
  if actual is distinct from wanted then
    raise exception 'expected % of %, got %', wanted, what, actual using errcode = 'SK001';
  end if;
  return true;
end $$;

/* The first id of an instant: UUIDv7 begins with the time in milliseconds. */
create function first_id_at(at timestamptz) returns uuid language sql immutable as $$
  select (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7000-8000-000000000000')::uuid
  from (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') h) t
$$;

/* Make the partitions for the months and days up to `ahead`, drop the days of keys older than `keys_before`. Runs with
   the rights of the owner: the service itself may change no table. */
create function tend_partitions(at timestamptz, keys_before date) returns int
language plpgsql security definer set search_path from current as $$
declare
  month timestamptz := date_trunc('month', at at time zone 'utc') at time zone 'utc';
  made int := 0;
  name text;
  day date;
begin
  perform pg_advisory_xact_lock(hashtext('orders.partitions'));
  for i in -1..2 loop
    declare
      from_at timestamptz := (month at time zone 'utc' + make_interval(months => i)) at time zone 'utc';
      to_at timestamptz := (month at time zone 'utc' + make_interval(months => i + 1)) at time zone 'utc';
      suffix text := to_char(from_at at time zone 'utc', 'YYYY_MM');
    begin
      if to_regclass('orders_' || suffix) is null then
        -- 45 %: every order is confirmed soon after, a page full of them at once. With room for the second version of each the
        -- update stays on its page (HOT) and touches none of the three indexes. At 85 % one in five did, and the update took 14 µs an order.
        execute format('create table %I partition of orders for values from (%L) to (%L) with (fillfactor = 45)',
          'orders_' || suffix, first_id_at(from_at), first_id_at(to_at));
        execute format('create table %I partition of order_lines for values from (%L) to (%L)',
          'order_lines_' || suffix, first_id_at(from_at), first_id_at(to_at));
        made := made + 1;
      end if;
    end;
  end loop;
  for i in -2..3 loop
    day := (at at time zone 'utc')::date + i;
    name := 'order_keys_' || to_char(day, 'YYYY_MM_DD');
    if day >= keys_before and to_regclass(name) is null then
      execute format('create table %I partition of order_keys for values from (%L) to (%L)', name, day, day + 1);
      made := made + 1;
    end if;
  end loop;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'order_keys'::regclass and c.relname < 'order_keys_' || to_char(keys_before, 'YYYY_MM_DD')
  loop
    execute format('drop table %I', name);
  end loop;
  return made;
end $$;

select tend_partitions(now(), (now() at time zone 'utc')::date - 2);

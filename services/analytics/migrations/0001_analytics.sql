-- 0001  What was sold, by quarters of an hour and by days; nothing of who bought it.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

-- How far quarters of an hour are counted. One row.
create table progress (
  singleton     boolean     primary key default true check (singleton),
  counted_until timestamptz not null
);

-- Days (UTC) a quarter of which was counted. Orders are cancelled later, and some are placed later than they came in: a day is
-- counted anew when it has ended (closed), and a week after that (settled).
create table days (
  day        date        primary key,
  first_at   timestamptz not null, -- when the first of its quarters was counted
  counted_at timestamptz not null, -- the last time
  closed_at  timestamptz,
  settled_at timestamptz check (settled_at is null or closed_at is not null)
);
create index days_to_do on days (day) where settled_at is null;

-- As they were called when they were last sold.
create table products (
  product_id uuid primary key,
  title      text not null,
  sold_on    date not null
);
create index products_by_age on products (sold_on);

-- What was cancelled of them is counted in orders, units and amount, too: these do not change any more when somebody cancels.
create table sold_slots (
  slot_at          timestamptz not null, -- when the quarter of an hour began
  shop_id          uuid        not null,
  product_id       uuid        not null,
  currency         text        not null check (currency ~ '^[A-Z]{3}$'),
  orders           bigint      not null check (orders > 0),
  units            bigint      not null check (units > 0),
  amount_minor     bigint      not null check (amount_minor >= 0),
  cancelled_orders bigint      not null check (cancelled_orders between 0 and orders),
  cancelled_units  bigint      not null check (cancelled_units between 0 and units),
  cancelled_minor  bigint      not null check (cancelled_minor between 0 and amount_minor),
  primary key (slot_at, shop_id, product_id, currency)
) partition by range (slot_at);

-- What an order costs beyond its lines belongs to no product, and is only in here.
create table outcome_slots (
  slot_at      timestamptz not null,
  shop_id      uuid        not null,
  currency     text        not null check (currency ~ '^[A-Z]{3}$'),
  status       text        not null,
  orders       bigint      not null check (orders > 0),
  amount_minor bigint      not null check (amount_minor >= 0),
  primary key (slot_at, shop_id, currency, status)
) partition by range (slot_at);

-- The sums of days that are closed. Some thousand rows a day, so they are one table and are deleted day by day.
create table sold_days (
  day              date   not null,
  shop_id          uuid   not null,
  product_id       uuid   not null,
  currency         text   not null,
  orders           bigint not null,
  units            bigint not null,
  amount_minor     bigint not null,
  cancelled_orders bigint not null,
  cancelled_units  bigint not null,
  cancelled_minor  bigint not null,
  primary key (shop_id, day, product_id, currency)
);
create index sold_days_by_day on sold_days (day);

create table outcome_days (
  day          date   not null,
  shop_id      uuid   not null,
  currency     text   not null,
  status       text   not null,
  orders       bigint not null,
  amount_minor bigint not null,
  primary key (shop_id, day, currency, status)
);
create index outcome_days_by_day on outcome_days (day);

/* Make the partitions of days, those in between included. With the rights of the owner: the service may change no table. */
create function make_days(first_day date, last_day date) returns int
language plpgsql security definer set search_path from current as $$
declare
  made int := 0;
  name text;
begin
  perform pg_advisory_xact_lock(hashtext('analytics.partitions'));
  for i in 0..last_day - first_day loop
    foreach name in array array['sold_slots', 'outcome_slots'] loop
      if to_regclass(name || to_char(first_day + i, '_YYYY_MM_DD')) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)',
          name || to_char(first_day + i, '_YYYY_MM_DD'), name,
          (first_day + i)::timestamp at time zone 'utc', (first_day + i + 1)::timestamp at time zone 'utc');
        made := made + 1;
      end if;
    end loop;
  end loop;
  return made;
end $$;

/* Make the partitions from yesterday to three days ahead, and drop those of days before `slots_from`. */
create function tend_partitions(today date, slots_from date) returns int
language plpgsql security definer set search_path from current as $$
declare
  changed int := make_days(today - 1, today + 3);
  name text;
begin
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent in ('sold_slots'::regclass, 'outcome_slots'::regclass)
      and right(c.relname, 10) < to_char(slots_from, 'YYYY_MM_DD')
  loop
    execute format('drop table %I', name);
    changed := changed + 1;
  end loop;
  return changed;
end $$;

-- 0001  The goods: what lies where, what of it orders may promise, and the ledger that explains both.
-- First release: nothing before it to be compatible with. Locks: none that matter, all tables are new.

create table locations (
  id         uuid        primary key, -- UUIDv7 with the shop's bucket
  shop_id    uuid        not null,
  name       text        not null check (length(name) between 1 and 100),
  is_default boolean     not null,
  created_at timestamptz not null
);
create unique index locations_default on locations (shop_id) where is_default;
create unique index locations_name on locations (shop_id, lower(name));

-- One row per variant: what the catalog says of it, and our totals. Changes of stock lock it, in the order of variants.
-- on_hand - leaving is what will be on the shelf, allotted + granting - withdrawing what orders may come to promise.
create table items (
  variant_id      uuid        primary key,
  product_id      uuid        not null,
  shop_id         uuid        not null,
  sku             text        not null,
  title           text        not null,
  active          boolean     not null,
  catalog_version bigint      not null,
  on_hand         bigint      not null default 0 check (on_hand >= 0), -- sum of stock
  leaving         bigint      not null default 0 check (leaving >= 0), -- of these, to be taken off once withdrawn
  allotted        bigint      not null default 0 check (allotted >= 0), -- granted to orders, as far as recorded
  granting        bigint      not null default 0 check (granting >= 0), -- pending transfers to orders
  withdrawing     bigint      not null default 0 check (withdrawing >= 0), -- pending transfers from orders
  alert_level     bigint      check (alert_level >= 0),
  low             boolean     generated always as (alert_level is not null and on_hand <= alert_level) stored,
  version         bigint      not null default 0, -- grows with every change of stock
  changed_at      timestamptz not null,
  constraint items_allotted_on_hand check (allotted <= on_hand),
  constraint items_promised_on_hand check (allotted + granting - withdrawing <= on_hand - leaving)
) with (fillfactor = 80);
create index items_product on items (product_id, variant_id);
create index items_shop on items (shop_id, variant_id);
create index items_low on items (shop_id, variant_id) where low;

create table stock (
  variant_id  uuid   not null references items,
  location_id uuid   not null references locations,
  on_hand     bigint not null check (on_hand >= 0),
  leaving     bigint not null default 0,
  version     bigint not null default 1,
  primary key (variant_id, location_id),
  constraint stock_leaving check (leaving between 0 and on_hand)
) with (fillfactor = 80);

-- Why stock changed. Its id is the key under which a repeat is recognised.
create table changes (
  id           uuid        primary key,
  shop_id      uuid        not null,
  reason       text        not null,
  note         text        not null,
  actor        text        not null, -- an account, or the part of the program that did it
  request_hash bytea       not null,
  state        text        not null check (state in ('withdrawing', 'applied', 'refused')),
  created_at   timestamptz not null,
  settled_at   timestamptz,
  constraint changes_settled check ((state = 'withdrawing') = (settled_at is null))
);
create index changes_pending on changes (created_at) where state = 'withdrawing';

-- The lines of a change that waits for orders to give units back; kept when refused, with how many could be taken.
create table change_lines (
  change_id   uuid   not null references changes,
  variant_id  uuid   not null references items,
  location_id uuid   not null references locations,
  delta       bigint not null,
  withdraw    bigint not null check (withdraw >= 0), -- 0: what is taken was not promised to anybody's orders
  at_most     bigint, -- set when it was this line that could not be done
  primary key (change_id, variant_id)
);

-- Two-sided movements of the permission to promise: the intent is committed here, then orders is asked, then the answer
-- is recorded. A crash between leaves it pending, and it is asked again under the same id.
create table transfers (
  id         uuid        primary key, -- UUIDv7 with the shop's bucket
  change_id  uuid        not null references changes,
  shop_id    uuid        not null,
  variant_id uuid        not null references items,
  direction  text        not null check (direction in ('grant', 'withdrawal')),
  quantity   bigint      not null check (quantity > 0),
  state      text        not null check (state in ('pending', 'done', 'refused')),
  created_at timestamptz not null,
  settled_at timestamptz,
  constraint transfers_settled check ((state = 'pending') = (settled_at is null))
);
create index transfers_pending on transfers (created_at) where state = 'pending';
create index transfers_pending_variant on transfers (variant_id) where state = 'pending';
create index transfers_change on transfers (change_id);

-- The ledger: nothing on the shelf and nothing allotted that its movements do not add up to.
create table movements (
  id             uuid        primary key, -- UUIDv7 with the shop's bucket
  variant_id     uuid        not null,
  shop_id        uuid        not null,
  location_id    uuid,
  kind           text        not null check (kind in ('receipt', 'write-off', 'adjustment', 'grant', 'withdrawal')),
  on_hand_delta  bigint      not null,
  allotted_delta bigint      not null,
  on_hand        bigint      not null, -- of the variant, afterwards
  cause_kind     text        not null check (cause_kind in ('change', 'transfer')),
  cause_id       uuid        not null,
  actor          text        not null,
  note           text        not null,
  at             timestamptz not null,
  xid            xid8        not null default pg_current_xact_id(), -- lets the audit ask what is new
  constraint movements_once unique (cause_id, variant_id, kind),
  constraint movements_one_sided check (
    case when kind in ('grant', 'withdrawal') then on_hand_delta = 0 and allotted_delta <> 0 and location_id is null
         else on_hand_delta <> 0 and allotted_delta = 0 and location_id is not null end)
);
create index movements_variant on movements (variant_id, id);
create index movements_xid on movements (xid);

do $$
declare
  service_role text := 'souk_' || current_schema();
begin
  if exists (select from pg_roles where rolname = service_role) then
    execute format('revoke update, delete, truncate on movements from %I', service_role);
    execute format('revoke delete, truncate on changes, transfers, items, stock, locations from %I', service_role);
  end if;
end $$;

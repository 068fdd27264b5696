-- 0002  Lots with expiry, goods set apart for orders, shipments, returns, reorder rules.
-- The release before knows no lots: what it puts on a shelf after this is in none, and `souk audit` says so. Let its
-- processes end first. Locks: items, stock and movements for as long as their rows take to be read once.

-- What came together and expires together. A shelf (variant and location) is the sum of its lots.
-- Locked in the order of (variant_id, id), after the items, by whoever locks both.
create table lots (
  id          uuid        primary key, -- UUIDv7 with the shop's bucket
  variant_id  uuid        not null references items,
  location_id uuid        not null references locations,
  shop_id     uuid        not null,
  code        text        not null check (length(code) <= 64), -- '': goods that came without one
  expires_on  date, -- the last day on which they may be handed over, UTC
  received_at timestamptz not null, -- the first of them
  on_hand     bigint      not null default 0 check (on_hand >= 0),
  assigned    bigint      not null default 0 check (assigned >= 0), -- of these, set apart for orders
  leaving     bigint      not null default 0 check (leaving >= 0), -- of these, to be taken off once withdrawn
  constraint lots_code unique (variant_id, location_id, code),
  constraint lots_set_apart check (assigned + leaving <= on_hand)
) with (fillfactor = 60); -- a hot lot is written anew with every batch of orders: room for that on its page
create index lots_present on lots (variant_id, id) where on_hand > 0;
create index lots_expiring on lots (shop_id, expires_on, id) where on_hand > 0 and expires_on is not null;
create index lots_expired on lots (expires_on, id) where on_hand > 0 and expires_on is not null;

-- Why a lot has what it has: a lot is the sum of these.
create table lot_movements (
  cause_id   uuid   not null, -- a change, a shipment, a return; of what was there before lots: the lot itself
  lot_id     uuid   not null,
  variant_id uuid   not null,
  delta      bigint not null check (delta <> 0),
  primary key (cause_id, lot_id)
);

-- What lay there before there were lots. The id has the bucket of the variant's, which is the shop's.
insert into lots (id, variant_id, location_id, shop_id, code, received_at, on_hand, leaving)
select (substr(s.variant_id::text, 1, 19) || substr(gen_random_uuid()::text, 20))::uuid, s.variant_id, s.location_id,
       i.shop_id, '', now(), s.on_hand, s.leaving
  from stock s join items i using (variant_id);
insert into lot_movements (cause_id, lot_id, variant_id, delta)
select id, id, variant_id, on_hand from lots where on_hand > 0;

-- Goods that a waiting change will put somewhere, and those it will take.
alter table change_lines add column lot_id uuid;
create table change_takes (
  change_id  uuid   not null references changes,
  lot_id     uuid   not null,
  variant_id uuid   not null,
  units      bigint not null check (units > 0),
  primary key (change_id, lot_id)
);
insert into change_takes (change_id, lot_id, variant_id, units)
select c.change_id, l.id, c.variant_id, -c.delta
  from change_lines c join changes h on h.id = c.change_id and h.state = 'withdrawing'
       join lots l on l.variant_id = c.variant_id and l.location_id = c.location_id
 where c.delta < 0;
update change_lines c set lot_id = l.id
  from lots l where l.variant_id = c.variant_id and l.location_id = c.location_id and c.delta > 0;

-- Goods set apart for orders: a row per order and lot, numbered within the order. Line 0 is there for every order that
-- was ever assigned or released, so its key is what a repeat runs into. Still set apart: quantity - issued - released.
-- Eight columns, all of fixed length: a ninth, or a second index, would be paid by every order.
create table assignments (
  order_id    uuid        not null,
  lot_id      uuid, -- null: released before anything was set apart
  at          timestamptz not null,
  quantity    int         not null,
  issued      int         not null default 0,
  released    int         not null default 0,
  line        smallint    not null,
  released_at timestamptz,
  constraint assignments_pkey primary key (order_id, line),
  constraint assignments_once check (issued >= 0 and released >= 0 and issued + released <= quantity)
) with (fillfactor = 90, autovacuum_vacuum_insert_scale_factor = 0.05);

create table issues (
  shipment_id uuid        primary key,
  order_id    uuid        not null,
  shop_id     uuid        not null,
  actor       text        not null,
  at          timestamptz not null
);
create index issues_order on issues (order_id);

create table take_backs (
  return_id uuid        primary key,
  order_id  uuid        not null,
  shop_id   uuid        not null,
  actor     text        not null,
  at        timestamptz not null
);
create index take_backs_order on take_backs (order_id);

-- Which lot leaves first; a variant's own word goes before its shop's. Without either: the one that expires first.
create table shop_rules (
  shop_id    uuid primary key,
  issue_rule text not null check (issue_rule in ('fefo', 'fifo'))
);
alter table items add column issue_rule text check (issue_rule in ('fefo', 'fifo'));

alter table items add column reorder_point bigint check (reorder_point >= 0);
alter table items add column reorder_quantity bigint check (reorder_quantity > 0);
alter table items add constraint items_reorder_rule check ((reorder_point is null) = (reorder_quantity is null));
create index items_to_reorder on items (shop_id, variant_id) where on_hand <= reorder_point;

-- Goods of one variant may be shipped from several locations: one movement for each.
alter table movements drop constraint movements_once;
alter table movements add constraint movements_once unique nulls not distinct (cause_id, variant_id, kind, location_id);
alter table movements drop constraint movements_kind_check;
alter table movements add constraint movements_kind_check check (
  kind in ('receipt', 'write-off', 'adjustment', 'grant', 'withdrawal', 'issue', 'return'));
alter table movements drop constraint movements_cause_kind_check;
alter table movements add constraint movements_cause_kind_check check (
  cause_kind in ('change', 'transfer', 'shipment', 'return'));
alter table movements drop constraint movements_one_sided;
alter table movements add constraint movements_one_sided check (
  case when kind in ('grant', 'withdrawal') then on_hand_delta = 0 and allotted_delta <> 0 and location_id is null
       when kind = 'issue' then on_hand_delta < 0 and allotted_delta = on_hand_delta and location_id is not null
       else on_hand_delta <> 0 and allotted_delta = 0 and location_id is not null end);

do $$
declare
  service_role text := 'souk_' || current_schema();
begin
  if exists (select from pg_roles where rolname = service_role) then
    execute format('revoke update, delete, truncate on lot_movements, issues, take_backs from %I', service_role);
    execute format('revoke delete, truncate on lots, assignments from %I', service_role);
  end if;
end $$;

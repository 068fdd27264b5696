-- 0003  Shipments and returns of orders, and how far back a shop's orders are all done.
-- Compatible with the release before, which knows none of these tables. Locks nothing that exists: all of them are new.

-- One parcel, or what a carrier fetched at once. Recorded before inventory is asked for the goods, so that a crash in
-- between is resumed with the same id. State and history of the order change when inventory has handed the goods over.
create table shipments (
  shipment_id uuid primary key,          -- UUIDv7 with the order's bucket
  order_id uuid not null,
  shop_id uuid not null,
  state text not null check (state in ('issuing', 'issued', 'refused', 'delivered', 'failed')),
  carrier text not null,
  tracking_number text not null,
  tracking_url text not null,
  refusal jsonb,                         -- {"variantId", "reason"}: what inventory did not have
  actor_id uuid not null,
  correlation_id text not null,
  created_at timestamptz not null,
  issued_at timestamptz,
  ended_at timestamptz,                  -- delivered, failed or refused
  attempts int not null default 0,       -- by the job that takes up what was left lying
  try_at timestamptz not null            -- while issuing: not before then; a request under way has it until then
);
create index shipments_of_order on shipments (order_id);
create index shipments_issuing on shipments (try_at) where state = 'issuing';

create table shipment_lines (
  shipment_id uuid not null references shipments,
  line_no smallint not null,             -- of the order
  variant_id uuid not null,
  quantity int not null check (quantity > 0),
  primary key (shipment_id, line_no)
);

-- Goods on their way back. A thing of its own, with states of its own; an order can have several.
create table returns (
  return_id uuid primary key,            -- UUIDv7 with the order's bucket
  order_id uuid not null,
  shop_id uuid not null,
  customer_id uuid not null,
  origin text not null check (origin in ('customer', 'undelivered')),
  shipment_id uuid unique,               -- the one that could not be delivered
  state text not null check (state in ('requested', 'refused', 'approved', 'receiving', 'received', 'settled')),
  reason text not null,
  note text not null,                    -- the customer's
  answer text not null,                  -- the shop's
  refund_minor bigint check (refund_minor >= 0), -- fixed when the goods came back; the sum of its lines
  actor_id uuid,                         -- who received it
  correlation_id text not null,
  requested_at timestamptz not null,
  decided_at timestamptz,
  received_at timestamptz,
  settled_at timestamptz,
  attempts int not null default 0,
  try_at timestamptz not null
);
create index returns_of_order on returns (order_id);
create index returns_of_shop on returns (shop_id, return_id desc);
create index returns_of_shop_by_state on returns (shop_id, state, return_id desc);
create index returns_under_way on returns (try_at) where state in ('receiving', 'received');

create table return_lines (
  return_id uuid not null references returns,
  line_no smallint not null,             -- of the order
  variant_id uuid not null,
  quantity int not null check (quantity > 0),
  received int check (received between 0 and quantity),
  restock boolean,                       -- false: written off
  refund_minor bigint check (refund_minor >= 0),
  primary key (return_id, line_no)
);

-- Every order of the shop before this one is shipped or cancelled: where looking for orders to ship begins. A memory of
-- what was seen, not a fact: without it the same is found by looking further. An index on the state of orders would cost
-- every order that is confirmed two writes to it, and the place beside its first version (HOT); this costs them nothing.
create table shipped_until (
  shop_id uuid primary key,
  order_id uuid not null
);

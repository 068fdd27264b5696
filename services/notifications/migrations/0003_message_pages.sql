-- 0003  What a rush has to tell lies many to a row: of a confirmed order there is nothing to keep but three ids and a time.
-- Compatible with the release before, which works on and writes rows of its own; while both run it does not show what lies
-- in pages. Locks: none that matter, the table is new.

-- A page of messages for the inbox about orders, all of one kind and one instant. Never changed: what happens to a message
-- by itself (it leaves the house, it fails) concerns rows of `messages` alone. A message has the same id wherever it lies,
-- and one that lies in two places is one message.
create table message_pages (
  at_ms     bigint   not null,    -- when what they tell of happened, in Unix milliseconds: the time in their ids
  page      bigint   generated always as identity,
  kind      smallint not null,
  shop_id   uuid,                 -- null: each has its own
  customers uuid[]   not null,
  orders    uuid[]   not null,
  shops     uuid[],
  primary key (at_ms, page)
) with (toast_tuple_target = 8160);
-- A row fills a block of its own: found by one read, and no second table with a second index beside it.
alter table message_pages
  alter customers set storage plain, alter orders set storage plain, alter shops set storage plain,
  alter customers set statistics 0, alter orders set statistics 0, alter shops set statistics 0;
-- New entries wait in a list of 4 MB at most, some 80,000 messages, and are sorted in together: 1.6 µs a message where an
-- index on rows takes 4. Reading the list takes a millisecond at most.
create index message_pages_by_customer on message_pages using gin (customers) with (gin_pending_list_limit = 4096);

/* The id of a message in a page; see message.ts. */
create function paged_message_id(at_ms bigint, kind smallint, order_id uuid) returns uuid language sql immutable as $$
  select (substr(t, 1, 8) || '-' || substr(t, 9) || '-7' || lpad(to_hex(kind * 16), 3, '0') || substr(order_id::text, 19))::uuid
  from (select lpad(to_hex(at_ms), 12, '0') t) as time
$$;

create view paged_messages as
  select p.at_ms, p.customers, m.customer_id, paged_message_id(p.at_ms, p.kind, m.order_id) as id, m.order_id as about_id,
    coalesce(p.shop_id, m.shop_id) as shop_id, p.kind
  from message_pages p cross join lateral unnest(p.customers, p.orders, p.shops) as m(customer_id, order_id, shop_id);

/* Delete the pages of whole months before that of `keep_from`: with the rights of the owner, as nobody else may. */
create function drop_pages(keep_from timestamptz) returns bigint
language sql security definer set search_path from current as $$
  with dropped as (
    delete from message_pages
    where at_ms < (extract(epoch from date_trunc('month', keep_from at time zone 'utc') at time zone 'utc') * 1000)::bigint
    returning page)
  select count(*) from dropped
$$;

do $$
declare
  service_role text := 'souk_' || current_schema();
begin
  if exists (select from pg_roles where rolname = service_role) then
    execute format('revoke update, delete, truncate on message_pages from %I', service_role);
  end if;
end $$;

-- 0002  What of an order's saga waits, failed or is being put right.
-- Compatible with the release before (new tables, unread there). Locks nothing that exists.

-- One row for a step of an order's saga that did not simply succeed. Most orders have none: of them the order's history
-- says it all. At 8,000 orders a second a row for each step of each would cost more than the orders.
--   pending     asked, and the answer comes later; at next_at, its deadline, the order is given up
--   due         to be run at next_at: it failed before, or what it waited for has come
--   stuck       out of attempts: shown to an operator, and still tried every few minutes
--   done        has succeeded, after having waited
--   refused     a no for good; the order was cancelled for it
--   undoing     to be undone at next_at; undo-stuck: the same, out of attempts
--   held        to be undone as soon as the steps behind it are
--   undone      nothing is left of it
create table order_steps (
  order_id uuid not null,
  step text not null,
  state text not null check (state in
    ('pending', 'due', 'stuck', 'done', 'refused', 'undoing', 'undo-stuck', 'held', 'undone')),
  attempts int not null default 0,       -- failed ones, since it was last begun
  next_at timestamptz,
  deadline_at timestamptz,
  reason text not null default '',       -- why the order was or is to be cancelled
  detail text not null default '',       -- what went wrong last, for a person
  input text not null default '',        -- the payment provider's token, until the step has run
  fence int not null default 1,          -- grows with each claim: whoever comes back late with an older number changes nothing
  correlation_id text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (order_id, step),
  check ((next_at is null) = (state in ('done', 'refused', 'held', 'undone')))
);
create index order_steps_due on order_steps (next_at) where next_at is not null;
create index order_steps_stuck on order_steps (order_id) where state in ('stuck', 'undo-stuck');

-- Up to when orders were looked at for having got lost: each is looked at once, five minutes after it was placed.
create table saga_watch (
  only_row boolean primary key default true check (only_row),
  looked_until timestamptz not null
);

-- The saga goes on where confirming stood, and orders cancelled before there was one have nothing to be undone.
insert into consumer_offsets (consumer, source, shard, xid, seq, index)
  select 'orders.saga', source, shard, xid, seq, index from consumer_offsets where consumer = 'orders.confirm'
  on conflict do nothing;
insert into order_steps (order_id, step, state, correlation_id, created_at, updated_at)
  select order_id, step, 'undone', '', now(), now()
  from orders cross join (values ('payment'), ('goods')) as steps (step)
  where status = 'cancelled';

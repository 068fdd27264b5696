-- 0001  Payments, what is to be done about them at providers, wallets, and the double-entry ledger.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

-- One row an order and one index, for thousands are written a second. What only payments through a provider have lies in
-- `intents`. `called-off`: the order was given back before anybody asked for its money; the row is there so that whoever
-- asks later collides with it.
create table payments (
  payment_id uuid primary key,           -- the order's own id
  shop_id uuid,
  customer_id uuid,
  amount_minor bigint not null check (amount_minor >= 0),
  captured_minor bigint not null default 0,
  refunded_minor bigint not null default 0, -- of captured: promised back or sent back
  version int not null,
  commission_bp smallint not null,       -- what the marketplace keeps, as it was when the money was asked for
  tax_bp smallint not null,              -- tax on that
  method text not null,
  currency text not null,
  state text not null,
  history jsonb not null,                -- [["authorised", 1790000000000], …]: every state with when, in Unix milliseconds
  check (refunded_minor between 0 and captured_minor),
  check ((shop_id is not null and customer_id is not null) or state = 'called-off')
) with (fillfactor = 90);

-- Which payments were asked for together, a row for each batch and shop: a shop's list without an index on every payment.
create table askings (
  asking_id uuid primary key,
  shop_id uuid not null,
  payment_ids uuid[] not null
);
create index askings_by_shop on askings (shop_id, asking_id desc);

-- The side of a payment that a provider knows. Never a card number: a token is the provider's own word for a card.
create table intents (
  payment_id uuid primary key,
  customer_id uuid not null,
  amount_minor bigint not null,
  provider text not null,
  token text,
  provider_reference text,
  redirect_url text,                     -- where the customer has to go, or
  client_secret text,                    -- what the page needs to ask him itself; gone once it is decided
  score real not null,                   -- of fraud, 0 to 1
  fee_minor bigint not null default 0,   -- what the provider kept
  alarm text,                            -- something that a person has to look at
  asked_at timestamptz not null
);
create index intents_by_customer on intents (customer_id, asked_at desc);
create index intents_by_time on intents (provider, asked_at);
create index intents_alarmed on intents (payment_id) where alarm is not null;

create table refunds (
  refund_id uuid primary key,
  payment_id uuid not null references payments,
  amount_minor bigint not null check (amount_minor > 0),
  cause text not null,
  state text not null check (state in ('waiting', 'sent', 'settled', 'failed')),
  to_wallet boolean not null,
  provider_reference text,
  asked_by text not null,                -- an account, or the part of the program that did it
  reason text not null default '',       -- why it failed, or what was said when it was asked for
  asked_at timestamptz not null,
  settled_at timestamptz
);
create index refunds_by_payment on refunds (payment_id);
create index refunds_open on refunds (refund_id) where state in ('waiting', 'sent');

-- What is to be given back for an order, once for each cause. `waiting`: as soon as there is something to give.
create table give_backs (
  payment_id uuid not null,
  cause_id uuid not null,
  cause text not null,
  amount_minor bigint not null check (amount_minor >= 0), -- 0: all that is left
  correlation_id text not null,
  state text not null check (state in ('waiting', 'done')),
  ordered_at timestamptz not null,
  primary key (payment_id, cause_id)
);

-- What has to be done at a provider. Taken with a lease; the fence grows with each taking, and whoever comes back with an
-- old one writes nothing.
create table operations (
  operation_id uuid primary key,
  payment_id uuid not null references payments,
  provider text not null,
  kind text not null check (kind in ('authorise', 'capture', 'void', 'refund', 'look')),
  refund_id uuid references refunds,
  state text not null check (state in ('waiting', 'done', 'refused', 'called-off')),
  wanted int not null default 1,         -- how often it was asked for: a look asked for while one is under way is repeated
  attempts int not null default 0,       -- since it was asked for
  fence int not null default 0,
  must_look boolean not null default false, -- the outcome of the last attempt is not known: find out before anything else
  due_at timestamptz not null,
  leased_until timestamptz,
  made_at timestamptz not null,
  correlation_id text not null,
  constraint operations_once unique nulls not distinct (payment_id, kind, refund_id)
);
create index operations_due on operations (provider, due_at) where state = 'waiting';

create table attempts (
  operation_id uuid not null references operations,
  fence int not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  outcome text,                          -- null: under way, or whoever made it died
  detail text not null default '',
  primary key (operation_id, fence)
);

-- What providers said by themselves, as it came. Applied in the order of arrival, by looking at the provider again: so it
-- does not matter how often, how late and in what order they say it.
create table webhooks (
  webhook_id uuid primary key,
  provider text not null,
  event_id text not null,
  kind text not null,
  payment_id uuid,                       -- null: concerns none of ours
  raw bytea not null,
  state text not null check (state in ('waiting', 'applied', 'ignored')),
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  due_at timestamptz not null,           -- waits for our own row to appear
  looked int not null default 0,
  constraint webhooks_once unique (provider, event_id)
);
create index webhooks_waiting on webhooks (due_at) where state = 'waiting';
create index webhooks_by_payment on webhooks (payment_id);

-- Webhooks that were turned away: who, when, why, and which body; never the body.
create table webhook_refusals (
  refusal_id uuid primary key,
  provider text not null,
  why text not null,
  address text not null,
  body_hash bytea not null,
  received_at timestamptz not null
);

create table wallets (
  customer_id uuid not null,
  currency text not null,
  balance_minor bigint not null check (balance_minor >= 0),
  version int not null,
  primary key (customer_id, currency)
);

-- Why a balance is what it is. Append-only.
create table wallet_movements (
  movement_id uuid primary key,
  customer_id uuid not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor <> 0),
  cause text not null check (cause in ('payment', 'refund', 'credit')),
  cause_id uuid not null,
  note text not null default '',
  made_at timestamptz not null,
  constraint wallet_movements_once unique (cause, cause_id)
);
create index wallet_movements_by_customer on wallet_movements (customer_id, movement_id desc);

-- The double-entry ledger, append-only: debits are positive, credits negative, each journal sums to zero in its currency.
-- What a batch decides for one shop is one journal, which names its payments (or refunds).
create table journals (
  journal_id uuid primary key,
  shop_id uuid,
  kind text not null,
  currency text not null,
  subject_ids uuid[] not null,
  made_at timestamptz not null
);
create index journals_by_shop on journals (shop_id, journal_id desc);

create table postings (
  journal_id uuid not null references journals,
  account text not null,
  amount_minor bigint not null check (amount_minor <> 0),
  primary key (journal_id, account)
);

-- Our own copy of what shops announced: what the marketplace keeps of their sales.
create table shops (
  shop_id uuid primary key,
  commission_bp smallint not null check (commission_bp between 0 and 10000),
  version bigint not null
);

do $$
begin
  if exists (select from pg_roles where rolname = 'souk_' || current_schema()) then
    execute format('revoke update, delete, truncate on wallet_movements, journals, postings from %I',
      'souk_' || current_schema());
  end if;
end $$;

-- 0001  Shops, who works in them, and what others must still be told.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

create table shops (
  shop_id uuid primary key,
  version bigint not null default 1,       -- one event for each
  slug text collate "C" not null,
  name text not null check (char_length(name) between 1 and 120),
  name_key text collate "C" not null,      -- what lists are sorted by: the name in lower case
  status text not null,
  verification text not null,
  verification_reason text,                -- why it was rejected, for the shop to read
  country text not null check (country ~ '^[A-Z]{2}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  owner_account_id uuid not null,          -- whom the marketplace writes to; one of the members marked owner
  commission_bp int not null check (commission_bp between 0 and 10000),
  profile jsonb not null,                  -- description, pictures, contact, metadata: shown, never searched
  created_at timestamptz not null,
  changed_at timestamptz not null,
  selling_version bigint not null default 0, -- version at which selling last began or stopped
  told_version bigint not null default 0,    -- the last of these that orders has confirmed
  constraint shops_slug_unique unique (slug)
);
-- The three lists: what shoppers see, what operators look through by status, and the queue of those to be verified.
create index shops_open on shops (name_key, shop_id) where status = 'open';
create index shops_by_status on shops (status, name_key, shop_id);
create index shops_by_verification on shops (verification, name_key, shop_id);
create index shops_by_name on shops (name_key, shop_id);
create index shops_to_tell on shops (shop_id) where told_version < selling_version;

-- The name from its first word on, from its second word on, ...: so that "garden" and "green gard" both find "The Green
-- Garden" by a range of one index.
create table shop_names (
  shop_id uuid not null references shops on delete cascade,
  words text collate "C" not null,
  primary key (words, shop_id)
);
create index shop_names_by_shop on shop_names (shop_id);

create table shop_members (
  shop_id uuid not null references shops on delete cascade,
  account_id uuid not null,
  owner boolean not null,
  duties text[] not null,
  version bigint not null default 1,
  added_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (shop_id, account_id)
);
create index shop_members_by_account on shop_members (account_id, shop_id);

-- Duties identity has not confirmed yet. The row is written with the membership and removed when identity has answered;
-- whoever dies in between leaves it to the job. The lease keeps two senders from overtaking each other.
create table duty_intents (
  shop_id uuid not null,
  account_id uuid not null,
  duties text[] not null,                  -- empty: no longer a member
  set_by_account_id uuid not null,
  version bigint not null default 1,       -- grows when the intent changes while it is being sent
  written_at timestamptz not null,
  leased_until timestamptz not null,
  primary key (shop_id, account_id)
);
create index duty_intents_due on duty_intents (leased_until);

-- What became of each shop, when, by whom and why. Append-only.
create table shop_history (
  entry_id bigint generated always as identity primary key,
  shop_id uuid not null references shops on delete cascade,
  version bigint not null,                 -- of the shop, after it
  what text not null check (what in ('status', 'verification', 'commission')),
  from_value text not null,
  to_value text not null,
  reason text not null default '',
  by_account_id uuid not null,
  at timestamptz not null
);
create index shop_history_by_shop on shop_history (shop_id, entry_id desc);

do $$
begin
  if exists (select from pg_roles where rolname = 'souk_' || current_schema()) then
    execute format('revoke update, delete, truncate on shop_history from %I', 'souk_' || current_schema());
  end if;
end $$;

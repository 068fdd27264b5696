-- 0001  Customers: profile, address book, preferences, consents and their history.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

create table customers (
  customer_id uuid primary key,                -- of the account
  version bigint not null default 1,           -- of the profile; one event for each change
  events bigint not null default 1,            -- the version that was announced last: profile, addresses, preferences
  email text,                                  -- as identity announced it; null until it has
  guest boolean not null default false,
  given_name text not null default '' check (char_length(given_name) <= 100),
  family_name text not null default '' check (char_length(family_name) <= 100),
  phone text check (phone ~ '^\+[0-9]{6,15}$'),
  birth_date date,
  language text not null default 'en' check (char_length(language) between 2 and 12),
  currency text not null default 'EUR' check (currency ~ '^[A-Z]{3}$'),
  preferences jsonb not null default '{}',
  preferences_version bigint not null default 1,
  created_at timestamptz not null,
  changed_at timestamptz not null
);

-- What a customer is found by: the e-mail address, and the name from each of its words on, in lower case. A search is a
-- range of the primary key.
create table customer_terms (
  term text collate "C" not null,
  customer_id uuid not null references customers on delete cascade,
  primary key (term, customer_id)
);
create index customer_terms_by_customer on customer_terms (customer_id);

create table addresses (
  address_id uuid primary key,
  customer_id uuid not null references customers on delete cascade,
  version bigint not null default 1,
  label text not null default '',
  name text not null,
  company text not null default '',
  line1 text not null,
  line2 text not null default '',
  postal_code text not null default '',
  city text not null,
  region text not null default '',
  country text not null check (country ~ '^[A-Z]{2}$'),
  phone text check (phone ~ '^\+[0-9]{6,15}$'),
  default_delivery boolean not null,
  default_billing boolean not null,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
create index addresses_by_customer on addresses (customer_id, address_id);
-- One default of each kind, whatever arrives at once.
create unique index addresses_one_default_delivery on addresses (customer_id) where default_delivery;
create unique index addresses_one_default_billing on addresses (customer_id) where default_billing;

-- Every consent given or taken back, for as long as somebody may have to prove it. The last entry of a purpose holds.
create table consents (
  entry_id bigint generated always as identity primary key,
  customer_id uuid not null,
  purpose text not null,
  given boolean not null,
  wording_version text not null check (char_length(wording_version) between 1 and 40),
  source text not null,
  at timestamptz not null
);
create index consents_by_customer on consents (customer_id, purpose, entry_id desc);
create index consents_history on consents (customer_id, entry_id desc);

do $$
begin
  if exists (select from pg_roles where rolname = 'souk_' || current_schema()) then
    execute format('revoke update, delete, truncate on consents from %I', 'souk_' || current_schema());
  end if;
end $$;

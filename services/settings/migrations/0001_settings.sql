-- 0001  Settings of the marketplace, of shops and of people; feature flags; what became of both.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

-- What somebody chose. Keys, types and bounds stand in catalogue.ts; without a row, or with a null, the default holds.
create table settings (
  scope      text        not null check (scope in ('marketplace', 'shop', 'user')),
  owner_id   uuid        not null, -- the shop or the account; all zeros for the marketplace
  key        text        not null,
  value      jsonb,
  version    bigint      not null default 1,
  changed_by uuid        not null,
  changed_at timestamptz not null,
  primary key (scope, owner_id, key)
);

-- Of the marketplace and of shops; what people choose for themselves is theirs. Append-only.
create table setting_history (
  entry_id   bigint      generated always as identity primary key,
  scope      text        not null,
  owner_id   uuid        not null,
  key        text        not null,
  version    bigint      not null,
  value      jsonb,                -- null: back to the default
  changed_by uuid        not null,
  changed_at timestamptz not null
);
create index setting_history_by_owner on setting_history (scope, owner_id, entry_id desc);

create table flags (
  key        text        collate "C" primary key,
  version    bigint      not null,
  definition jsonb       not null, -- see flag.ts
  changed_by uuid        not null,
  changed_at timestamptz not null
);

-- Every version of every flag, whole: what was in force at any moment, and what to go back to. Append-only.
create table flag_history (
  key        text        collate "C" not null,
  version    bigint      not null,
  definition jsonb,                -- null: removed
  note       text        not null default '',
  changed_by uuid        not null,
  changed_at timestamptz not null,
  primary key (key, version)
);

-- Grows with every change of any flag: whoever keeps all of them in memory asks for this first.
create table flags_revision (
  single   boolean primary key default true check (single),
  revision bigint  not null
);
insert into flags_revision (revision) values (1);

do $$
begin
  if exists (select from pg_roles where rolname = 'souk_' || current_schema()) then
    execute format('revoke update, delete, truncate on setting_history, flag_history from %I', 'souk_' || current_schema());
  end if;
end $$;

-- 0001  Pictures of shops: what was announced, uploaded, looked at and made of it; how much a shop has; one key for signed links.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

create table media (
  media_id uuid primary key,
  shop_id uuid not null,
  state text not null check (state in ('awaiting', 'processing', 'ready', 'refused', 'deleting')),
  file_name text not null,
  alt text not null,
  content_type text not null,            -- as announced, and found to be so before it is processed
  bytes bigint not null check (bytes > 0),
  stored_bytes bigint not null check (stored_bytes >= 0), -- what it counts in the shop's quota
  width int,
  height int,
  variants jsonb not null default '[]',
  refusal text,
  uploaded_by_account_id uuid not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  upload_until timestamptz not null
);
create index media_of_shop on media (shop_id, media_id);
create index media_left_behind on media (changed_at) where state in ('awaiting', 'processing', 'refused', 'deleting');

-- Kept in the transactions that change what it sums up; the audit counts again.
create table usage (
  shop_id uuid primary key,
  files int not null check (files >= 0),
  bytes bigint not null check (bytes >= 0)
);

-- One row: what links to upload and download are signed with where files lie in a folder of ours.
create table signing_key (
  only_row boolean primary key default true check (only_row),
  key bytea not null
);

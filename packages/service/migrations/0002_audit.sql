-- 0002  What the last audit without findings saw, so that the next one may look only at what changed since.
-- Compatible with the release before: a new table nobody there knows. Locks: none that matter.

create table audit_marks (
  name     text        primary key, -- which audit; "audit" is the command's
  snapshot pg_snapshot not null,
  made_at  timestamptz not null
);

do $$
begin
  if exists (select from pg_roles where rolname = 'souk_' || current_schema()) then
    execute format('grant select, insert, update, delete on audit_marks to %I', 'souk_' || current_schema());
  end if;
end $$;

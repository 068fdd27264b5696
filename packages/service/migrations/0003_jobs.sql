-- 0003  The service may put work into its own queues, in its own transactions, and see nothing else of them.
-- Compatible with the release before: a grant. Locks: none that matter.

do $$
declare
  service_role text := 'souk_' || current_schema();
begin
  if current_schema() <> 'jobs' and to_regnamespace('jobs') is not null
     and exists (select from pg_roles where rolname = service_role) then
    execute format('grant usage on schema jobs to %I', service_role);
    execute format('grant execute on function jobs.enqueue(text, jsonb, interval, integer, integer) to %I', service_role);
  end if;
end $$;

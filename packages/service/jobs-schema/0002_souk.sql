-- 0002  Beside the library's tables: how far a job is, and the one door through which services put work in.
-- First release: nothing before it to be compatible with. Locks: none that matter, all is new.

-- At most a row a job, written while it runs; swept with the job.
create table job_progress (
  job_id     uuid        primary key,
  percent    integer     not null check (percent between 0 and 100),
  note       text,
  updated_at timestamptz not null default now()
);

-- A queue as all of ours are: five attempts, 1 s doubling to 60 s between them; what failed for good is copied to the
-- service's "<service>.dead" and kept 30 days; a worker that has not been heard of for 30 s has lost its job.
-- Policy "short": of jobs with one key only one waits. Work by the clock ("<service>.schedules") comes again by itself:
-- it has no dead letters, and of one schedule only one run waits or is under way ("exclusive").
create function ensure_queue(queue_name text) returns void
  language plpgsql security definer set search_path = jobs, pg_temp
as $$
declare
  service   text := split_part(queue_name, '.', 1);
  dead      text := service || '.dead';
  schedules boolean := queue_name = service || '.schedules';
begin
  if queue_name !~ '^[a-z][a-z0-9_]*\.[a-z][a-z0-9-]*$' then
    raise exception 'not the name of a queue: %', queue_name using errcode = 'invalid_parameter_value';
  end if;
  if exists (select from queue where name = queue_name) then return; end if;
  if queue_name <> dead and not schedules then perform ensure_queue(dead); end if;
  perform create_queue(queue_name, jsonb_build_object(
    'policy', case when queue_name = dead then 'standard' when schedules then 'exclusive' else 'short' end,
    'retryLimit', 4, 'retryDelay', 1, 'retryBackoff', true, 'retryDelayMax', 60,
    'expireInSeconds', 21600, 'heartbeatSeconds', 30,
    'retentionSeconds', 2592000, 'deleteAfterSeconds', 604800,
    'notify', queue_name <> dead)
    || case when queue_name = dead or schedules then '{}' else jsonb_build_object('deadLetter', dead) end);
end $$;

-- Put jobs into a queue, in the caller's transaction: [{"id": uuid, "data": …, "key": text or null}, …]. Returns the ids
-- of those that were added; one whose key already waits is not. A service's role reaches the queues of its own name alone.
create function enqueue(queue_name text, given jsonb, due_in interval, of_priority integer, attempts integer)
  returns setof uuid
  language plpgsql security definer set search_path = jobs, pg_temp
as $$
declare
  due timestamptz := now() + greatest(due_in, interval '0');
  added uuid[];
begin
  if session_user like 'souk\_%' and session_user <> 'souk_' || split_part(queue_name, '.', 1) then
    raise exception '% may not put work into %', session_user, queue_name using errcode = 'insufficient_privilege';
  end if;
  if queue_name = split_part(queue_name, '.', 1) || '.dead' then
    raise exception 'nothing is put into % by hand', queue_name using errcode = 'insufficient_privilege';
  end if;
  perform ensure_queue(queue_name);
  with put as (
    insert into job (id, name, data, priority, created_on, start_after, keep_until, singleton_key, retry_limit, retry_delay,
                     retry_backoff, retry_delay_max, expire_seconds, deletion_seconds, heartbeat_seconds, policy, dead_letter)
    select j.id, q.name, j.data, of_priority, clock_timestamp(), due, due + q.retention_seconds * interval '1 s', coalesce(j.key, j.id::text),
           attempts - 1, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.expire_seconds, q.deletion_seconds,
           q.heartbeat_seconds, q.policy, q.dead_letter
      from jsonb_to_recordset(given) as j (id uuid, data jsonb, key text), queue q
     where q.name = queue_name
    on conflict do nothing
    returning id)
  select coalesce(array_agg(id), '{}') into added from put;
  -- The channel the library listens on. Work for later is found by looking, once a second.
  if due <= now() and cardinality(added) > 0 then
    perform pg_notify('pgboss_' || left(encode(sha224('jobs'::bytea), 'hex'), 24), queue_name);
  end if;
  return query select unnest(added);
end $$;

revoke execute on all functions in schema jobs from public;
do $$
begin
  if exists (select from pg_roles where rolname = 'souk_jobs') then
    grant execute on all functions in schema jobs to souk_jobs;
    -- What makes and drops tables is for migrations.
    revoke execute on function delete_queue(text), job_table_run(text, text, text),
      job_table_run_async(text, int, text, text, text) from souk_jobs;
    revoke insert, update, delete on version, bam from souk_jobs;
    grant update on version to souk_jobs;
  end if;
end $$;

import { type Sql, sql, type Tx } from '@souk/postgres'

export type NewJob = { id: string; data: unknown; key: string | undefined }

/** Put jobs into a queue, as the role of its service. Resolves to the ids of those added: a key that waits is not. */
export const insertJobs = async (
  tx: Tx,
  queue: string,
  jobs: readonly NewJob[],
  how: { startAfterMs: number; priority: number; attempts: number },
): Promise<string[]> =>
  (
    await tx.many<{ id: string }>(sql`
    select jobs.enqueue(${queue}, ${JSON.stringify(jobs)}::jsonb, ${how.startAfterMs}::float8 * interval '1 ms',
                        ${how.priority}::int, ${how.attempts}::int) as id`)
  ).map(({ id }) => id)

// From here on: statements of the role souk_jobs, in its own schema.

export const ensureQueue = (tx: Tx, queue: string) => tx.run(sql`select ensure_queue(${queue})`)

/** Those of these queues in which something is due. */
export const queuesDue = async (tx: Tx, queues: readonly string[]): Promise<string[]> =>
  (
    await tx.many<{ name: string }>(sql`
    select name from unnest(${queues}::text[]) as name
     where exists (select from job j where j.name = name.name and j.state < 'active' and not j.blocked
                                       and j.start_after <= now())`)
  ).map(({ name }) => name)

/**
 * Say how far a job is. Resolves to false when it is not running any more: it was cancelled, or taken for dead.
 * @param jobId under which people know it; `rowId` is that of this try.
 */
export const saveProgress = async (
  tx: Tx,
  {
    queue,
    rowId,
    jobId,
    percent,
    note,
  }: { queue: string; rowId: string; jobId: string; percent: number; note: string | null },
) =>
  (await tx.run(sql`
  insert into job_progress (job_id, percent, note)
  select ${jobId}::uuid, ${percent}::int, ${note} from job where name = ${queue} and id = ${rowId} and state = 'active'
  on conflict (job_id) do update set percent = excluded.percent, note = excluded.note, updated_at = now()`)) === 1

export const sweepProgress = (tx: Tx) =>
  tx.run(sql`delete from job_progress where updated_at < now() - interval '40 days'`)

export type QueueFigures = {
  queue: string
  waiting: number
  active: number
  /** Gave up on, waiting for a person. */
  failed: number
  /** Of the one that has been due for longest; 0 when none is. */
  oldestDueSeconds: number
}

export const queueFigures = (tx: Tx) =>
  tx.many<QueueFigures>(sql`
  select case when name like '%.dead' then coalesce(source_name, name) else name end as queue,
         count(*) filter (where state < 'active' and name not like '%.dead') as waiting,
         count(*) filter (where state = 'active') as active,
         count(*) filter (where state < 'active' and name like '%.dead') as failed,
         coalesce(max(extract(epoch from now() - start_after)) filter (
           where state < 'active' and start_after <= now() and name not like '%.dead'), 0)::float8 as "oldestDueSeconds"
    from job where state <= 'active' group by 1 order by 1`)

export const jobStates = ['waiting', 'retrying', 'running', 'completed', 'cancelled', 'failed'] as const
export type JobState = (typeof jobStates)[number]

export type JobRow = {
  id: string
  queue: string
  state: JobState
  priority: number
  key: string | null
  /** Begun so often. */
  attempts: number
  attemptsAllowed: number
  percent: number | null
  note: string | null
  createdAt: Date
  dueAt: Date
  startedAt: Date | null
  endedAt: Date | null
  payload: unknown
  /** What it resolved to; of one that failed, the cause. */
  result: unknown
  /** Given up on, and waiting for a person as a dead letter of its service. */
  dead: boolean
  /** The row that stands for it now. */
  row: { queue: string; id: string }
}

/**
 * Jobs as people speak of them: a job keeps its first id and queue, though what was given up on lives on as a copy in the
 * service's dead letters, and as another row when it is tried again. The rows left behind are not shown.
 */
const all: Sql = sql`
  select coalesce(j.source_root_id, j.source_id, j.id) as id, coalesce(j.source_name, j.name) as queue, j.priority,
         nullif(j.singleton_key, coalesce(j.source_root_id, j.source_id, j.id)::text) as key,
         case when j.name like '%.dead' and j.state < 'active' then 'failed'
              when j.state = 'created' then 'waiting' when j.state = 'retry' then 'retrying'
              when j.state = 'active' then 'running' else j.state::text end as state,
         case when j.name like '%.dead' then coalesce(j.source_retry_count, 0) + 1
              else j.retry_count + (j.started_on is not null)::int end as attempts,
         case when j.name like '%.dead' then coalesce(j.source_retry_count, 0) + 1 else j.retry_limit + 1 end
           as "attemptsAllowed",
         coalesce(j.source_created_on, j.created_on) as "createdAt", j.start_after as "dueAt", j.started_on as "startedAt",
         case when j.name like '%.dead' then j.created_on else j.completed_on end as "endedAt",
         j.data as payload, coalesce(j.source_output, j.output) as result,
         j.name like '%.dead' as dead, jsonb_build_object('queue', j.name, 'id', j.id) as row
    from job j
   where not (j.state = 'failed' and j.dead_letter is not null)`

export type JobFilter = { queue?: string; state?: JobState; beforeId?: string; limit: number }

/** The newest first. */
export const selectJobs = (tx: Tx, { queue, state, beforeId, limit }: JobFilter) =>
  tx.many<JobRow>(sql`
  select a.*, p.percent, p.note from (${all}) a left join job_progress p on p.job_id = a.id
   where (${queue ?? null}::text is null or a.queue = ${queue ?? null})
     and (${state ?? null}::text is null or a.state = ${state ?? null})
     and a.id < ${beforeId ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff'}::uuid
   order by a.id desc limit ${limit}`)

export const findJob = (tx: Tx, id: string) =>
  tx.maybeOne<JobRow>(sql`
  select a.*, p.percent, p.note from (${all}) a left join job_progress p on p.job_id = a.id
   where a.id = ${id} order by a."createdAt" desc limit 1`)

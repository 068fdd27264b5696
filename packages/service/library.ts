import type { Pooled } from '@souk/postgres'
import type { PgBoss } from 'pg-boss'

/** The job library on its tables. Loaded when it is first needed: 40 ms and 13 MB that a process with edges alone saves. */
export async function openLibrary(options: {
  /** In the role of the jobs. */
  url: string
  /** The address is that of a pooler in transaction mode, which cannot be listened through: work is looked for. */
  pooled?: Pooled
  /** Look after the queues and run what is in them; else only give orders about single jobs. */
  working: boolean
  onError: (error: unknown) => void
  /** Between looks at what became of jobs and workers. Default 15. */
  superviseSeconds?: number
}): Promise<PgBoss> {
  const { PgBoss } = await import('pg-boss')
  const boss = new PgBoss({
    connectionString: options.url,
    schema: 'jobs',
    application_name: 'souk jobs',
    max: options.working ? 3 : 1,
    // Tables come from our migrations, and nobody here may make or rebuild any.
    migrate: false,
    createSchema: false,
    reindex: false,
    monitorVacuum: false,
    // Its schedules have minutes; ours (schedules.ts) stand in the code, and any number of processes agree on them.
    schedule: false,
    useListenNotify: options.working && !options.pooled,
    supervise: options.working,
    // A worker that died is noticed 30 s after its last sign of life, at the next look.
    superviseIntervalSeconds: options.superviseSeconds ?? 15,
    monitorIntervalSeconds: options.superviseSeconds ?? 15,
    maintenanceIntervalSeconds: 3_600,
    queueCacheIntervalSeconds: 300,
    // For jobs that wait for other jobs, which ours do not.
    flowIntervalSeconds: 3_600,
  })
  boss.on('error', options.onError)
  await boss.start()
  return boss
}

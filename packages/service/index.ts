export { type AuditMark, findAuditMark, replaceAuditMark, seenNow } from './audit-marks.sql.ts'
export type { AuditCheck, AuditResult, AuditScope, Finding } from './audit.ts'
export { type PersonalSections, recordsOf } from './personal-data.ts'
export type { BucketTables, MoveDetails, TableMove } from './bucket-tables.ts'
export { commonTables } from './common-tables.sql.ts'
export {
  type BootOptions,
  bootServices,
  configOf,
  type Division,
  homeShard,
  type Reader,
  type RunningService,
  type RunningServices,
} from './boot.ts'
export {
  type Clock,
  defineService,
  type Job,
  type ServiceContext,
  type ServiceDefinition,
  type ServiceParts,
} from './define.ts'
export {
  ConfigurationError,
  type EnvField,
  type EnvSpec,
  flag,
  integer,
  oneOf,
  optional,
  type ParsedEnv,
  parseEnv,
  text,
  url,
} from './env.ts'

export { type JobDesk, openJobDesk, type Ordered } from './job-desk.ts'
export {
  type AuditOptions,
  auditService,
  type CheckOutcome,
  keepMark,
  outcomeOf,
  type ServiceAudit,
} from './run-audit.ts'

export {
  ensureShardMap,
  followShardMap,
  mapLeaseMs,
  type ShardMap,
  shardsSchema,
  spreadEvenly,
} from './shard-map.ts'
export { announceAlone, believedMs } from './shard-alone.ts'
export { isShardRefusal, shardErrors } from './shard-errors.ts'
export type { EnqueueOptions, Queue, RunningJob, Work } from './work.ts'
export { createWork } from './work.ts'
export { type JobFilter, type JobRow, type JobState, jobStates } from './work.sql.ts'

/** Where work for later lies: a schema and a role of its own. Migrated before the services, which are let in by theirs. */
export const jobsSchema = {
  service: 'jobs',
  sets: [{ name: 'jobs', folder: new URL('./jobs-schema/', import.meta.url) }],
}

/** What every service keeps beside its own tables: outbox, offsets, dead letters, answers already given. */
export const commonMigrations = { name: 'common', folder: new URL('./migrations/', import.meta.url) }

export { moveBuckets, repairMove } from './move-buckets.ts'
export { type DividedService, type Moved, type MoveDeps, type MoveStep, moveSteps } from './move-deps.ts'
export { latestMoves, livingProcesses, type MoveRow, openMove } from './move-map.sql.ts'
export { MoveRefused, MoverKilled } from './move-refused.ts'
export { tablesOf } from './move-rows.sql.ts'
export { type BucketRow, readMap } from './shard-map.sql.ts'

export type { AuditCheck, AuditResult, AuditScope, Finding } from './audit.ts'
export {
  type BootOptions,
  bootServices,
  configOf,
  homeShard,
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

export {
  type AuditOptions,
  auditService,
  type CheckOutcome,
  keepMark,
  outcomeOf,
  type ServiceAudit,
} from './run-audit.ts'

/** What every service keeps beside its own tables: outbox, offsets, dead letters, answers already given. */
export const commonMigrations = { name: 'common', folder: new URL('./migrations/', import.meta.url) }

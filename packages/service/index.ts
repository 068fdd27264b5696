export type { AuditCheck, AuditResult, AuditScope, Finding } from './audit.ts'
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

export { integerArray, textArray, uuidArray } from './arrays.ts'
export { isReachable } from './health.sql.ts'
export {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type Pooled,
  type TransactionOptions,
  type Tx,
} from './database.ts'
export { dumpSchema, type SchemaFile, writeSchemas } from './dump-schema.ts'
export {
  DatabaseUnavailable,
  isRetryable,
  isServerError,
  OutcomeUnknown,
  type ServerError,
  violates,
} from './errors.ts'
export { bucketCount, bucketInId, bucketOf, firstIdAt, isUuid, timeInId, uuidv7 } from './ids.ts'
export {
  type AppliedMigration,
  logRole,
  type Migrated,
  migrate,
  roleOf,
  urlForRole,
  type MigrationSet,
  type ServiceSchema,
} from './migrate.ts'
export { readFrom, type ReplicaOptions, type Replicas, watchReplicas } from './replicas.ts'
export { createShards, listsOf, type Shard, type ShardMapping, type Shards } from './shards.ts'
export { identifier, type Sql, sql } from './sql.ts'

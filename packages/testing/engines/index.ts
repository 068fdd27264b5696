export { type Engine, engines } from '../../../scripts/engines.mjs'
export {
  type KafkaForTests,
  kafkaForTests,
  type PgBouncerForTests,
  pgBouncerForTests,
  type RedisForTests,
  redisForTests,
} from './for-tests.ts'
export { type Kafka, type KafkaOptions, startKafka } from './kafka.ts'
export { type PgBouncer, type PgBouncerOptions, startPgBouncer } from './pgbouncer.ts'
export { type Minio, minioForTests } from './minio.ts'
export { type OpenSearch, opensearchForTests } from './opensearch.ts'
export { freePorts } from './ports.ts'
export { type Redis, type RedisOptions, startRedis } from './redis.ts'
export type { Supervised } from './supervised.ts'

import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engines, enginesRequired } from '../../scripts/engines.mjs'
import { type Kafka, type KafkaOptions, startKafka } from './kafka.ts'
import { type PgBouncer, type PgBouncerOptions, startPgBouncer } from './pgbouncer.ts'
import { type Redis, type RedisOptions, startRedis } from './redis.ts'

export { type Minio, minioForTests } from './minio.ts'
export { type OpenSearch, opensearchForTests } from './opensearch.ts'

export type KafkaForTests = { kafka: Kafka; notTried: undefined; close(): Promise<void> } | { notTried: string }

/**
 * A Kafka for one test file, on an empty folder that goes with it; or, where it cannot be had, the sentence that says so.
 * @throws where engines are required (SOUK_REQUIRE_ENGINES=1): there, what cannot be tried has failed.
 */
export async function kafkaForTests(options: Omit<KafkaOptions, 'dataFolder'> = {}): Promise<KafkaForTests> {
  try {
    await engines.kafka.obtain({ onProgress: (message) => process.stderr.write(`kafka: ${message}\n`) })
  } catch (error) {
    if (enginesRequired()) throw error
    return { notTried: `Kafka was not tried: ${(error as Error).message}` }
  }
  const dataFolder = mkdtempSync(join(tmpdir(), 'souk-test-kafka-'))
  const kafka = await startKafka({ dataFolder, ...options })
  return {
    kafka,
    notTried: undefined,
    async close() {
      await kafka.kill()
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}

export type RedisForTests = { redis: Redis; notTried: undefined; close(): Promise<void> } | { notTried: string }

/** The same with a Redis. @throws where engines are required and it cannot be had. */
export const redisForTests = (options: Omit<RedisOptions, 'dataFolder'> = {}): Promise<RedisForTests> =>
  onFolder('Redis', async (dataFolder) => {
    const redis = await startRedis({ dataFolder, ...options })
    return { redis, notTried: undefined, close: () => redis.kill() }
  })

export type PgBouncerForTests =
  | { bouncer: PgBouncer; notTried: undefined; close(): Promise<void> }
  | { notTried: string }

/** The same with a PgBouncer in transaction mode. @throws where engines are required and it cannot be had. */
export const pgBouncerForTests = (options: Omit<PgBouncerOptions, 'dataFolder'>): Promise<PgBouncerForTests> =>
  onFolder('PgBouncer', async (dataFolder) => {
    const bouncer = await startPgBouncer({ dataFolder, ...options })
    return { bouncer, notTried: undefined, close: () => bouncer.kill() }
  })

type Started = { notTried: undefined; close(): Promise<void> }

/** Started on an empty folder of its own, which goes when it is closed. */
async function onFolder<Engine extends Started>(
  name: string,
  start: (folder: string) => Promise<Engine>,
): Promise<Engine | { notTried: string }> {
  const folder = mkdtempSync(join(tmpdir(), `souk-test-${name.toLowerCase()}-`))
  // PgBouncer does not run as root, and reads its files as somebody else.
  chmodSync(folder, 0o755)
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const engine = await start(folder)
    return {
      ...engine,
      async close() {
        await engine.close()
        remove()
      },
    }
  } catch (error) {
    remove()
    if (enginesRequired()) throw error
    return { notTried: `${name} was not tried: ${(error as Error).message}` }
  }
}

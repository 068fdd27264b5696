import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engines, enginesRequired } from '../../../scripts/engines.mjs'
import { type Kafka, type KafkaOptions, startKafka } from './kafka.ts'

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

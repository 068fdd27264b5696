import { Admin, type BaseOptions } from '@platformatic/kafka'
import { LogUnavailable } from '@souk/events'

/** How to reach Kafka, and how topics are made that do not exist yet. */
export type KafkaSettings = {
  /** "host:port", several with commas between. */
  readonly brokers: readonly string[]
  /** Before every topic and group name; default "souk". */
  readonly prefix?: string
  /** Of a topic that is made; at least as many as processes that shall share the work. Never change it while events are under way. */
  readonly partitions?: number
  /** Copies of each partition; default 1. Three, with two in sync, in production. */
  readonly replicas?: number
  /** How long Kafka keeps events; default 7 days, as the outbox does. */
  readonly retentionMs?: number
  /** A process that is not heard of for so long loses its lanes; default 10 s. */
  readonly sessionMs?: number
  /** More for the client: tls, sasl. */
  readonly client?: Partial<Pick<BaseOptions, 'tls' | 'sasl'>>
}

export const defaults = { prefix: 'souk', partitions: 8, replicas: 1, retentionMs: 7 * 86_400_000, sessionMs: 10_000 }

/** A batch of events is one record, so the largest batch must fit: Kafka's usual limit is 1 MB. */
export const maxRecordBytes = 16 * 1024 * 1024

export const clientOptions = (settings: KafkaSettings, clientId: string): BaseOptions => ({
  clientId,
  bootstrapBrokers: [...settings.brokers],
  connectTimeout: 3_000,
  timeout: 10_000,
  retries: 3,
  retryDelay: 200,
  metadataMaxAge: 30_000,
  ...settings.client,
})

/** Make the topics that do not exist. Two who do it at once do no harm. */
export async function ensureTopics(settings: KafkaSettings, topics: readonly string[]): Promise<void> {
  const {
    partitions = defaults.partitions,
    replicas = defaults.replicas,
    retentionMs = defaults.retentionMs,
  } = settings
  const admin = new Admin(clientOptions(settings, 'souk-admin'))
  try {
    const there = new Set(await admin.listTopics())
    const missing = topics.filter((topic) => !there.has(topic))
    const configs = Object.entries({
      'retention.ms': String(retentionMs),
      'max.message.bytes': String(maxRecordBytes),
      'min.insync.replicas': String(replicas >= 3 ? 2 : 1),
    }).map(([name, value]) => ({ name, value }))
    for (const topic of missing)
      try {
        await admin.createTopics({ topics: [topic], partitions, replicas, configs })
      } catch (error) {
        if (!says(error, 'TOPIC_ALREADY_EXISTS')) throw error
      }
  } catch (error) {
    throw new LogUnavailable('Kafka did not answer when topics were looked up or made', error)
  } finally {
    await admin.close().catch(() => {})
  }
}

/** Whether an error of the client, or one inside it, is this answer of the broker. */
export function says(error: unknown, apiId: string): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { errors = [], cause, apiId: id } = error as { errors?: unknown[]; cause?: unknown; apiId?: string }
  return id === apiId || errors.some((each) => says(each, apiId)) || says(cause, apiId)
}

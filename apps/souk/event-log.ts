import { allEvents, knownSchemas } from '@souk/contracts'
import { type EventLog, serviceOf } from '@souk/events'
import { createKafkaLog, createUnrelayed, type KafkaSettings, relaySchema, relayState } from '@souk/kafka'
import { type Database, migrate, type Pooled } from '@souk/postgres'
import { type EnvSpec, flag, homeShard, integer, oneOf, optional, type ParsedEnv, parseEnv, text } from '@souk/service'
import type { Logger } from '@souk/telemetry'
import { allServices } from './services.ts'

/** Where events travel. All of it is left out on a laptop: then it is PostgreSQL. */
export const kafkaConfig = {
  SOUK_KAFKA_BROKERS: optional(
    text({ help: 'Carry events by Kafka instead of PostgreSQL: host:port, several with commas between.' }),
  ),
  SOUK_KAFKA_PREFIX: text({ default: 'souk', help: 'Before the names of all topics and groups.' }),
  SOUK_KAFKA_PARTITIONS: integer({
    min: 1,
    max: 1_000,
    default: 8,
    help: 'Of topics that are made; at least as many as processes that share the work.',
  }),
  SOUK_KAFKA_REPLICAS: integer({ min: 1, max: 7, default: 1, help: 'Copies of each partition; 3 in production.' }),
  SOUK_KAFKA_RETENTION_HOURS: integer({ min: 1, max: 87_600, default: 168, help: 'How long Kafka keeps events.' }),
  SOUK_KAFKA_WRITTEN_BY: oneOf(['relay', 'debezium'], {
    default: 'relay',
    help: 'Who brings events from the outboxes to Kafka: souk relay, or Debezium.',
  }),
  SOUK_KAFKA_TLS: flag({ default: false, help: 'Speak TLS with the brokers.' }),
  SOUK_KAFKA_USERNAME: optional(text({ help: 'Sign in to the brokers (SCRAM-SHA-512); needs SOUK_KAFKA_PASSWORD.' })),
  SOUK_KAFKA_PASSWORD: optional(text({ secret: true, help: 'Of that user.' })),
} satisfies EnvSpec

/** Undefined where events stay in PostgreSQL. @throws ConfigurationError */
export function kafkaSettings(
  env: Readonly<Record<string, string | undefined>>,
): { settings: KafkaSettings; writtenBy: 'relay' | 'debezium' } | undefined {
  const given: ParsedEnv<typeof kafkaConfig> = parseEnv(env, kafkaConfig)
  if (given.SOUK_KAFKA_BROKERS === undefined) return undefined
  const { SOUK_KAFKA_USERNAME: username, SOUK_KAFKA_PASSWORD: password } = given
  const signIn =
    username === undefined || password === undefined
      ? {}
      : { sasl: { mechanism: 'SCRAM-SHA-512' as const, username, password } }
  return {
    settings: {
      brokers: given.SOUK_KAFKA_BROKERS.split(',').map((broker) => broker.trim()),
      prefix: given.SOUK_KAFKA_PREFIX,
      partitions: given.SOUK_KAFKA_PARTITIONS,
      replicas: given.SOUK_KAFKA_REPLICAS,
      retentionMs: given.SOUK_KAFKA_RETENTION_HOURS * 3_600_000,
      client: { ...(given.SOUK_KAFKA_TLS && { tls: {} }), ...signIn },
    },
    writtenBy: given.SOUK_KAFKA_WRITTEN_BY === 'debezium' ? 'debezium' : 'relay',
  }
}

/** The schema and role in which the relay keeps how far it is. */
export const relayService = relaySchema.service

/** Make what the relay keeps, where it is missing. */
export const migrateRelay = (url: string, secret: string, pooled: Pooled) =>
  migrate({ url, secret, pooled, services: [relaySchema] })

const announcers = new Set(allEvents.map(({ topic }) => serviceOf(topic)))

/** Services that announce something, and so have an outbox that is sent from this shard. */
export const announcersOn = (shard: string): string[] =>
  allServices
    .filter(({ name, divided }) => announcers.has(name) && (shard === homeShard || divided !== undefined))
    .map(({ name }) => name)

export type OpenEventLog = {
  env: Readonly<Record<string, string | undefined>>
  secret: string
  /** The addresses are those of a pooler in transaction mode. */
  pooled: Pooled
  /** As PostgreSQL has it: the outboxes of all shards. */
  outboxes: EventLog
  /** `adminUrl`: of the owner of the schemas. */
  shards: readonly { name: string; adminUrl: string }[]
  /** A pool in the role that reads outboxes. */
  readerOf(shard: string): Database
  /** A pool in the role of the relay. Closed by the caller. */
  openRelay(shard: string): Database
  log: Logger
  clock: () => Date
}

export type OpenedEventLog = {
  eventLog: EventLog
  /** Whether somebody brings what a service announces on a shard to where it is read. */
  isSent(source: string, shard: string): Promise<boolean>
  close(): Promise<void>
}

/** The log consumers read: the outboxes themselves, or Kafka when SOUK_KAFKA_BROKERS names one. */
export async function openEventLog(options: OpenEventLog): Promise<OpenedEventLog> {
  const { env, secret, pooled, outboxes, shards, log, clock } = options
  const kafka = kafkaSettings(env)
  if (kafka === undefined) return { eventLog: outboxes, isSent: async () => true, close: async () => {} }
  const relays = new Map<string, Database>()
  const unrelayed = new Map<string, (source: string) => Promise<number>>()
  for (const { name, adminUrl } of shards) {
    await migrateRelay(adminUrl, secret, pooled)
    const db = options.openRelay(name)
    relays.set(name, db)
    unrelayed.set(name, createUnrelayed({ outboxes: options.readerOf(name), db, sources: announcersOn(name) }))
  }
  const eventLog = createKafkaLog({
    ...kafka,
    logger: log,
    clock,
    knownSchemas,
    // Debezium keeps its progress to itself.
    ...(kafka.writtenBy === 'relay' && {
      unrelayedSeconds: async (source: string, shard: string) => (await unrelayed.get(shard)?.(source)) ?? 0,
    }),
    outboxes,
    onWake: (source) => outboxes.wake(source),
  })
  return {
    eventLog,
    async isSent(source, shard) {
      const db = relays.get(shard)
      return db !== undefined && (await relayState(db)).some((state) => state.source === source && state.held)
    },
    close: () => eventLog.close(),
  }
}

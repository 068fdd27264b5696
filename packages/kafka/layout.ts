import type { LogRow } from '@souk/events'
import { debeziumRow } from './debezium.ts'
import { kafkaTopic, laneName, parseLane } from './names.ts'
import { partsOf } from './parts.ts'
import { type KafkaRow, rowOf } from './record.ts'

/** A record as it came from the broker. */
export type RawRecord = {
  value: Buffer | null
  timestampMs: number
  headers: readonly (readonly [Buffer | null, Buffer | null])[]
}

/** How the log lies in Kafka: written by our relay, or by Debezium from the same outboxes. */
export type Layout = {
  /** Kafka's topics for these topics of ours. */
  kafkaTopics(source: string, shard: string, topics: readonly string[]): string[]
  /** All partitions of those. */
  lanes(
    source: string,
    shard: string,
    topics: readonly string[],
    partitionsOf: (kafkaTopic: string) => number,
  ): string[]
  of(lane: string): { kafkaTopic: string; partition: number; source: string }
  /** An outbox row as it lies in all lanes of its topic. @throws where places are not those of the outbox. */
  divide(row: LogRow, lanes: readonly string[]): (readonly [lane: string, row: LogRow])[]
  laneOf(kafkaTopic: string, partition: number, shard: string): string | undefined
  /** Undefined for records that are no news. @throws when it is none of ours. */
  row(lane: string, record: RawRecord): KafkaRow | undefined
  /** Whether a row of the lane can be of other topics than asked for. */
  readonly mixed: boolean
}

/** One Kafka topic per topic and shard, events divided by key. */
export function relayLayout(prefix: string): Layout {
  return {
    mixed: false,
    kafkaTopics: (_source, shard, topics) => topics.map((topic) => kafkaTopic(prefix, topic, shard)),
    lanes: (_source, shard, topics, partitionsOf) =>
      topics.flatMap((topic) =>
        Array.from({ length: partitionsOf(kafkaTopic(prefix, topic, shard)) }, (_, partition) =>
          laneName(shard, topic, partition),
        ),
      ),
    of(lane) {
      const { shard, topic, partition } = parseLane(lane)
      return { kafkaTopic: kafkaTopic(prefix, topic, shard), partition, source: topic.slice(0, topic.indexOf('.')) }
    },
    divide(row, lanes) {
      const own = lanes.filter((lane) => parseLane(lane).topic === row.topic)
      const [first] = own
      if (first === undefined) return []
      const { shard } = parseLane(first)
      return [...partsOf(row, own.length)].map(([partition, { bytes, eventCount }]) => [
        laneName(shard, row.topic, partition),
        { ...row, eventCount, batch: bytes },
      ])
    },
    laneOf(name, partition, shard) {
      if (!name.startsWith(`${prefix}.`) || !name.endsWith(`.${shard}`)) return undefined
      return laneName(shard, name.slice(prefix.length + 1, -shard.length - 1), partition)
    },
    row: (lane, record) => rowOf(parseLane(lane).topic, record),
  }
}

/**
 * One Kafka topic per outbox ("souk.home.orders.outbox"), one partition, one record per outbox row, as Debezium's
 * PostgreSQL connector writes them without transformations.
 */
export function debeziumLayout(prefix: string): Layout {
  const topicOf = (source: string, shard: string) => `${prefix}.${shard}.${source}.outbox`
  return {
    mixed: true,
    kafkaTopics: (source, shard) => [topicOf(source, shard)],
    lanes: (source, shard) => [laneName(shard, `${source}.outbox`, 0)],
    of(lane) {
      const { shard, topic, partition } = parseLane(lane)
      const source = topic.slice(0, topic.indexOf('.'))
      return { kafkaTopic: topicOf(source, shard), partition, source }
    },
    divide() {
      throw new Error('places written by Debezium are not those of the outbox')
    },
    laneOf(name, partition, shard) {
      const between = `${prefix}.${shard}.`
      return name.startsWith(between) ? laneName(shard, name.slice(between.length), partition) : undefined
    },
    row: (_lane, record) => debeziumRow(record),
  }
}

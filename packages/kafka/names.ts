/** What of a topic of ours is called in Kafka: one topic per shard, so that places within a partition have one origin. */
export const kafkaTopic = (prefix: string, topic: string, shard: string): string => `${prefix}.${topic}.${shard}`

/** A partition as the consumers' offsets know it: "home/orders.order/3". */
export const laneName = (shard: string, topic: string, partition: number): string => `${shard}/${topic}/${partition}`

export type LaneParts = { shard: string; topic: string; partition: number }

/** @throws RangeError when it is not a lane of this log. */
export function parseLane(lane: string): LaneParts {
  const [shard, topic, partition, ...more] = lane.split('/')
  if (!shard || !topic || !partition || !/^\d+$/.test(partition) || more.length > 0)
    throw new RangeError(`not a lane of the Kafka log: ${lane}`)
  return { shard, topic, partition: Number(partition) }
}

/** As Kafka's own producers place a key (murmur2, sign dropped), so that others' producers and ours agree. */
export const partitionOf = (key: Uint8Array, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions

// org.apache.kafka.common.utils.Utils.murmur2. The client has one of its own, on bigint, twenty times slower.
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995
  const whole = data.length & ~3
  let h = 0x9747b28c ^ data.length
  for (let at = 0; at < whole; at += 4) {
    let k =
      (data[at] as number) |
      ((data[at + 1] as number) << 8) |
      ((data[at + 2] as number) << 16) |
      ((data[at + 3] as number) << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const left = data.length - whole
  if (left === 3) h ^= (data[whole + 2] as number) << 16
  if (left >= 2) h ^= (data[whole + 1] as number) << 8
  if (left >= 1) h = Math.imul(h ^ (data[whole] as number), m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  return h ^ (h >>> 15)
}

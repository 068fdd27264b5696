import { Consumer, ListOffsetTimestamps } from '@platformatic/kafka'
import { abortableDelay, LogUnavailable } from '@souk/events'
import type { Logger } from '@souk/telemetry'
import { clientOptions, defaults, type KafkaSettings, says } from './cluster.ts'
import type { Layout } from './layout.ts'
import type { KafkaRow } from './record.ts'

/** A record at its offset. `row` is undefined when it holds no news. */
export type Fed = { readonly offset: bigint; readonly row: KafkaRow | undefined; readonly bytes: number }

export type Chunk = {
  readonly records: readonly Fed[]
  /** Where to read on. */
  readonly next: bigint
  /** Nothing more is there now. */
  readonly atEnd: boolean
}

/**
 * Records of lanes: the newest ones, fetched once for everybody in this process who reads the lane and kept for a while;
 * older ones on request.
 */
export type Feed = {
  read(lane: string, offset: bigint): Promise<Chunk>
  /** The last record of the lane, and the offset behind it. */
  last(lane: string): Promise<{ record: Fed | undefined; next: bigint }>
  earliest(lane: string): Promise<bigint>
  /** Of the first record written at this time or later; undefined if there is none. */
  offsetAt(lane: string, timeMs: number): Promise<bigint | undefined>
  partitions(kafkaTopics: readonly string[]): Promise<Map<string, number>>
  /** Up to where everything is known of a lane that is followed: all that comes behind it is news. */
  endOf(lane: string): bigint | undefined
  /** Keep up with a lane until `release` is called. */
  follow(lane: string): { release(): void }
  close(): Promise<void>
}

/** Kept of all lanes together, so that those who are a little behind need not ask the broker. */
const keptBytes = 64 * 1024 * 1024
const chunkBytes = 2 * 1024 * 1024
/** How long the broker holds a request when there is nothing new; also how long a lane just added waits for its turn. */
const longPollMs = 250
/** The same while none was added lately: a request names every lane, here and at the broker, also when it brings nothing. */
const settledPollMs = 1_000
const settledAfterMs = 5_000
/**
 * From one request that brought something to the next. Each names every lane, here and at the broker, whatever it brings:
 * without a pause there would be one for each event. What comes alone is not delayed.
 */
const gatherMs = 10

type FetchResponse = Awaited<ReturnType<InstanceType<typeof Consumer>['fetch']>>

/** Where a lane lies: the partition, and the broker that leads it. */
type Place = { kafkaTopic: string; partition: number; topicId: string; node: number }

type Window = {
  followers: number
  records: Fed[]
  bytes: number
  end: bigint | undefined
  /** Kept until a request fails: there may be hundreds of lanes, and a hundred requests a second name them all. */
  place: Place | undefined
}

export function createFeed(options: {
  settings: KafkaSettings
  layout: Layout
  logger: Logger
  onNews: (source: string, lane: string) => void
}): Feed {
  const { settings, layout, logger } = options
  const consumer = (id: string) =>
    new Consumer({
      ...clientOptions(settings, id),
      // Never joined: it is only what every fetch must have.
      groupId: `${settings.prefix ?? defaults.prefix}.readers`,
      minBytes: 1,
    })
  const follower = consumer('souk-follower')
  const asker = consumer('souk-reader')
  const windows = new Map<string, Window>()
  const loops = new Map<number, Promise<void>>()
  const closing = new AbortController()
  let addedAtMs = performance.now()

  async function placeOf(client: Consumer, lane: string): Promise<Place> {
    const { kafkaTopic, partition } = layout.of(lane)
    const metadata = await client.metadata({ topics: [kafkaTopic] })
    const topic = metadata.topics.get(kafkaTopic)
    const leader = topic?.partitions[partition]?.leader
    if (topic === undefined || leader === undefined || leader < 0)
      throw new LogUnavailable(`Kafka has no leader for ${kafkaTopic}, partition ${partition}`, undefined)
    return { kafkaTopic, partition, topicId: topic.id, node: leader }
  }

  /** One request to one broker for several lanes. */
  async function fetch(
    client: Consumer,
    node: number,
    wanted: ReadonlyMap<string, { place: Place; from: bigint }>,
    maxWaitTime: number,
  ) {
    const byTopic = new Map<string, { topicId: string; partitions: ReturnType<typeof wantedPartition>[] }>()
    const lanes = new Map<string, string>()
    for (const [lane, { place, from }] of wanted) {
      const { kafkaTopic, topicId, partition } = place
      let topic = byTopic.get(kafkaTopic)
      if (topic === undefined) byTopic.set(kafkaTopic, (topic = { topicId, partitions: [] }))
      topic.partitions.push(wantedPartition(partition, from))
      lanes.set(`${topicId} ${partition}`, lane)
      lanes.set(`${kafkaTopic} ${partition}`, lane)
    }
    const response = await client.fetch({
      node,
      topics: [...byTopic.values()],
      maxWaitTime,
      minBytes: 1,
      maxBytes: 4 * chunkBytes,
      isolationLevel: 0,
    })
    return chunksOf(response, (topic, partition) => lanes.get(`${topic} ${partition}`), wanted)
  }

  function chunksOf(
    response: FetchResponse,
    laneOf: (topic: string, partition: number) => string | undefined,
    wanted: ReadonlyMap<string, { from: bigint }>,
  ): Map<string, Chunk> {
    const chunks = new Map<string, Chunk>()
    for (const { topicId, partitions } of response.responses)
      for (const { partitionIndex, highWatermark, records: batches } of partitions) {
        const lane = laneOf(topicId, partitionIndex)
        const from = lane === undefined ? undefined : wanted.get(lane)?.from
        if (lane === undefined || from === undefined) continue
        const records: Fed[] = []
        let next = from
        for (const batch of batches ?? []) {
          for (const each of batch.records) {
            const offset = batch.firstOffset + BigInt(each.offsetDelta)
            // Whole batches are sent, also what lies in them before the place asked for.
            if (offset >= from)
              records.push(feedable(lane, offset, Number(batch.firstTimestamp + each.timestampDelta), each))
          }
          const behind = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
          if (behind > next) next = behind
        }
        chunks.set(lane, { records, next, atEnd: next >= highWatermark })
      }
    return chunks
  }

  function feedable(
    lane: string,
    offset: bigint,
    timestampMs: number,
    record: { value: Buffer | null; headers: [Buffer | null, Buffer | null][] },
  ): Fed {
    const bytes = (record.value?.length ?? 0) + 200
    try {
      return { offset, bytes, row: layout.row(lane, { value: record.value, headers: record.headers, timestampMs }) }
    } catch (error) {
      logger.error({ err: error, lane, offset: String(offset) }, 'a record that is none of ours is passed over')
      return { offset, bytes, row: undefined }
    }
  }

  /** Everything that can go wrong between here and a broker is an outage to who reads. */
  async function asked<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof LogUnavailable) throw error
      throw new LogUnavailable(`Kafka did not answer: ${what}`, error)
    }
  }

  const offsets = (lane: string, timestamp: bigint) =>
    asked(`offsets of ${lane}`, async () => {
      const { kafkaTopic, partition } = layout.of(lane)
      const found = await asker.listOffsetsWithTimestamps({
        topics: [kafkaTopic],
        partitions: { [kafkaTopic]: [partition] },
        timestamp,
      })
      return found.get(kafkaTopic)?.get(partition)?.offset ?? -1n
    })

  const readDirectly = (lane: string, offset: bigint): Promise<Chunk> =>
    asked(`${lane} from ${offset}`, async () => {
      const ask = async () => {
        const place = await placeOf(asker, lane)
        const chunks = await fetch(asker, place.node, new Map([[lane, { place, from: offset }]]), 0)
        return chunks.get(lane) ?? { records: [], next: offset, atEnd: true }
      }
      try {
        try {
          return await ask()
        } catch (error) {
          if (says(error, 'OFFSET_OUT_OF_RANGE')) throw error
          // A topic just made, or a leader just changed: what the client remembers of the brokers is old.
          asker.clearMetadata()
          await abortableDelay(300, closing.signal)
          return await ask()
        }
      } catch (error) {
        if (!says(error, 'OFFSET_OUT_OF_RANGE')) throw error
        // Forgotten by Kafka meanwhile, or the topic was made anew: begin with what there is.
        const next = await offsets(lane, ListOffsetTimestamps.EARLIEST)
        return { records: [], next, atEnd: false }
      }
    })

  function keep(lane: string, window: Window, chunk: Chunk): void {
    for (const record of chunk.records) {
      window.records.push(record)
      window.bytes += record.bytes
    }
    window.end = chunk.next
    const limit = keptBytes / windows.size
    let gone = 0
    while (window.bytes > limit && gone < window.records.length - 1) window.bytes -= window.records[gone++]?.bytes ?? 0
    if (gone > 0) window.records.splice(0, gone)
    if (chunk.records.length > 0) options.onNews(layout.of(lane).source, lane)
  }

  const pollMs = () => (performance.now() - addedAtMs > settledAfterMs ? settledPollMs : longPollMs)

  /** All lanes a broker leads, in one request after another, each held by the broker until there is something. */
  async function followNode(node: number): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; )
      try {
        const wanted = new Map<string, { place: Place; from: bigint }>()
        for (const [lane, window] of windows) {
          window.place ??= await placeOf(follower, lane)
          if (window.place.node !== node) {
            if (!loops.has(window.place.node)) void startLoops()
            continue
          }
          if (window.end === undefined) {
            window.end = await offsets(lane, ListOffsetTimestamps.LATEST)
            // What came before nobody was told of.
            options.onNews(layout.of(lane).source, lane)
          }
          wanted.set(lane, { place: window.place, from: window.end })
        }
        if (wanted.size === 0) {
          loops.delete(node)
          return
        }
        let brought = false
        for (const [lane, chunk] of await fetch(follower, node, wanted, pollMs())) {
          const window = windows.get(lane)
          if (window === undefined || window.end !== wanted.get(lane)?.from) continue
          keep(lane, window, chunk)
          brought ||= chunk.records.length > 0
        }
        failures = 0
        if (brought) await abortableDelay(gatherMs, closing.signal)
      } catch (error) {
        if (closing.signal.aborted) return
        failures += 1
        follower.clearMetadata()
        // A leader has changed, or a topic was made anew: asked again, and followed where it is now.
        for (const window of windows.values()) if (window.place?.node === node) window.place = undefined
        if (says(error, 'OFFSET_OUT_OF_RANGE')) for (const window of windows.values()) empty(window)
        if (failures === 3) logger.warn({ err: error, node }, 'Kafka does not answer; waiting for it')
        await abortableDelay(Math.min(1_000, 50 * 2 ** failures), closing.signal)
        // The broker may be gone for good, and its lanes with another one.
        if (failures > 5) {
          loops.delete(node)
          void startLoops()
          return
        }
      }
  }

  const empty = (window: Window) => Object.assign(window, { records: [], bytes: 0, end: undefined })

  let starting: Promise<void> | undefined
  /** A loop for every broker that leads a followed lane. */
  function startLoops(): Promise<void> {
    starting ??= (async () => {
      for (let failures = 0; !closing.signal.aborted; failures += 1)
        try {
          for (const [lane, window] of windows) {
            window.place ??= await placeOf(follower, lane)
            const { node } = window.place
            if (!loops.has(node)) loops.set(node, followNode(node))
          }
          return
        } catch (error) {
          if (failures === 3) logger.warn({ err: error }, 'Kafka does not answer; waiting for it')
          await abortableDelay(Math.min(2_000, 50 * 2 ** failures), closing.signal)
        }
    })().finally(() => {
      starting = undefined
    })
    return starting
  }

  return {
    async read(lane, offset) {
      const window = windows.get(lane)
      const first = window?.records[0]
      if (window?.end !== undefined) {
        if (offset === window.end) return { records: [], next: offset, atEnd: true }
        if (first !== undefined && offset >= first.offset && offset < window.end) {
          const records = window.records.slice(indexOf(window.records, offset))
          return { records, next: window.end, atEnd: true }
        }
      }
      return await readDirectly(lane, offset)
    },
    async last(lane) {
      const window = windows.get(lane)
      const newest = window?.records.at(-1)
      if (window?.end !== undefined && newest !== undefined) return { record: newest, next: window.end }
      const next = await offsets(lane, ListOffsetTimestamps.LATEST)
      const earliest = await offsets(lane, ListOffsetTimestamps.EARLIEST)
      if (next <= earliest) return { record: undefined, next }
      const { records, next: behind } = await readDirectly(lane, next - 1n)
      return { record: records.at(-1), next: behind }
    },
    earliest: (lane) => offsets(lane, ListOffsetTimestamps.EARLIEST),
    async offsetAt(lane, timeMs) {
      const offset = await offsets(lane, BigInt(Math.max(0, Math.ceil(timeMs))))
      return offset < 0n ? undefined : offset
    },
    partitions: (kafkaTopics) =>
      asked('topics', async () => {
        const metadata = await asker.metadata({ topics: [...kafkaTopics] })
        return new Map(kafkaTopics.map((topic) => [topic, metadata.topics.get(topic)?.partitionsCount ?? 0]))
      }),
    endOf: (lane) => windows.get(lane)?.end,
    follow(lane) {
      const window = windows.get(lane) ?? { followers: 0, records: [], bytes: 0, end: undefined, place: undefined }
      if (!windows.has(lane)) addedAtMs = performance.now()
      windows.set(lane, window)
      window.followers += 1
      void startLoops()
      return {
        release() {
          window.followers -= 1
          if (window.followers === 0) windows.delete(lane)
        },
      }
    },
    async close() {
      closing.abort()
      windows.clear()
      await starting
      await Promise.all([follower.close(true), asker.close(true)].map((closed) => closed.catch(() => {})))
      await Promise.all(loops.values())
    },
  }
}

const wantedPartition = (partition: number, fetchOffset: bigint) => ({
  partition,
  currentLeaderEpoch: -1,
  fetchOffset,
  lastFetchedEpoch: -1,
  partitionMaxBytes: chunkBytes,
})

/** The first record at this offset or behind it. */
function indexOf(records: readonly Fed[], offset: bigint): number {
  let low = 0
  for (let high = records.length; low < high; ) {
    const middle = (low + high) >> 1
    if ((records[middle] as Fed).offset < offset) low = middle + 1
    else high = middle
  }
  return low
}

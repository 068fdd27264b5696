import { Producer } from '@platformatic/kafka'
import type { LogRow } from '@souk/events'
import { clientOptions, ensureTopics, type KafkaSettings } from './cluster.ts'
import type { Feed } from './feed.ts'
import { kafkaTopic, laneName } from './names.ts'
import { partsOf } from './parts.ts'
import { isBefore, type Place, recordOf, type ToSend } from './record.ts'

/** So much is sent in one go, unless a single row is larger. */
const sendBytes = 4 * 1024 * 1024

/** What a partition holds last. */
type Tail = { place: Place | undefined; total: number }

export type Session = {
  /** Resolves when all copies that are in sync have it. @returns events sent, and those found to be there already. */
  send(rows: readonly LogRow[]): Promise<{ sent: number; known: number }>
  close(): Promise<void>
}

/** Sending for one source while the lease lasts. After any failure: close it, and begin another one. */
export function openSession(options: {
  settings: KafkaSettings
  prefix: string
  shard: string
  source: string
  epoch: string
  /** Also what is there already. */
  resend: boolean
  feed: Feed
  schemaOf: (kind: string) => string | undefined
}): Session {
  const { settings, prefix, shard, epoch, resend, feed, schemaOf } = options
  const topics = new Map<string, Tail[]>()
  let producer: Producer | undefined

  /** Where the partitions of a topic end. Asked once: from then on nobody else writes to them, or this session is stale. */
  async function tailsOf(topic: string): Promise<Tail[]> {
    const known = topics.get(topic)
    if (known !== undefined) return known
    const name = kafkaTopic(prefix, topic, shard)
    let count = (await feed.partitions([name]).catch(() => undefined))?.get(name) ?? 0
    if (count === 0) {
      await ensureTopics(settings, [name])
      count = (await feed.partitions([name])).get(name) ?? 0
    }
    if (count === 0) throw new Error(`Kafka does not show the topic ${name} yet`)
    const tails = await Promise.all(
      Array.from({ length: count }, async (_, partition): Promise<Tail> => {
        const { record } = await feed.last(laneName(shard, topic, partition))
        const row = record?.row
        return { place: resend ? undefined : row, total: row?.total ?? 0 }
      }),
    )
    topics.set(topic, tails)
    return tails
  }

  async function recordsOf(rows: readonly LogRow[]) {
    const records: ToSend[] = []
    let sent = 0
    let known = 0
    for (const row of rows) {
      const tails = await tailsOf(row.topic)
      const topic = kafkaTopic(prefix, row.topic, shard)
      for (const [partition, part] of partsOf(row, tails.length)) {
        const tail = tails[partition] as Tail
        if (tail.place !== undefined && !isBefore(tail.place, row)) {
          known += part.eventCount
          continue
        }
        tail.total += part.eventCount
        records.push(recordOf(row, part, { topic, partition, after: tail.place, total: tail.total, epoch, schemaOf }))
        tail.place = { xid: row.xid, seq: row.seq }
        sent += part.eventCount
      }
    }
    return { records, sent, known }
  }

  return {
    async send(rows) {
      const { records, sent, known } = await recordsOf(rows)
      producer ??= new Producer({
        ...clientOptions(settings, `souk-relay-${options.source}`),
        // The broker drops what a retry sends twice, and waits for all copies. Five tries, then the session is over: a
        // relay that hangs for ever would keep its lease from one that could work.
        idempotent: true,
        retries: 5,
      })
      for (const messages of inChunks(records)) await producer.send({ messages, idempotent: true, acks: -1 })
      return { sent, known }
    },
    async close() {
      await producer?.close(true).catch(() => {})
    },
  }
}

function* inChunks(records: readonly ToSend[]): Generator<ToSend[]> {
  let chunk: ToSend[] = []
  let bytes = 0
  for (const record of records) {
    if (chunk.length > 0 && bytes + record.value.length > sendBytes) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(record)
    bytes += record.value.length
  }
  if (chunk.length > 0) yield chunk
}

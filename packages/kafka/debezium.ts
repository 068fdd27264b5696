import type { KafkaRow } from './record.ts'

type Change = {
  op?: string
  after?: {
    topic?: unknown
    event_count?: unknown
    batch?: unknown
    written_at?: unknown
    kinds?: unknown
  } | null
  source?: { sequence?: unknown; lsn?: unknown; ts_ms?: unknown }
}

/**
 * An outbox row as Debezium's PostgreSQL connector puts it into a record: JSON, with or without its schema, bytes as
 * base64. Its records come in the order of commits, not in that of our (xid, seq); so the place is made of the two
 * positions in the write-ahead log that `source.sequence` holds: end of the commit before, and the row itself. Both
 * only grow, and a record sent again carries the same.
 *
 * @returns undefined for what is no new row: deletes (events being forgotten), tombstones, heartbeats.
 * @throws TypeError when it is a new row in another form than docs/guides/kafka.md asks for.
 */
export function debeziumRow(record: { value: Buffer | null; timestampMs: number }): KafkaRow | undefined {
  if (record.value === null) return undefined
  const json = JSON.parse(record.value.toString('utf8')) as Change & { payload?: Change }
  const { op, after, source } = json.payload ?? json
  if ((op !== 'c' && op !== 'r') || !after) return undefined
  const [before, lsn] = sequenceOf(source?.sequence)
  const { topic, event_count: eventCount, batch, written_at: writtenAt, kinds } = after
  if (typeof topic !== 'string' || typeof eventCount !== 'number' || typeof batch !== 'string')
    throw new TypeError('a Debezium record without topic, event_count or batch (binary.handling.mode must be base64)')
  return {
    xid: before,
    seq: lsn,
    topic,
    eventCount,
    batch: Buffer.from(batch, 'base64'),
    writtenAtMs: typeof writtenAt === 'string' ? Date.parse(writtenAt) : record.timestampMs,
    kinds: Array.isArray(kinds) ? kinds.filter((kind) => typeof kind === 'string') : [],
    schemas: '',
    after: undefined,
    total: 0,
  }
}

/** '["24023119","24023128"]'; the first is null until the connector has seen a commit. */
function sequenceOf(sequence: unknown): [before: string, lsn: number] {
  const pair: unknown = typeof sequence === 'string' ? JSON.parse(sequence) : undefined
  const [before, lsn] = Array.isArray(pair) ? pair : []
  if (typeof lsn !== 'string' || !/^\d{1,15}$/.test(lsn))
    throw new TypeError('a Debezium record without source.sequence: version 1.6 or newer is needed')
  return [typeof before === 'string' && /^\d+$/.test(before) ? before : '0', Number(lsn)]
}

import type { BatchPart, LogRow, Position } from '@souk/events'

// What a record carries beside the events themselves. The place is the outbox row's, and it is all a consumer needs to
// know whether it has seen the record: a relay that sends twice, or two that overlap, change nothing.

/** The place of an outbox row. */
export type Place = { readonly xid: string; readonly seq: number }

export type KafkaRow = LogRow & {
  readonly kinds: readonly string[]
  /** Ids of the schemas its events are written in, with commas between; empty when nobody said. */
  readonly schemas: string
  /** The row before it in the same partition; undefined for the first a relay knows of. A reader that was not there has a hole before it. */
  readonly after: Place | undefined
  /** Events in this partition up to and with this row, counted by the relay. */
  readonly total: number
}

export const headers = {
  place: 'souk-place',
  after: 'souk-after',
  count: 'souk-count',
  total: 'souk-total',
  kinds: 'souk-kinds',
  schemas: 'souk-schemas',
  epoch: 'souk-epoch',
} as const

export type ToSend = {
  topic: string
  partition: number
  key?: Buffer
  value: Buffer
  timestamp: bigint
  headers: Map<Buffer, Buffer>
}

const names = Object.fromEntries(Object.values(headers).map((name) => [name, Buffer.from(name)])) as Record<
  string,
  Buffer
>

export const placeText = ({ xid, seq }: Place): string => `${xid}/${seq}`

/** @param schemaOf the id under which a kind's schema is registered; undefined leaves it out. */
export function recordOf(
  row: LogRow,
  part: BatchPart,
  about: {
    topic: string
    partition: number
    after: Place | undefined
    total: number
    epoch: string
    schemaOf: (kind: string) => string | undefined
  },
): ToSend {
  const carried = new Map<Buffer, Buffer>()
  const put = (name: string, value: string) => carried.set(names[name] as Buffer, Buffer.from(value))
  put(headers.place, placeText(row))
  if (about.after !== undefined) put(headers.after, placeText(about.after))
  put(headers.count, String(part.eventCount))
  put(headers.total, String(about.total))
  put(headers.epoch, about.epoch)
  if (part.kinds.length > 0) {
    put(headers.kinds, part.kinds.join())
    put(headers.schemas, part.kinds.map((kind) => about.schemaOf(kind) ?? '').join())
  }
  return {
    topic: about.topic,
    partition: about.partition,
    ...(part.key !== undefined && { key: Buffer.from(part.key) }),
    value: part.bytes,
    timestamp: BigInt(Math.round(row.writtenAtMs)),
    headers: carried,
  }
}

/** @throws RangeError when it is none of ours. */
export function rowOf(
  topic: string,
  record: {
    value: Buffer | null
    timestampMs: number
    headers: readonly (readonly [Buffer | null, Buffer | null])[]
  },
): KafkaRow {
  const carried = new Map<string, string>()
  for (const [name, value] of record.headers)
    if (name !== null && value !== null) carried.set(name.toString('latin1'), value.toString('latin1'))
  const place = placeOf(carried.get(headers.place))
  if (place === undefined || record.value === null) throw new RangeError('a record without a place')
  return {
    ...place,
    topic,
    eventCount: Number(carried.get(headers.count) ?? 1),
    batch: record.value,
    writtenAtMs: record.timestampMs,
    kinds: carried.get(headers.kinds)?.split(',') ?? [],
    schemas: carried.get(headers.schemas) ?? '',
    after: placeOf(carried.get(headers.after)),
    total: Number(carried.get(headers.total) ?? 0),
  }
}

export function placeOf(text: string | undefined): Place | undefined {
  const [, xid, seq] = /^(\d+)\/(\d+)$/.exec(text ?? '') ?? []
  return xid === undefined ? undefined : { xid, seq: Number(seq) }
}

export const behind = ({ xid, seq }: Place): Position => ({ xid, seq: seq + 1, index: 0 })

/** Whether a row lies before a place: all of its events were handled. */
export function isBefore(row: Place, place: Place): boolean {
  if (row.xid === place.xid) return row.seq < place.seq
  return BigInt(row.xid) < BigInt(place.xid)
}

import { sql, type Tx } from '@souk/postgres'
import type { OffsetKey } from './events.sql.ts'

/** One event a consumer could not handle. */
export type DeadLetter = {
  id: string
  consumer: string
  source: string
  shard: string
  /** Where in the source's log it came from. */
  xid: string
  seq: number
  index: number
  /** Empty when the envelope could not be read. */
  eventId: string
  type: string
  topic: string
  key: string
  schemaVersion: number
  occurredAt: Date | null
  /** What went wrong the last time. */
  cause: string
  attempts: number
  parkedAt: Date
  state: 'parked' | 'replayed' | 'discarded'
  resolvedAt: Date | null
  resolution: string | null
}

export type DeadLetterWithEnvelope = DeadLetter & { envelope: Buffer }

export type ToPark = Omit<DeadLetterWithEnvelope, 'state' | 'resolvedAt' | 'resolution'>

export const insertDeadLetters = (tx: Tx, letters: readonly ToPark[]) =>
  tx.run(sql`
  insert into dead_letters (id, consumer, source, shard, xid, seq, index, event_id, type, topic, key, schema_version,
                            occurred_at, envelope, cause, attempts, parked_at)
  select * from unnest(
    ${letters.map((letter) => letter.id)}::uuid[], ${letters.map((letter) => letter.consumer)}::text[],
    ${letters.map((letter) => letter.source)}::text[], ${letters.map((letter) => letter.shard)}::text[],
    ${letters.map((letter) => letter.xid)}::xid8[], ${letters.map((letter) => letter.seq)}::bigint[],
    ${letters.map((letter) => letter.index)}::int[], ${letters.map((letter) => letter.eventId)}::text[],
    ${letters.map((letter) => letter.type)}::text[], ${letters.map((letter) => letter.topic)}::text[],
    ${letters.map((letter) => letter.key)}::text[], ${letters.map((letter) => letter.schemaVersion)}::int[],
    ${letters.map((letter) => letter.occurredAt)}::timestamptz[],
    ${letters.map((letter) => letter.envelope)}::bytea[], ${letters.map((letter) => letter.cause)}::text[],
    ${letters.map((letter) => letter.attempts)}::int[], ${letters.map((letter) => letter.parkedAt)}::timestamptz[])
  on conflict on constraint dead_letters_once do nothing`)

const columns = sql`
  id, consumer, source, shard, xid::text, seq, index, event_id as "eventId", type, topic, key,
  schema_version as "schemaVersion", occurred_at as "occurredAt", cause, attempts, parked_at as "parkedAt", state,
  resolved_at as "resolvedAt", resolution`

/** Which ones: all that is given must hold. */
export type DeadLetterMatch = {
  consumer?: string
  /** "orders.order_placed" */
  type?: string
  state?: DeadLetter['state']
  /** Parked at this time or later. */
  since?: Date
  /** Parked before this time. */
  until?: Date
  /** Only those parked after this one. */
  afterId?: string
}

export type DeadLetterFilter = DeadLetterMatch & {
  /** Default 100. */
  limit?: number
}

const matching = (match: DeadLetterMatch) => sql`
       (${match.consumer ?? null}::text is null or consumer = ${match.consumer ?? null})
   and (${match.type ?? null}::text is null or type = ${match.type ?? null})
   and (${match.state ?? null}::text is null or state = ${match.state ?? null})
   and (${match.since ?? null}::timestamptz is null or parked_at >= ${match.since ?? null})
   and (${match.until ?? null}::timestamptz is null or parked_at < ${match.until ?? null})
   and id > ${match.afterId ?? '00000000-0000-0000-0000-000000000000'}::uuid`

export const selectDeadLetters = (tx: Tx, filter: DeadLetterFilter) =>
  tx.many<DeadLetter>(sql`
  select ${columns} from dead_letters where ${matching(filter)} order by id limit ${filter.limit ?? 100}`)

export const countMatching = async (tx: Tx, match: DeadLetterMatch): Promise<number> =>
  (await tx.one<{ letters: number }>(sql`select count(*) as letters from dead_letters where ${matching(match)}`))
    .letters

export const findDeadLetter = (tx: Tx, id: string) =>
  tx.maybeOne<DeadLetterWithEnvelope>(sql`select ${columns}, envelope from dead_letters where id = ${id}`)

/** Nobody else works on it until the transaction ends; undefined when somebody does, or when it is no longer parked. */
export const lockParked = (tx: Tx, id: string) =>
  tx.maybeOne<DeadLetterWithEnvelope>(sql`
  select ${columns}, envelope from dead_letters where id = ${id} and state = 'parked' for update skip locked`)

export const resolveDeadLetter = (
  tx: Tx,
  id: string,
  outcome: { state: 'replayed' | 'discarded'; at: Date; resolution: string },
) =>
  tx.run(sql`
  update dead_letters set state = ${outcome.state}, resolved_at = ${outcome.at}, resolution = ${outcome.resolution}
   where id = ${id} and state = 'parked'`)

export const recordFailedReplay = (tx: Tx, id: string, cause: string) =>
  tx.run(sql`
  update dead_letters set cause = ${cause}, attempts = attempts + 1 where id = ${id} and state = 'parked'`)

export const countParkedByConsumer = (tx: Tx) =>
  tx.many<{ consumer: string; parked: number }>(sql`
  select consumer, count(*) as parked from dead_letters where state = 'parked' group by consumer order by consumer`)

export const deleteDeadLetters = (tx: Tx, parkedBefore: Date) =>
  tx.run(sql`delete from dead_letters where parked_at < ${parkedBefore}`)

export const deadLetterKey = (letter: DeadLetter): OffsetKey => ({
  consumer: letter.consumer,
  source: letter.source,
  shard: letter.shard,
})

import { type Database, type Tx, uuidv7 } from '@souk/postgres'
import {
  countMatching,
  countParkedByConsumer,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterMatch,
  deleteDeadLetters,
  findDeadLetter,
  insertDeadLetters,
  lockParked,
  recordFailedReplay,
  resolveDeadLetter,
  selectDeadLetters,
} from './dead-letters.sql.ts'
import { decodeEnvelope, openEnvelope } from './envelope.ts'
import type { OffsetKey } from './events.sql.ts'
import { type Item, kindsOf, messageOf } from './intake.ts'
import { isOutage } from './retry.ts'
import type { Consumer, Event } from './types.ts'

/** A service's dead letters, oldest first, 100 unless told. */
export const listDeadLetters = (tx: Tx, filter: DeadLetterFilter = {}): Promise<DeadLetter[]> =>
  selectDeadLetters(tx, filter)

/** How many wait for a person, by consumer. More than 100 is an alarm. */
export const countDeadLetters = (tx: Tx) => countParkedByConsumer(tx)

/** How many there are of these. */
export const countDeadLettersOf = (tx: Tx, match: DeadLetterMatch): Promise<number> => countMatching(tx, match)

export type ShownDeadLetter = DeadLetter & {
  /** The envelope's bytes, for one that nobody here can read. */
  envelope: Buffer
  /** Undefined when no given consumer knows the kind, or it cannot be decoded. */
  event: Event | undefined
}

/** One dead letter with what it carries, decoded if that can be done. Undefined when there is none. */
export async function showDeadLetter(
  tx: Tx,
  id: string,
  consumers: readonly Consumer[],
): Promise<ShownDeadLetter | undefined> {
  const letter = await findDeadLetter(tx, id)
  if (letter === undefined) return undefined
  const consumer = consumers.find(({ name }) => name === letter.consumer)
  try {
    return { ...letter, event: consumer === undefined ? undefined : reopen(letter.envelope, consumer) }
  } catch {
    return { ...letter, event: undefined }
  }
}

export type Replayed = {
  replayed: string[]
  /** Still parked, with the new cause. */
  failed: { id: string; cause: string }[]
  /** Not parked any more, being replayed by somebody else, unknown, or of a consumer not given. */
  skipped: string[]
}

/**
 * Hand parked events to their consumers again, in the order given, one transaction each, in which the letter is marked:
 * so each takes effect once, however often this is called. A failure leaves it parked and does not stop the others.
 * @throws DatabaseUnavailable, OutcomeUnknown: repeat the call.
 */
export async function replayDeadLetters(
  { db, consumers, clock }: { db: Database; consumers: readonly Consumer[]; clock: () => Date },
  ids: readonly string[],
): Promise<Replayed> {
  const result: Replayed = { replayed: [], failed: [], skipped: [] }
  for (const id of ids)
    try {
      const waiting = await findDeadLetter(db.autocommit, id)
      const asking = consumers.find(({ name }) => name === waiting?.consumer)
      const prepared =
        waiting?.state === 'parked' ? await asking?.prepare?.([reopen(waiting.envelope, asking)]) : undefined
      const done = await db.transaction(async (tx) => {
        const letter = await lockParked(tx, id)
        const consumer = consumers.find(({ name }) => name === letter?.consumer)
        if (letter === undefined || consumer === undefined) return false
        await consumer.handle(tx, [reopen(letter.envelope, consumer)], prepared)
        await resolveDeadLetter(tx, id, { state: 'replayed', at: clock(), resolution: 'handled when it was replayed' })
        return true
      })
      result[done ? 'replayed' : 'skipped'].push(id)
    } catch (error) {
      if (isOutage(error)) throw error
      const cause = causeText(error)
      await recordFailedReplay(db.autocommit, id, cause)
      result.failed.push({ id, cause })
    }
  return result
}

/** Decide that an event is not to be handled. Resolves to false when it is not parked (any more). */
export const discardDeadLetter = async (tx: Tx, id: string, reason: string, now: Date): Promise<boolean> =>
  (await resolveDeadLetter(tx, id, { state: 'discarded', at: now, resolution: printable(reason) })) === 1

/** Forget those parked longer than `days` ago (30), whatever became of them. Resolves to how many. */
export const purgeDeadLetters = (tx: Tx, now: Date, days = 30): Promise<number> =>
  deleteDeadLetters(tx, new Date(now.getTime() - days * 86_400_000))

function reopen(bytes: Buffer, consumer: Consumer): Event {
  const envelope = decodeEnvelope(bytes)
  const kind = kindsOf(consumer.events).get(envelope.type)
  if (kind === undefined)
    throw new RangeError(`${consumer.name} does not handle ${envelope.type || 'a nameless event'}`)
  return openEnvelope(envelope, kind)
}

/** Put events aside, in the transaction in which the offset moves past them. */
export async function park(
  tx: Tx,
  key: OffsetKey,
  items: readonly { item: Item; cause: string; attempts: number }[],
  now: Date,
): Promise<void> {
  if (items.length === 0) return
  await insertDeadLetters(
    tx,
    items.map(({ item, cause, attempts }, index) => {
      const { head, bytes } = item.envelope()
      return {
        ...key,
        ...item.origin,
        // The bits behind the time count, so that letters of one batch are listed in its order.
        id: uuidv7(now.getTime(), index % 4096),
        eventId: printable(head?.eventId ?? ''),
        type: printable(head?.type ?? ''),
        topic: item.topic,
        key: printable(head?.key ?? ''),
        schemaVersion: Math.min(head?.schemaVersion ?? 0, 0x7fffffff),
        occurredAt: occurredAt(head?.occurredAtMs),
        envelope: bytes,
        cause: printable(cause),
        attempts,
        parkedAt: now,
      }
    }),
  )
}

function occurredAt(ms: bigint | undefined): Date | null {
  const date = new Date(Number(ms ?? Number.NaN))
  return date.getTime() >= 0 && date.getUTCFullYear() < 10_000 ? date : null
}

/** PostgreSQL's text holds everything but the character 0; and a cause is for people, who stop reading before 2,000. */
const printable = (value: string): string => value.replaceAll('\0', '\uFFFD').slice(0, 2_000).toWellFormed()

export function causeText(error: unknown): string {
  const texts: string[] = []
  for (let each = error, depth = 0; each !== undefined && each !== null && depth < 3; depth += 1) {
    texts.push(messageOf(each))
    each = each instanceof Error ? each.cause : undefined
  }
  return printable(texts.join('; because ')) || 'the handler gave no reason'
}

import { type EventBatch, EventBatchSchema, type EventEnvelope, EventEnvelopeSchema } from '@souk/contracts/events'
import { codecOf } from './codec.ts'
import type { Event, EventType, NewEvent } from './types.ts'

const batchCodec = codecOf(EventBatchSchema)
const envelopeCodec = codecOf(EventEnvelopeSchema)

/** What an outbox row holds, as bytes: events of one transaction and one topic, in order. */
export const encodeBatch = (events: readonly NewEvent[]): Buffer => batchCodec.encode({ events: events.map(enclose) })

/** @throws RangeError or TypeError when the bytes are not a batch. Payloads are views of `bytes`. */
export const decodeBatch = (bytes: Uint8Array): readonly EventEnvelope[] =>
  (batchCodec.decode(bytes) as EventBatch).events

export const encodeEnvelope = (envelope: EventEnvelope): Buffer => envelopeCodec.encode(envelope)
export const decodeEnvelope = (bytes: Uint8Array): EventEnvelope => envelopeCodec.decode(bytes) as EventEnvelope

function enclose({ event, payload, id, occurredAtMs, correlationId }: NewEvent) {
  const key = event.keyOf(payload as never)
  if (typeof key !== 'string') throw new TypeError(`${event.type} needs its key`)
  return {
    eventId: id,
    type: event.type,
    schemaVersion: event.schemaVersion,
    key,
    occurredAtMs: BigInt(occurredAtMs),
    correlationId,
    payload: codecOf(event.message).encode(payload as object),
  }
}

/** The event inside. @throws Error saying why it cannot be read here: a version nobody here knows, a broken payload. */
export function openEnvelope(envelope: EventEnvelope, event: EventType): Event {
  if (envelope.schemaVersion !== event.schemaVersion)
    throw new RangeError(
      `schema version ${envelope.schemaVersion} of ${envelope.type} is not known here (${event.schemaVersion} is)`,
    )
  return {
    id: envelope.eventId,
    type: envelope.type,
    topic: event.topic,
    schemaVersion: envelope.schemaVersion,
    key: envelope.key,
    occurredAtMs: Number(envelope.occurredAtMs),
    correlationId: envelope.correlationId,
    payload: codecOf(event.message).decode(envelope.payload) as Event['payload'],
  }
}

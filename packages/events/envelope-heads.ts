import { lengthDelimited, type Reader, readerOf, skip, text, textLike, varint32, varint64 } from './byte-reader.ts'
import { codecOf } from './codec.ts'
import type { Event, EventType } from './types.ts'

// Field numbers of contracts/proto/souk/events.proto, with their wire types.
const inBatch = { event: (1 << 3) | 2 }
const inEnvelope = {
  eventId: (1 << 3) | 2,
  type: (2 << 3) | 2,
  schemaVersion: 3 << 3,
  key: (4 << 3) | 2,
  occurredAtMs: 5 << 3,
  correlationId: (6 << 3) | 2,
  payload: (7 << 3) | 2,
}

/**
 * Where things are in the envelope of one event. Its texts are made when somebody asks for them: of a thousand orders
 * nobody asks for the ids of the events, and making all of them took a quarter of what reading takes.
 */
export class EnvelopeHead {
  readonly bytes: Buffer
  readonly index: number
  readonly from: number
  readonly end: number
  type = ''
  schemaVersion = 0
  occurredAtMs = 0
  /** Where a field's length stands; -1 when there is none. */
  eventIdAt = -1
  keyAt = -1
  correlationIdAt = -1
  payloadFrom = 0
  payloadEnd = 0
  #opened: { readonly event: Event; readonly kind: EventType } | undefined

  constructor(bytes: Buffer, index: number, from: number, end: number) {
    this.bytes = bytes
    this.index = index
    this.from = from
    this.end = end
  }

  /** The envelope's own bytes. */
  whole(): Buffer {
    return this.bytes.subarray(this.from, this.end)
  }

  textAt(at: number): string {
    return at < 0 ? '' : text({ bytes: this.bytes, at, end: this.end })
  }

  /** The event inside, made once. @throws Error saying why it cannot be read here: a version nobody here knows, a broken payload. */
  open(kind: EventType): Event {
    if (this.#opened?.kind !== kind) this.#opened = { event: openHead(this, kind), kind }
    return this.#opened.event
  }
}

/**
 * The envelopes of a row, for all readers of this process that want it: what the first has opened the others need not. Of
 * a sale's orders two consumers read each event, and opening one takes some 2 µs.
 */
export class SharedHeads {
  #heads: readonly EnvelopeHead[] | undefined
  #readersToCome: number

  constructor(readers: number) {
    this.#readersToCome = readers
  }

  /** Called once by each reader. Kept for no longer than somebody is to come: opened events take more room than their bytes. */
  of(batch: Buffer): readonly EnvelopeHead[] {
    const heads = this.#heads ?? headsOf(batch)
    this.#readersToCome -= 1
    this.#heads = this.#readersToCome > 0 ? heads : undefined
    return heads
  }
}

/** The envelopes of a batch. @throws RangeError or TypeError when the bytes are not one. */
export function headsOf(batch: Buffer): EnvelopeHead[] {
  const heads: EnvelopeHead[] = []
  const reader = readerOf(batch)
  let type = ''
  while (reader.at < batch.length) {
    reader.end = batch.length
    const tag = varint32(reader)
    if (tag !== inBatch.event) {
      step(reader, tag)
      continue
    }
    const end = lengthDelimited(reader)
    const head = new EnvelopeHead(batch, heads.length, reader.at, end)
    reader.end = end
    readHead(reader, head, type)
    type = head.type
    heads.push(head)
  }
  return heads
}

/** @param likely the type of the event before, which is nearly always this one's: then no text is made. */
function readHead(reader: Reader, head: EnvelopeHead, likely: string): void {
  while (reader.at < reader.end) {
    const tag = varint32(reader)
    if (tag === inEnvelope.payload) {
      head.payloadEnd = lengthDelimited(reader)
      head.payloadFrom = reader.at
      reader.at = head.payloadEnd
    } else if (tag === inEnvelope.type) head.type = textLike(reader, likely)
    else if (tag === inEnvelope.eventId) head.eventIdAt = over(reader)
    else if (tag === inEnvelope.key) head.keyAt = over(reader)
    else if (tag === inEnvelope.correlationId) head.correlationIdAt = over(reader)
    else if (tag === inEnvelope.occurredAtMs) head.occurredAtMs = Number(BigInt.asIntN(64, varint64(reader)))
    else if (tag === inEnvelope.schemaVersion) head.schemaVersion = varint32(reader)
    else step(reader, tag)
  }
}

function over(reader: Reader): number {
  const { at } = reader
  reader.at = lengthDelimited(reader)
  return at
}

function step(reader: Reader, tag: number): void {
  if (tag < 8) throw new RangeError('a field has the number 0')
  skip(reader, tag & 7)
}

class HeadedEvent implements Event {
  readonly type: string
  readonly topic: string
  readonly schemaVersion: number
  readonly occurredAtMs: number
  readonly payload: Event['payload']
  readonly #head: EnvelopeHead

  constructor(head: EnvelopeHead, kind: EventType, payload: Event['payload']) {
    this.type = kind.type
    this.topic = kind.topic
    this.schemaVersion = kind.schemaVersion
    this.occurredAtMs = head.occurredAtMs
    this.payload = payload
    this.#head = head
  }
  get id(): string {
    return this.#head.textAt(this.#head.eventIdAt)
  }
  get key(): string {
    return this.#head.textAt(this.#head.keyAt)
  }
  get correlationId(): string {
    return this.#head.textAt(this.#head.correlationIdAt)
  }
}

/** The event inside. @throws Error saying why it cannot be read here: a version nobody here knows, a broken payload. */
export function openHead(head: EnvelopeHead, kind: EventType): Event {
  if (head.schemaVersion !== kind.schemaVersion)
    throw new RangeError(
      `schema version ${head.schemaVersion} of ${head.type} is not known here (${kind.schemaVersion} is)`,
    )
  const payload = codecOf(kind.message).decode(head.bytes.subarray(head.payloadFrom, head.payloadEnd))
  return new HeadedEvent(head, kind, payload as Event['payload'])
}

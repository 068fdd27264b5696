import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { Tx } from '@souk/postgres'
import type { WrittenRow } from './log.ts'

/** A kind of event: its contract and where it travels. Declared once, in contracts/events.ts. */
export type EventType<Desc extends DescMessage = DescMessage> = {
  /** "orders.order_placed": the service, then the fact in the past tense. */
  readonly type: string
  /** "orders.order". The part before the dot is the service whose outbox it is written to. */
  readonly topic: string
  readonly schemaVersion: number
  readonly message: Desc
  /** Events of one key keep their order. */
  keyOf(payload: MessageShape<Desc>): string
}

/** An event as a consumer receives it. */
export type Event<Desc extends DescMessage = DescMessage> = {
  readonly id: string
  readonly type: string
  readonly topic: string
  readonly schemaVersion: number
  readonly key: string
  readonly occurredAtMs: number
  readonly correlationId: string
  /** The same for all consumers of a process: never to be changed. */
  readonly payload: Readonly<MessageShape<Desc>>
}

/** An event about to be written. Made by `newEvent`. */
export type NewEvent = {
  readonly event: EventType
  /** As it was given: fields left out are absent here, and empty or 0 for who receives it. */
  readonly payload: unknown
  readonly id: string
  readonly occurredAtMs: number
  readonly correlationId: string
}

/** Writes events in the caller's transaction: announced if and only if saved. */
export type Outbox = {
  /** One row per topic, however many events; consumers are woken once the transaction has committed. */
  append(tx: Tx, events: readonly NewEvent[]): Promise<void>
  /**
   * For a statement that writes the outbox row itself (see `encodeBatch`): wake the consumers after it committed, and
   * tell them of the row if it is known, which saves them reading it.
   */
  wake(rows?: readonly WrittenRow[]): void
}

/** A place in one service's log on one database: rows are ordered by (xid, seq), events inside a row by index. */
export type Position = { readonly xid: string; readonly seq: number; readonly index: number }

/** What reacts to events. A function of a batch and a transaction. */
export type Consumer = {
  /** "inventory.products": the service, then what it keeps. The offset is stored under this name. */
  readonly name: string
  /** All of one source service. */
  readonly events: readonly EventType[]
  /** Events per batch at most; default 500. */
  readonly batchSize?: number
  /**
   * What has to be asked of others before the transaction, since nothing may wait for another service inside one. Comes
   * before every attempt, also one that then finds another process at work: asking twice must do no harm. What it
   * resolves to is handed to `handle`; throwing is the same as throwing there.
   */
  prepare?(events: readonly Event[]): Promise<unknown>
  /**
   * Apply the batch, in order. Runs in one transaction of the consumer's own database, in which the offset moves too;
   * so its effects in that database happen once. Throw to have the batch retried, then bisected until the event that
   * cannot be handled is alone and parked in dead letters.
   */
  handle(tx: Tx, events: readonly Event[], prepared?: unknown): Promise<void>
}

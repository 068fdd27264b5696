export { type Codec, codecOf } from './codec.ts'
export { type ConsumerMeters, createConsumerMeters } from './meters.ts'
export { type RunConsumerOptions, type RunningConsumer, runConsumer } from './consumer.ts'
export {
  countDeadLetters,
  countDeadLettersOf,
  discardDeadLetter,
  listDeadLetters,
  purgeDeadLetters,
  type Replayed,
  replayDeadLetters,
  type ShownDeadLetter,
  showDeadLetter,
} from './dead-letters.ts'
export type { DeadLetter, DeadLetterFilter, DeadLetterMatch } from './dead-letters.sql.ts'
export { defineEvent, isEvent, newEvent, serviceOf, sourceOf } from './define.ts'
export { decodeBatch, encodeBatch } from './envelope.ts'
export {
  beginning,
  comparePositions,
  type EventLog,
  type JoinOptions,
  type Lag,
  type LogPage,
  type LogRow,
  type Membership,
  type Wanted,
  type Watch,
  type WrittenRow,
} from './log.ts'
export { createOutbox } from './outbox.ts'
export { type LookedAfter, lookedAfter } from './looked-after.ts'
export { createOutboxLooks, type OutboxLooks } from './outbox-looks.ts'
export { createPostgresLog } from './postgres-log.ts'
export { forgetPassedEvents, offsetsIn } from './retention.ts'
export { rewindConsumer } from './rewind.ts'
export { type BatchPart, splitBatch } from './split.ts'
export { createWakes, type Wakes } from './wakes.ts'
export { abortableDelay } from './delay.ts'
export { type Backoff, delayMs, LogUnavailable, usualBackoff } from './retry.ts'
export { type Heard, readToItsEnd } from './unhandled.ts'
export { tail, type Tailed, type TailOptions } from './tail.ts'
export type { Consumer, Event, EventType, NewEvent, Outbox, Position } from './types.ts'

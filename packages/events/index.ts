export type { Consumer, Event, EventType, NewEvent, Outbox, Position } from './types.ts'

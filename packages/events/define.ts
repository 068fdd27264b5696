import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf'
import { uuidv7 } from '@souk/postgres'
import type { Consumer, Event, EventType, NewEvent } from './types.ts'

/** Declare a kind of event. @throws RangeError when type and topic do not belong to one service. */
export function defineEvent<Desc extends DescMessage>(event: EventType<Desc>): EventType<Desc> {
  if (!/^[a-z_]+\.[a-z_]+$/.test(event.type) || !/^[a-z_]+\.[a-z_]+$/.test(event.topic))
    throw new RangeError(`an event is named service.fact_in_the_past, its topic service.thing: ${event.type}`)
  if (serviceOf(event.type) !== serviceOf(event.topic))
    throw new RangeError(`${event.type} cannot travel in ${event.topic}, which belongs to another service`)
  return event
}

/**
 * An event about to be written.
 * @param payload as for protobuf-es `create`: fields left out are empty or 0; int64 fields are bigint.
 * @param about   `occurredAtMs` by the service's clock; `correlationId` of the request, empty when none caused it;
 *                `id` only where a repeat must carry the same one.
 */
export const newEvent = <Desc extends DescMessage>(
  event: EventType<Desc>,
  payload: MessageInitShape<Desc>,
  about: { occurredAtMs: number; correlationId: string; id?: string },
): NewEvent => ({
  event,
  payload,
  id: about.id ?? uuidv7(about.occurredAtMs),
  occurredAtMs: about.occurredAtMs,
  correlationId: about.correlationId,
})

/** The service that writes to a topic: "orders" of "orders.order". */
export const serviceOf = (topic: string): string => topic.slice(0, topic.indexOf('.'))

/** The service a consumer listens to. @throws RangeError unless all its events come from one. */
export function sourceOf(consumer: Consumer): string {
  const sources = new Set(consumer.events.map((event) => serviceOf(event.topic)))
  const [source] = sources
  if (source === undefined || sources.size > 1)
    throw new RangeError(
      `consumer ${consumer.name} must declare events of exactly one service, has ${[...sources].join(', ')}`,
    )
  return source
}

/** Whether an event received is one of this kind; its payload is then typed. */
export const isEvent = <Desc extends DescMessage>(event: Event, type: EventType<Desc>): event is Event<Desc> =>
  event.type === type.type

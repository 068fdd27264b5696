import { cursorOf, ok, pageOf, type Route, readCursor, route } from '@souk/http'
import { Type } from 'typebox'
import { countLetters, discardIn, type LetterFilter, lettersOf, replayIn, showLetter } from './dead-letters.ts'
import type { House } from './house.ts'
import { errors } from './operations-errors.ts'
import { payloadJson } from './payload-json.ts'

const closed = { additionalProperties: false }
const id = Type.String({ format: 'uuid' })
const time = Type.String({ format: 'date-time' })
const count = Type.Integer({ minimum: 0 })
const operator = { permission: 'operator' }
const tag = 'Operations'
const perPage = Type.Integer({ minimum: 1, maximum: 100, default: 20 })
const states = ['parked', 'replayed', 'discarded', 'all'] as const
const State = Type.Union(states.map((state) => Type.Literal(state)))

const letter = {
  id,
  service: Type.String(),
  consumer: Type.String(),
  type: Type.String(),
  key: Type.String(),
  cause: Type.String({ description: 'What went wrong the last time.' }),
  attempts: count,
  state: Type.String(),
  parkedAt: time,
}
const Letter = Type.Object(letter, closed)
const Shown = Type.Object(
  {
    ...letter,
    eventId: Type.String({ description: 'Empty, like the rest of the envelope, when that could not be read.' }),
    topic: Type.String(),
    schemaVersion: count,
    occurredAt: Type.Union([time, Type.Null()]),
    correlationId: Type.Union([Type.String(), Type.Null()]),
    origin: Type.Object(
      { source: Type.String(), shard: Type.String(), xid: Type.String(), seq: count, index: count },
      { ...closed, description: "Where in the source's log it came from." },
    ),
    payload: Type.Unknown({ description: 'What it carries; null when this release cannot read it.' }),
    envelopeBase64: Type.String({ description: 'The event as it was received.' }),
    resolvedAt: Type.Union([time, Type.Null()]),
    resolution: Type.Union([Type.String(), Type.Null()]),
  },
  closed,
)
const chosen = {
  consumer: Type.Optional(Type.String({ maxLength: 200, pattern: '^[^\\u0000]*$' })),
  type: Type.Optional(Type.String({ maxLength: 200, pattern: '^[^\\u0000]*$', description: '"orders.order_placed"' })),
  since: Type.Optional(Type.String({ format: 'date-time', description: 'Parked at this time or later.' })),
  until: Type.Optional(Type.String({ format: 'date-time', description: 'Parked before this time.' })),
}
type Chosen = { consumer?: string; type?: string; since?: string; until?: string }

const filterOf = ({ consumer, type, since, until }: Chosen, state: LetterFilter['state']): LetterFilter => ({
  state,
  ...(consumer !== undefined && { consumer }),
  ...(type !== undefined && { type }),
  ...(since !== undefined && { since: new Date(since) }),
  ...(until !== undefined && { until: new Date(until) }),
})

const Replayed = {
  replayed: Type.Array(id),
  failed: Type.Array(Type.Object({ id, cause: Type.String() }, closed)),
  skipped: Type.Array(id, { description: 'Not parked, unknown, or of a consumer that does not run here.' }),
}
const list = 'dead-letters'

/** Events that could not be handled: look at them, hand them to their consumers again, or put them away. */
export const deadLetterRoutes = (house: House): Route[] => [
  route({
    method: 'GET',
    url: '/v1/operations/dead-letters',
    operationId: 'listDeadLetters',
    summary: 'Events that wait for a person, oldest first',
    tag,
    access: operator,
    query: Type.Object(
      {
        ...chosen,
        state: Type.Optional(State),
        limit: perPage,
        cursor: Type.Optional(Type.String({ maxLength: 500 })),
      },
      closed,
    ),
    answers: {
      200: Type.Object({ items: Type.Array(Letter), nextCursor: Type.Union([Type.String(), Type.Null()]) }, closed),
    },
    async handle({ query }) {
      const after = readCursor(list, query.cursor, 'id')
      const filter = { ...filterOf(query, query.state ?? 'parked'), ...(after !== undefined && { afterId: after[0] }) }
      const letters = await lettersOf(house.running.services, filter, query.limit + 1)
      return ok(
        pageOf(
          letters,
          query.limit,
          ({ id, service, consumer, type, key, cause, attempts, state, parkedAt }) => ({
            id,
            service,
            consumer,
            type,
            key,
            cause,
            attempts,
            state,
            parkedAt: parkedAt.toISOString(),
          }),
          (last) => cursorOf(list, last.id),
        ),
      )
    },
  }),
  route({
    method: 'GET',
    url: '/v1/operations/dead-letters/:letterId',
    operationId: 'getDeadLetter',
    summary: 'One dead letter with its cause, its origin and what it carries',
    tag,
    access: operator,
    params: Type.Object({ letterId: id }, closed),
    answers: { 200: Shown },
    errors: ['dead-letter-not-found'],
    async handle({ params: { letterId } }) {
      const found = await showLetter(house.running.services, letterId)
      if (found === undefined) throw errors.error('dead-letter-not-found', `There is no dead letter ${letterId} here.`)
      const { envelope, event, source, shard, xid, seq, index, occurredAt, parkedAt, resolvedAt, ...rest } = found
      return ok({
        ...rest,
        origin: { source, shard, xid, seq, index },
        occurredAt: occurredAt?.toISOString() ?? null,
        parkedAt: parkedAt.toISOString(),
        resolvedAt: resolvedAt?.toISOString() ?? null,
        correlationId: event?.correlationId ?? null,
        payload: event === undefined ? null : JSON.parse(payloadJson(event.payload)),
        envelopeBase64: envelope.toString('base64'),
      })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/operations/dead-letters/replay',
    operationId: 'replayDeadLetters',
    summary: 'Hand parked events to their consumers again',
    description:
      'Those named by `ids`, in this order; or the oldest `limit` of those chosen by consumer, kind and time, oldest first: then `remaining` of them lie behind `nextAfterId`, which is sent as `afterId` to go on. Each takes effect once, however often this is called. One that fails again stays, with the new cause.',
    tag,
    access: operator,
    idempotency: 'none',
    body: Type.Object(
      {
        ids: Type.Optional(Type.Array(id, { minItems: 1, maxItems: 100 })),
        ...chosen,
        afterId: Type.Optional(id),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      },
      closed,
    ),
    answers: {
      200: Type.Object({ ...Replayed, remaining: count, nextAfterId: Type.Union([id, Type.Null()]) }, closed),
    },
    timeoutMs: 120_000,
    async handle({ body: { ids, afterId, limit = 100, ...choice } }) {
      const { services } = house.running
      if (ids !== undefined)
        return ok({ ...(await replayIn(services, house.clock, ids)), remaining: 0, nextAfterId: null })
      const filter = { ...filterOf(choice, 'parked'), ...(afterId !== undefined && { afterId }) }
      const batch = (await lettersOf(services, filter, limit)).map((one) => one.id)
      const last = batch.at(-1)
      const result = await replayIn(services, house.clock, batch)
      const remaining = last === undefined ? 0 : await countLetters(services, { ...filter, afterId: last })
      return ok({ ...result, remaining, nextAfterId: remaining > 0 ? (last ?? null) : null })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/operations/dead-letters/discard',
    operationId: 'discardDeadLetters',
    summary: 'Decide that events are not to be handled',
    tag,
    access: operator,
    idempotency: 'none',
    body: Type.Object(
      {
        ids: Type.Array(id, { minItems: 1, maxItems: 100 }),
        reason: Type.String({ minLength: 3, maxLength: 500, description: 'Why; kept with each of them.' }),
      },
      closed,
    ),
    answers: {
      200: Type.Object(
        { discarded: Type.Array(id), skipped: Type.Array(id, { description: 'Not parked, or not here.' }) },
        closed,
      ),
    },
    handle: async ({ body, me }) =>
      ok(await discardIn(house.running.services, house.clock, body.ids, `${body.reason} (by ${me.accountId})`)),
  }),
]

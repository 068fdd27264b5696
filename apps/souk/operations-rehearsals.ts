import { randomUUID } from 'node:crypto'
import { ok, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { errors } from './operations-errors.ts'
import type { Rehearsal, Rehearsals } from './rehearsals.ts'

const closed = { additionalProperties: false }
const operator = { permission: 'operator' }
const tag = 'Operations'
const time = Type.String({ format: 'date-time' })
const count = Type.Integer({ minimum: 0 })
const number = Type.Number({ minimum: 0 })
const orNull = <Of extends Parameters<typeof Type.Union>[0][number]>(schema: Of) => Type.Union([schema, Type.Null()])

const Plan = Type.Object(
  {
    units: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    buyers: Type.Integer({ minimum: 1, maximum: 100_000 }),
    rate: Type.Integer({ minimum: 0, maximum: 100_000, description: 'Arrivals a second; 0: as fast as answers come.' }),
  },
  closed,
)
const Result = Type.Object(
  {
    durationMs: number,
    placed: count,
    completed: count,
    refused: count,
    indeterminate: count,
    oversold: count,
    duplicates: count,
    lost: count,
    balanced: Type.Boolean(),
    acceptedPerSecond: number,
    completedPerSecond: number,
    answeredPerSecond: number,
    p50Ms: number,
    p95Ms: number,
    p99Ms: number,
    timeline: Type.Array(
      Type.Object({ elapsedMs: number, ordersPerSecond: number, p95Ms: number, remaining: count }, closed),
    ),
    checks: Type.Array(Type.Object({ title: Type.String(), checked: count, broken: count }, closed)),
  },
  closed,
)
const Rehearsed = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    state: Type.Union(['running', 'done', 'stopped', 'failed'].map((each) => Type.Literal(each))),
    plan: Plan,
    startedAt: time,
    endedAt: orNull(time),
    lines: Type.Array(Type.String(), { description: 'What it said last, oldest first.' }),
    verdict: orNull(
      Type.Object({ good: Type.Boolean(), headline: Type.String(), details: Type.Array(Type.String()) }, closed),
    ),
    result: orNull(Result),
  },
  closed,
)

const shown = ({ result, ...rehearsal }: Rehearsal) => ({
  ...rehearsal,
  result: result && {
    durationMs: result.durationMs,
    placed: result.placed,
    completed: result.completed,
    refused: result.refused,
    indeterminate: result.indeterminate,
    oversold: result.oversold,
    duplicates: result.duplicates,
    lost: result.lost,
    balanced: result.balanced,
    acceptedPerSecond: result.acceptedPerSecond,
    completedPerSecond: result.completedPerSecond,
    answeredPerSecond: result.answeredPerSecond,
    p50Ms: result.p50Ms,
    p95Ms: result.p95Ms,
    p99Ms: result.p99Ms,
    timeline: result.timeline.map(({ elapsedMs, ordersPerSecond, p95Ms, remaining }) => ({
      elapsedMs,
      ordersPerSecond,
      p95Ms,
      remaining,
    })),
    checks: result.audit.map(({ title, checked, broken }) => ({ title, checked, broken })),
  },
})

/** Rehearsals of a sale: the load of `souk flash-sale`, on a marketplace of its own. */
export function rehearsalRoutes(rehearsals: Rehearsals): Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/operations/rehearsals',
      operationId: 'startRehearsal',
      summary: 'Send a crowd to a sale, in a marketplace made for it',
      description:
        'Starts an empty marketplace in a process and a temporary folder of its own, lets the buyers at a sale of it, compares what each was told with what is in its books, and takes it away again. Nothing here is touched; the machine is shared. One at a time.',
      tag,
      access: operator,
      idempotency: 'none',
      body: Plan,
      answers: { 202: Rehearsed },
      errors: ['rehearsal-under-way'],
      async handle({ body }) {
        const begun = rehearsals.begin(randomUUID(), body)
        if (begun === undefined)
          throw errors.error('rehearsal-under-way', 'A rehearsal is under way; it ends in its time.')
        return { status: 202, body: shown(begun) }
      },
    }),
    route({
      method: 'GET',
      url: '/v1/operations/rehearsals/latest',
      operationId: 'getRehearsal',
      summary: 'The last rehearsal of this process: how far it is, or how it went',
      tag,
      access: operator,
      answers: { 200: Type.Object({ rehearsal: orNull(Rehearsed) }, closed) },
      async handle() {
        const latest = rehearsals.latest()
        return ok({ rehearsal: latest === undefined ? null : shown(latest) })
      },
    }),
    route({
      method: 'POST',
      url: '/v1/operations/rehearsals/stop',
      operationId: 'stopRehearsal',
      summary: 'End the rehearsal early',
      tag,
      access: operator,
      idempotency: 'none',
      answers: { 200: Type.Object({ rehearsal: orNull(Rehearsed) }, closed) },
      async handle() {
        const stopped = rehearsals.end()
        return ok({ rehearsal: stopped === undefined ? null : shown(stopped) })
      },
    }),
  ]
}

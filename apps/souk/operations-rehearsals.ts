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
    data: Type.Enum(['copy', 'empty'], {
      default: 'copy',
      description: 'In a copy of this marketplace, or in an empty one.',
    }),
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

const CopyView = Type.Object(
  {
    mb: Type.Integer({ minimum: 0, description: 'The database has, about.' }),
    mostMb: Type.Integer({ minimum: 0, description: 'It may have, to be copied: SOUK_REHEARSAL_COPY_MB.' }),
    unable: orNull(Type.String({ description: 'Why it cannot be copied.' })),
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

async function assertCopyable(copyable: () => Promise<Copyable>): Promise<void> {
  const { unable } = await copyable()
  if (unable !== null) throw errors.error('rehearsal-copy-impossible', `${unable} Rehearse in an empty marketplace.`)
}

/** Whether this marketplace can be copied: `mb` it has, `mostMb` there may be; why not, where it is not for its size. */
export type Copyable = { mb: number; mostMb: number; unable: string | null }

/** Rehearsals of a sale: the load of `souk flash-sale`, on a marketplace of its own. */
export function rehearsalRoutes(rehearsals: Rehearsals, copyable: () => Promise<Copyable>): Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/operations/rehearsals',
      operationId: 'startRehearsal',
      summary: 'Send a crowd to a sale, in a copy of this marketplace',
      description:
        'Copies this marketplace (its database, and pictures that lie on the same disk) into a process and a temporary folder of its own, or opens an empty one there, lets the buyers at a sale of it, compares what each was told with what is in its books, and takes it away again. Nothing here is touched; the machine is shared. One at a time.',
      tag,
      access: operator,
      idempotency: 'none',
      body: Plan,
      answers: { 202: Rehearsed },
      errors: ['rehearsal-under-way', 'rehearsal-copy-impossible'],
      async handle({ body }) {
        if (body.data === 'copy') await assertCopyable(copyable)
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
      answers: { 200: Type.Object({ rehearsal: orNull(Rehearsed), copy: CopyView }, closed) },
      async handle() {
        const latest = rehearsals.latest()
        return ok({ rehearsal: latest === undefined ? null : shown(latest), copy: await copyable() })
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

import { cursorOf, ok, pageOf, type Route, readCursor, route } from '@souk/http'
import { type JobRow, jobStates, type Ordered } from '@souk/service'
import { Type } from 'typebox'
import type { House } from './house.ts'
import { errors } from './operations-errors.ts'

const closed = { additionalProperties: false }
const id = Type.String({ format: 'uuid' })
const time = Type.String({ format: 'date-time' })
const count = Type.Integer({ minimum: 0 })
const operator = { permission: 'operator' }
const tag = 'Operations'
const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])
const State = Type.Union(jobStates.map((state) => Type.Literal(state)))

const Job = Type.Object(
  {
    id,
    queue: Type.String(),
    state: State,
    priority: Type.Integer({ description: 'The higher, the sooner.' }),
    key: orNull(Type.String()),
    attempts: Type.Integer({ minimum: 0, description: 'Begun so often.' }),
    attemptsAllowed: count,
    percent: orNull(Type.Integer({ minimum: 0, maximum: 100 })),
    note: orNull(Type.String()),
    createdAt: time,
    dueAt: time,
    startedAt: orNull(time),
    endedAt: orNull(time),
    payload: Type.Unknown(),
    result: Type.Unknown({ description: 'What it resolved to; of one that failed, the cause.' }),
  },
  closed,
)

/** As the API shows it: without the row that stands for it inside. */
export const shownJob = ({ row: _row, dead: _dead, createdAt, dueAt, startedAt, endedAt, ...job }: JobRow) => ({
  ...job,
  createdAt: instant(createdAt),
  dueAt: instant(dueAt),
  startedAt: startedAt && instant(startedAt),
  endedAt: endedAt && instant(endedAt),
})
const instant = (at: Date) => new Date(at).toISOString()

const list = 'jobs'
const one = Type.Object({ jobId: id }, closed)

/** Work that was put off: what waits, runs, was done and failed. */
export function jobRoutes(house: House): Route[] {
  const notFound = (jobId: string) => errors.error('job-not-found', `There is no job ${jobId}, or not any more.`)
  const ordered = (outcome: Ordered | undefined, jobId: string, what: string) => {
    if (outcome === undefined) throw notFound(jobId)
    const { job, done } = outcome
    if (!done)
      throw errors.error('job-cannot-change', `The job is ${job.state}: it cannot be ${what}.`, { state: job.state })
    return ok(shownJob(job))
  }
  return [
    route({
      method: 'GET',
      url: '/v1/operations/jobs',
      operationId: 'listJobs',
      summary: 'Work that was put off, the newest first',
      description: 'Of all services, wherever it is carried out. `<service>.schedules` is what comes by the clock.',
      tag,
      access: operator,
      query: Type.Object(
        {
          queue: Type.Optional(Type.String({ maxLength: 100, pattern: '^[a-z0-9_.-]*$' })),
          state: Type.Optional(State),
          limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
          cursor: Type.Optional(Type.String({ maxLength: 500 })),
        },
        closed,
      ),
      answers: { 200: Type.Object({ items: Type.Array(Job), nextCursor: orNull(Type.String()) }, closed) },
      async handle({ query: { queue, state, limit, cursor } }) {
        const before = readCursor(list, cursor, 'id')
        const rows = await house.jobs.list({
          limit: limit + 1,
          ...(queue !== undefined && { queue }),
          ...(state !== undefined && { state }),
          ...(before !== undefined && { beforeId: before[0] }),
        })
        return ok(pageOf(rows, limit, shownJob, (last) => cursorOf(list, last.id)))
      },
    }),
    route({
      method: 'GET',
      url: '/v1/operations/jobs/:jobId',
      operationId: 'getJob',
      summary: 'One job with its progress and its result',
      tag,
      access: operator,
      params: one,
      answers: { 200: Job },
      errors: ['job-not-found'],
      async handle({ params: { jobId } }) {
        const job = await house.jobs.show(jobId)
        if (job === undefined) throw notFound(jobId)
        return ok(shownJob(job))
      },
    }),
    route({
      method: 'POST',
      url: '/v1/operations/jobs/:jobId/retry',
      operationId: 'retryJob',
      summary: 'Try a failed job again, with all its attempts',
      tag,
      access: operator,
      idempotency: 'none',
      params: one,
      answers: { 200: Job },
      errors: ['job-not-found', 'job-cannot-change'],
      handle: async ({ params: { jobId } }) => ordered(await house.jobs.retry(jobId), jobId, 'tried again'),
    }),
    route({
      method: 'POST',
      url: '/v1/operations/jobs/:jobId/cancel',
      operationId: 'cancelJob',
      summary: 'Cancel a job that has not ended',
      description:
        'One that runs is told so within 15 s or when it next reports progress, and its result counts for nothing.',
      tag,
      access: operator,
      idempotency: 'none',
      params: one,
      answers: { 200: Job },
      errors: ['job-not-found', 'job-cannot-change'],
      handle: async ({ params: { jobId } }) => ordered(await house.jobs.cancel(jobId), jobId, 'cancelled'),
    }),
  ]
}

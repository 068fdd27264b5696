import { AllotmentService } from '@souk/contracts/orders'
import type { ErrorCatalogue } from '@souk/errors'
import { ok, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { lagOfConsumers } from './audit/cross-checks.ts'
import { type AuditReport, runAudit } from './audit/run.ts'
import { createCopyable } from './copyable.ts'
import type { House } from './house.ts'
import { dashboardRoutes } from './operations-dashboard.ts'
import { deadLetterRoutes } from './operations-dead-letters.ts'
import { errors } from './operations-errors.ts'
import { jobRoutes } from './operations-jobs.ts'
import { rehearsalRoutes } from './operations-rehearsals.ts'
import { createRehearsals } from './rehearsals.ts'

const closed = { additionalProperties: false }
const id = Type.String({ format: 'uuid' })
const time = Type.String({ format: 'date-time' })
const count = Type.Integer({ minimum: 0 })
const operator = { permission: 'operator' }
const tag = 'Operations'

const Check = Type.Object(
  {
    service: Type.String(),
    invariant: Type.String(),
    title: Type.String(),
    checked: count,
    findings: Type.Array(Type.Object({ subject: Type.String(), message: Type.String() }, closed)),
    failure: Type.Union([Type.String(), Type.Null()], { description: 'Why it could not be carried out.' }),
    tookMs: count,
  },
  closed,
)
const Report = Type.Object(
  {
    startedAt: time,
    tookMs: count,
    since: Type.Union([time, Type.Null()]),
    broken: count,
    checks: Type.Array(Check),
  },
  closed,
)
const reportOf = (report: AuditReport) => ({
  ...report,
  checks: report.checks.map((check) => ({ ...check, failure: check.failure ?? null })),
})

type Operations = { routes: Route[]; errors: ErrorCatalogue<string>; close(): Promise<void> }

/** What operators ask of a running marketplace as a whole. Closed with it: a rehearsal may be under way. */
export function operations(house: House): Operations {
  const rehearsals = createRehearsals(() => house.clock())
  // Whoever asks while one is under way gets its answer: two at once would only slow each other down.
  const underWay = new Map<boolean, Promise<AuditReport>>()
  let last: AuditReport | undefined
  const audit = (full: boolean) => {
    const running =
      underWay.get(full) ?? runAudit(house, { full, maxFindings: 100 }).finally(() => underWay.delete(full))
    underWay.set(full, running)
    return running.then((report) => (last = report))
  }
  const routes = [
    route({
      method: 'GET',
      url: '/v1/operations/audit',
      operationId: 'runAudit',
      summary: 'Check that the books balance',
      description:
        'Every check reads one snapshot and changes nothing. Looks at what changed since the last audit without findings; `full=true`: at everything.',
      tag,
      access: operator,
      query: Type.Object({ full: Type.Boolean({ default: false }) }, closed),
      answers: { 200: Report },
      timeoutMs: 600_000,
      handle: async ({ query }) => ok(reportOf(await audit(query.full))),
    }),
    route({
      method: 'GET',
      url: '/v1/operations/audit/last',
      operationId: 'getLastAudit',
      summary: 'The last report of an audit that was asked for here',
      description: 'Null until the first one after this process began.',
      tag,
      access: operator,
      answers: { 200: Type.Object({ report: Type.Union([Report, Type.Null()]) }, closed) },
      handle: async () => ok({ report: last === undefined ? null : reportOf(last) }),
    }),
    route({
      method: 'GET',
      url: '/v1/operations/consumers',
      operationId: 'listConsumers',
      summary: 'How far each consumer of events is behind',
      tag,
      access: operator,
      answers: {
        200: Type.Object(
          {
            items: Type.Array(
              Type.Object(
                { consumer: Type.String(), source: Type.String(), events: count, seconds: Type.Number({ minimum: 0 }) },
                closed,
              ),
            ),
          },
          closed,
        ),
      },
      handle: async () => ok({ items: await lagOfConsumers(house) }),
    }),
    route({
      method: 'GET',
      url: '/v1/operations/allotments',
      operationId: 'getAllotment',
      summary: 'What of a variant may still be promised',
      description: '`setAside` lies with sales and is not yet promised; `remaining` is what ordinary sale has left.',
      tag,
      access: operator,
      query: Type.Object({ shopId: id, variantId: id }, closed),
      answers: { 200: Type.Object({ granted: count, remaining: count, setAside: count }, closed) },
      errors: ['operations-unavailable'],
      async handle({ query }) {
        if (!house.running.services.some(({ definition }) => definition.name === 'orders'))
          throw errors.error('operations-unavailable', 'Orders does not run in this process.')
        const { allotments } = await house.directory
          .client(AllotmentService)
          .listAllotments({ shopId: query.shopId, variantIds: [query.variantId] })
        const { granted = 0n, remaining = 0n, setAside = 0n } = allotments[0] ?? {}
        return ok({ granted: Number(granted), remaining: Number(remaining), setAside: Number(setAside) })
      },
    }),
    ...dashboardRoutes(house),
    ...deadLetterRoutes(house),
    ...jobRoutes(house),
    ...rehearsalRoutes(rehearsals, createCopyable(house)),
  ]
  return { routes, errors, close: () => rehearsals.close() }
}

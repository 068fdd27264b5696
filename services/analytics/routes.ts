import { mayActFor, ok, type Route, route } from '@souk/http'
import type { Database } from '@souk/postgres'
import { Type } from 'typebox'
import { analyticsErrors } from './errors.ts'
import { grains, rangeOf, readReport } from './report.ts'

export type RouteDeps = { db: Database; clock: () => Date; kept: { days: number; sumsDays: number } }

const closed = { additionalProperties: false }
const id = Type.String({ format: 'uuid' })
const count = Type.Integer({ minimum: 0 })
const day = (description: string) => Type.String({ format: 'date', maxLength: 10, pattern: '^2', description })

const query = Type.Object(
  {
    from: Type.Optional(day('The first day, in UTC. Left out: 30 days before `until`.')),
    until: Type.Optional(day('The day after the last one. Left out: tomorrow, so that today is in it.')),
    grain: Type.Enum(grains, { default: 'day', description: 'Hours for 7 days at most.' }),
  },
  closed,
)

const sums = {
  orders: Type.Integer({ minimum: 0, description: 'Placed, whatever became of them.' }),
  cancelledOrders: Type.Integer({ minimum: 0, description: 'Of these.' }),
  amounts: Type.Array(Type.Object({ currency: Type.String(), amountMinor: count, cancelledMinor: count }, closed), {
    description: 'What they cost, by currency.',
  }),
}

const ReportView = Type.Object(
  {
    from: Type.String({ format: 'date' }),
    until: Type.String({ format: 'date' }),
    grain: Type.Enum(grains),
    countedUntil: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description: 'Orders that came in later are not in here yet. null: nothing was counted yet.',
    }),
    ...sums,
    outcomes: Type.Array(Type.Object({ status: Type.String(), orders: count }, closed), {
      description:
        'What had become of them when they were last counted: soon after, after their day, and a week later.',
    }),
    series: Type.Array(Type.Object({ at: Type.String({ format: 'date-time' }), ...sums }, closed), {
      description: 'Every day or hour of the range, in UTC; `at` is where it begins.',
    }),
    products: Type.Array(
      Type.Object(
        {
          productId: id,
          shopId: id,
          title: Type.String(),
          currency: Type.String(),
          orders: count,
          units: count,
          amountMinor: count,
          cancelledUnits: count,
          cancelledMinor: count,
        },
        closed,
      ),
      { description: 'The 50 of which most units were sold and not cancelled.' },
    ),
  },
  closed,
)

// It changes four times an hour.
const brief = { 'cache-control': 'private, max-age=60' }

export const analyticsRoutes = ({ db, clock, kept }: RouteDeps): Route[] => {
  const report = async (asked: Parameters<typeof rangeOf>[0], shopId: string | undefined) => {
    const range = rangeOf(asked, clock().getTime(), kept)
    // One snapshot: figures that are counted anew meanwhile would not add up.
    const found = await db.transaction((tx) => readReport(tx, range, shopId), {
      isolation: 'repeatable read',
      readOnly: true,
    })
    return ok(found, brief)
  }
  return [
    route({
      method: 'GET',
      url: '/v1/analytics',
      operationId: 'getAnalytics',
      summary: 'What the marketplace sold: day by day or hour by hour, and which products',
      description:
        'Counted by quarters of an hour, a minute after each. Without orders taken over from another system.',
      tag: 'Analytics',
      access: { permission: 'operator' },
      query,
      answers: { 200: ReportView },
      errors: ['analytics-range'],
      handle: (request) => report(request.query, undefined),
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/analytics',
      operationId: 'getShopAnalytics',
      summary: 'What a shop sold: day by day or hour by hour, and which products',
      description:
        'Counted by quarters of an hour, a minute after each. Without orders taken over from another system.',
      tag: 'Analytics',
      access: { duty: 'orders' },
      params: Type.Object({ shopId: id }, closed),
      query,
      answers: { 200: ReportView },
      errors: ['analytics-range', 'analytics-not-found'],
      async handle(request) {
        const { shopId } = request.params
        if (!mayActFor(request.me, shopId, 'orders'))
          throw analyticsErrors.error(
            'analytics-not-found',
            'There is no shop with this id whose orders you look after.',
          )
        return report(request.query, shopId)
      },
    }),
  ]
}

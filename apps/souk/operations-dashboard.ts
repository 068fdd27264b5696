import { mayActFor, ok, type Route, route } from '@souk/http'
import { countDeadLetters } from '@souk/events'
import type { Database } from '@souk/postgres'
import type { RunningService } from '@souk/service'
import { Type } from 'typebox'
import { lagOfConsumers } from './audit/cross-checks.ts'
import {
  createCartCount,
  createFigures,
  createStuckCount,
  type FiguresOf,
  liveSeconds,
  sliceSeconds,
} from './dashboard-figures.ts'
import type { CartCount } from './dashboard.sql.ts'
import type { House } from './house.ts'
import { errors } from './operations-errors.ts'

const closed = { additionalProperties: false }
const time = Type.String({ format: 'date-time' })
const count = Type.Integer({ minimum: 0 })
const id = Type.String({ format: 'uuid' })
const Amount = Type.Object({ currency: Type.String(), amountMinor: count }, closed)

const figures = {
  at: time,
  perSecond: Type.Array(Type.Object({ at: time, orders: count }, closed), {
    description: `Orders placed in each of the last ${liveSeconds} seconds, oldest first.`,
  }),
  slices: Type.Array(Type.Object({ at: time, orders: count, amounts: Type.Array(Amount) }, closed), {
    description: `The last 24 hours in slices of ${sliceSeconds / 60} minutes; \`at\` is where a slice begins.`,
  }),
  orders: count,
  amounts: Type.Array(Amount, { description: 'What the orders of the last 24 hours cost, by currency.' }),
  statuses: Type.Array(Type.Object({ status: Type.String(), orders: count }, closed)),
  topProducts: Type.Array(
    Type.Object(
      { productId: id, shopId: id, title: Type.String(), units: count, amountMinor: count, currency: Type.String() },
      closed,
    ),
  ),
}
const carts = Type.Union(
  [
    Type.Object(
      {
        filled: Type.Integer({ minimum: 0, description: 'Still holding what was put into them in the last 24 hours.' }),
        ordered: Type.Integer({ minimum: 0, description: 'Became orders in the last 24 hours.' }),
      },
      closed,
    ),
    Type.Null(),
  ],
  { description: 'null: carts do not run in this process.' },
)
const health = Type.Object(
  {
    stuckOrders: count,
    deadLetters: count,
    consumers: Type.Object(
      { total: count, behind: count, events: count, seconds: Type.Number({ minimum: 0 }), worst: Type.String() },
      closed,
    ),
  },
  closed,
)

/** The figures of the day, for whoever stands behind the counter. */
export function dashboardRoutes(house: House): Route[] {
  type Desk = { figures: FiguresOf; stuck: () => Promise<number>; carts: () => Promise<CartCount | null> }
  let kept: Desk | undefined
  const desk = () => {
    const [orders, cartsHere] = ['orders', 'carts'].map((name) =>
      house.running.services.find(({ definition }) => definition.name === name),
    )
    if (orders === undefined) throw errors.error('operations-unavailable', 'Orders does not run in this process.')
    kept ??= {
      figures: createFigures(databasesOf(orders), house.clock),
      stuck: createStuckCount(databasesOf(orders), house.clock),
      carts: cartsHere === undefined ? async () => null : createCartCount(cartsHere.db, house.clock),
    }
    return kept
  }
  return [
    route({
      method: 'GET',
      url: '/v1/operations/dashboard',
      operationId: 'getDashboard',
      summary: 'The marketplace today: orders a second, turnover, what sells, and what waits for a person',
      description: 'Of the last 24 hours. Counted once for everybody who looks; asking every second costs little.',
      tag: 'Operations',
      access: { permission: 'operator' },
      answers: { 200: Type.Object({ ...figures, carts, health }, closed) },
      errors: ['operations-unavailable'],
      async handle() {
        const { figures, stuck, carts } = desk()
        const [sold, stuckOrders, deadLetters, consumers, cartCount] = await Promise.all([
          figures(undefined),
          stuck(),
          deadLettersIn(house),
          lagOfConsumers(house),
          carts(),
        ])
        const behind = consumers.filter(({ events }) => events > 0).sort((a, b) => b.seconds - a.seconds)
        return ok({
          ...sold,
          carts: cartCount,
          health: {
            stuckOrders,
            deadLetters,
            consumers: {
              total: consumers.length,
              behind: behind.length,
              events: behind.reduce((sum, { events }) => sum + events, 0),
              seconds: behind[0]?.seconds ?? 0,
              worst: behind[0]?.consumer ?? '',
            },
          },
        })
      },
    }),
    route({
      method: 'GET',
      url: '/v1/shops/:shopId/dashboard',
      operationId: 'getShopDashboard',
      summary: 'A shop today: orders a second, turnover, what sells',
      tag: 'Operations',
      access: { duty: 'orders' },
      params: Type.Object({ shopId: id }, closed),
      answers: { 200: Type.Object(figures, closed) },
      errors: ['operations-unavailable', 'dashboard-not-found'],
      async handle({ params, me }) {
        if (!mayActFor(me, params.shopId, 'orders'))
          throw errors.error('dashboard-not-found', 'There is no shop with this id whose orders you look after.')
        return ok(await desk().figures(params.shopId))
      },
    }),
  ]
}

const databasesOf = ({ databases }: RunningService): Database[] => databases.map(({ db }) => db)

async function deadLettersIn(house: House): Promise<number> {
  const databases = house.running.services.flatMap(databasesOf)
  const counts = await Promise.all(databases.map((db) => db.transaction(countDeadLetters)))
  return counts.flat().reduce((sum, { parked }) => sum + parked, 0)
}

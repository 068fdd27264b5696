import type { Outbox } from '@souk/events'
import { mayActFor, ok, type Route, route } from '@souk/http'
import type { Shards, Tx } from '@souk/postgres'
import { Type } from 'typebox'
import { cancelOrder } from './cancel-order.ts'
import { orderErrors } from './errors.ts'
import { readOrders } from './orders.sql.ts'
import type { Saga } from './run-saga.ts'
import { SagaView, sagaView, StuckView, stuckView, TimelineView, timelineView } from './saga-views.ts'
import { listStuck, retryNow, stepsOf } from './steps.sql.ts'
import { type TimelineDeps, timelineOf } from './timeline.ts'
import { retrySaga } from './watch-sagas.ts'

export type SagaRouteDeps = TimelineDeps & { shards: Shards; outbox: Outbox; saga: Saga; clock: () => Date }

const closed = { additionalProperties: false }
const uuid = Type.String({ format: 'uuid' })
const orderParams = Type.Object({ orderId: uuid }, closed)
const operator = { permission: 'operator' }
const tag = 'Orders'

const notFound = () => orderErrors.error('order-not-found', 'There is no order with this id.')

/** What operators and shops see of the way of an order, and what operators do when it came to a stop. */
export const sagaRoutes = (deps: SagaRouteDeps): Route[] => [
  route({
    method: 'GET',
    url: '/v1/orders/:orderId/timeline',
    operationId: 'getOrderTimeline',
    tag,
    summary: 'Everything that happened to an order',
    description:
      'States, payments, shipments, returns and messages for its customer; staff of the shop and operators also see steps, attempts, events, goods and what went wrong. A service that does not answer in time leaves a note.',
    access: 'signed-in',
    params: orderParams,
    answers: { 200: TimelineView },
    errors: ['order-not-found'],
    async handle({ params, me }) {
      const { db } = deps.shards.ofId(params.orderId)
      const [order] = await readOrders(db.autocommit, [params.orderId])
      if (order === undefined) throw notFound()
      const inside = mayActFor(me, order.shopId, 'orders')
      if (!inside && order.customerId !== me.accountId) throw notFound()
      const timeline = await timelineOf(deps, db.autocommit, order, inside)
      return ok(timelineView(order, { ...timeline, steps: inOrder(deps.saga, timeline.steps) }))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/orders/stuck',
    operationId: 'listStuckOrders',
    tag,
    summary: 'Orders that came to a stop, with the reason',
    description:
      'Out of attempts, or placed more than five minutes ago with nobody at work on them. They are tried again every few minutes all the same.',
    access: operator,
    query: Type.Object(
      {
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
        cursor: Type.Optional(Type.String({ format: 'uuid', description: '`nextCursor` of the page before.' })),
      },
      closed,
    ),
    answers: { 200: StuckView },
    async handle({ query: { limit = 20, cursor = null } }) {
      const lists = await Promise.all(deps.shards.all().map(({ db }) => listStuck(db.autocommit, cursor, limit + 1)))
      const rows = lists.flat().sort((a, b) => (a.orderId < b.orderId ? -1 : 1))
      return ok({
        items: rows.slice(0, limit).map(stuckView),
        nextCursor: rows.length > limit ? (rows[limit - 1]?.orderId ?? null) : null,
      })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/orders/:orderId/retry',
    operationId: 'retryOrder',
    tag,
    summary: 'Try again, at once, what of an order failed or waits',
    description: 'Safe at any time: every step knows an order again and does nothing twice.',
    access: operator,
    params: orderParams,
    answers: { 200: SagaView },
    errors: ['order-not-found', 'nothing-to-retry'],
    handle: (request) => {
      const { orderId } = request.params
      return request.once(deps.shards.ofId(orderId).db, async (tx) => {
        const found = await retrySaga(tx, deps, orderId, request.correlationId)
        if (found === undefined) throw notFound()
        if (!found)
          throw orderErrors.error('nothing-to-retry', 'Nothing of this order failed, and it waits for nothing.')
        return ok(await sagaNow(tx, deps.saga, orderId))
      })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/orders/:orderId/compensate',
    operationId: 'compensateOrder',
    tag,
    summary: 'End an order and put everything back',
    description:
      'Cancels it, releases what it holds, puts its goods back and gives back what was paid. Of an order that is cancelled already, tries again what could not be undone.',
    access: operator,
    params: orderParams,
    answers: { 200: SagaView },
    errors: ['order-not-found', 'illegal-transition', 'shipment-under-way'],
    handle: (request) => {
      const { orderId } = request.params
      return request.once(deps.shards.ofId(orderId).db, async (tx) => {
        await cancelOrder(tx, deps, {
          orderId,
          mayCancel: () => true,
          byOf: () => 'operator',
          correlationId: request.correlationId,
        })
        await retryNow(tx, orderId, deps.clock())
        return ok(await sagaNow(tx, deps.saga, orderId))
      })
    },
  }),
]

async function sagaNow(tx: Tx, saga: Saga, orderId: string) {
  const [order] = await readOrders(tx, [orderId])
  if (order === undefined) throw notFound()
  return sagaView(order, inOrder(saga, await stepsOf(tx, orderId)))
}

/** As they are run. */
function inOrder<Row extends { step: string }>({ steps }: Saga, rows: readonly Row[]): Row[] {
  const placeOf = new Map(steps.map(({ name }, index) => [name, index]))
  return rows.toSorted((a, b) => (placeOf.get(a.step) ?? 0) - (placeOf.get(b.step) ?? 0))
}

import { created, ok, type Route, route } from '@souk/http'
import type { Shards, Tx } from '@souk/postgres'
import type { Logger } from '@souk/telemetry'
import { Type } from 'typebox'
import { ReturnListView, ReturnsView, ReturnView, returnView } from './fulfilment-views.ts'
import type { Order } from './order.ts'
import { readOrders } from './orders.sql.ts'
import { answerReturn, requestReturn, returnNotFound } from './request-return.ts'
import { type Return, returnReasons, returnStates } from './return.ts'
import type { ReturnDays } from './return-days.ts'
import { findReturn, returnsOf, returnsOfShop } from './returns.sql.ts'
import { maySee, mustActFor, orderVisibleTo, quantity } from './routes-fulfilment.ts'
import { finishReturn, recordReceived, type SettleDeps } from './settle-return.ts'

export type ReturnDeps = Omit<SettleDeps, 'db'> & { shards: Shards; log: Logger; returnDays: ReturnDays }

const closed = { additionalProperties: false }
const uuid = Type.String({ format: 'uuid' })
const note = (description: string) => Type.Optional(Type.String({ maxLength: 1_000, description }))
const ofShop = Type.Object({ shopId: uuid, returnId: uuid }, closed)
const answerErrors = ['order-not-found', 'return-not-found', 'illegal-return-transition']

async function viewOf(tx: Tx, returned: Return) {
  const [order] = await readOrders(tx, [returned.orderId])
  return returnView(returned, order as Order)
}

const decision = (deps: ReturnDeps, name: 'approve' | 'refuse') =>
  route({
    method: 'POST',
    url: `/v1/shops/:shopId/returns/:returnId/${name}`,
    operationId: `${name}Return`,
    tag: 'Returns',
    summary: name === 'approve' ? 'Agree to take goods back' : 'Refuse a return',
    description:
      name === 'approve'
        ? 'The customer may send the goods.'
        : 'Also for what was approved and never came: its units can be returned again then.',
    access: { duty: 'orders' },
    params: ofShop,
    body: Type.Object({ answer: note('For the customer.') }, closed),
    answers: { 200: ReturnView },
    errors: answerErrors,
    handle(request) {
      const { shopId, returnId } = request.params
      mustActFor(request.me, shopId)
      const answer = request.body.answer ?? ''
      return request.once(deps.shards.ofOwner(shopId).db, async (tx) =>
        ok(
          await viewOf(
            tx,
            await answerReturn(tx, deps.clock, { returnId, shopId, approve: name === 'approve', answer }),
          ),
        ),
      )
    },
  })

export const returnRoutes = (deps: ReturnDeps): Route[] => [
  route({
    method: 'POST',
    url: '/v1/orders/:orderId/returns',
    operationId: 'requestReturn',
    tag: 'Returns',
    summary: 'Ask to send back what was delivered',
    description:
      'Within the days the shop gives (its setting `returns.window-days`) after the last part of the order arrived. What is given back for each unit is its part of what was paid, to the last minor unit.',
    access: { permission: 'orders:place' },
    bodyLimitBytes: 200_000,
    params: Type.Object({ orderId: uuid }, closed),
    body: Type.Object(
      {
        lines: Type.Array(Type.Object({ variantId: uuid, quantity }, closed), { minItems: 1, maxItems: 1_000 }),
        reason: Type.Enum([...returnReasons]),
        note: note('For the shop.'),
      },
      closed,
    ),
    answers: { 201: ReturnView },
    errors: [
      'order-not-found',
      'nothing-delivered',
      'return-too-late',
      'more-than-left',
      'order-line-not-found',
      'too-many-parts',
    ],
    async handle(request) {
      const { body, me, correlationId } = request
      const { orderId } = request.params
      const { db } = deps.shards.ofId(orderId)
      const [order] = await readOrders(db.autocommit, [orderId])
      const returnDays = order?.customerId === me.accountId ? await deps.returnDays(order.shopId) : 0
      return request.once(db, async (tx) => {
        const returned = await requestReturn(
          tx,
          { clock: deps.clock, returnDays },
          {
            orderId,
            customerId: me.accountId,
            lines: body.lines,
            reason: body.reason,
            note: body.note ?? '',
            correlationId,
          },
        )
        return created(await viewOf(tx, returned), { location: `/v1/returns/${returned.returnId}` })
      })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/orders/:orderId/returns',
    operationId: 'listReturns',
    tag: 'Returns',
    summary: 'Returns of an order',
    description: 'For its customer and for staff of the shop, the oldest first; 100 at most.',
    access: 'signed-in',
    params: Type.Object({ orderId: uuid }, closed),
    answers: { 200: ReturnsView },
    errors: ['order-not-found'],
    async handle({ params: { orderId }, me }) {
      const order = await orderVisibleTo(deps.shards, orderId, me)
      const returns = await returnsOf(deps.shards.ofId(orderId).db.autocommit, [orderId])
      return ok({ items: returns.map((each) => returnView(each, order)) })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/returns/:returnId',
    operationId: 'getReturn',
    tag: 'Returns',
    summary: 'A return',
    access: 'signed-in',
    params: Type.Object({ returnId: uuid }, closed),
    answers: { 200: ReturnView },
    errors: ['return-not-found'],
    async handle({ params: { returnId }, me }) {
      const { autocommit } = deps.shards.ofId(returnId).db
      const returned = await findReturn(autocommit, returnId)
      const [order] = returned === undefined ? [] : await readOrders(autocommit, [returned.orderId])
      if (returned === undefined || order === undefined || !maySee(order, me)) throw returnNotFound()
      return ok(returnView(returned, order))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/returns',
    operationId: 'listShopReturns',
    tag: 'Returns',
    summary: "A shop's returns, newest first",
    access: { duty: 'orders' },
    params: Type.Object({ shopId: uuid }, closed),
    query: Type.Object(
      {
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
        cursor: Type.Optional(Type.String({ format: 'uuid', description: '`nextCursor` of the page before.' })),
        state: Type.Optional(Type.Enum(returnStates)),
      },
      closed,
    ),
    answers: { 200: ReturnListView },
    errors: ['order-not-found'],
    async handle({ params: { shopId }, query, me }) {
      mustActFor(me, shopId)
      const { autocommit } = deps.shards.ofOwner(shopId).db
      const limit = query.limit ?? 20
      const returns = await returnsOfShop(autocommit, shopId, query.state ?? null, query.cursor ?? null, limit + 1)
      const page = returns.slice(0, limit)
      const orders = await readOrders(autocommit, [...new Set(page.map(({ orderId }) => orderId))])
      const byId = new Map(orders.map((order) => [order.orderId, order]))
      return ok({
        items: page.map((each) => returnView(each, byId.get(each.orderId) as Order)),
        nextCursor: returns.length > limit ? (page.at(-1)?.returnId ?? null) : null,
      })
    },
  }),
  decision(deps, 'approve'),
  decision(deps, 'refuse'),
  route({
    method: 'POST',
    url: '/v1/shops/:shopId/returns/:returnId/receive',
    operationId: 'receiveReturn',
    tag: 'Returns',
    summary: 'Say what came back, and what becomes of it',
    description:
      'Every line of the return is named once. `restock`: back on the shelf and on ordinary sale; `write-off`: not to be sold. The money goes back at once: for what came; for what could not be delivered, for all of it. 202 when stock or payments did not answer in time: it goes on by itself.',
    access: { duty: 'orders' },
    bodyLimitBytes: 200_000,
    params: ofShop,
    body: Type.Object(
      {
        lines: Type.Array(
          Type.Object(
            {
              variantId: uuid,
              disposition: Type.Enum(['restock', 'write-off']),
              quantity: Type.Optional(
                Type.Integer({
                  minimum: 0,
                  maximum: 1_000_000,
                  description: 'What came; left out: all that was announced.',
                }),
              ),
            },
            closed,
          ),
          { minItems: 1, maxItems: 1_000 },
        ),
      },
      closed,
    ),
    answers: { 200: ReturnView, 202: ReturnView },
    errors: [...answerErrors, 'return-lines-differ', 'order-line-not-found'],
    async handle(request) {
      const { me, body } = request
      const { shopId, returnId } = request.params
      mustActFor(me, shopId)
      const { db } = deps.shards.ofOwner(shopId)
      // As with shipments: the key stands for having recorded it.
      const recorded = await request.once(db, async (tx) => {
        const command = { returnId, shopId, lines: body.lines, actorId: me.accountId }
        return ok(await viewOf(tx, await recordReceived(tx, deps.clock, command)))
      })
      const returned = await finishReturn({ ...deps, db }, returnId).catch((error: unknown) => {
        deps.count('return', 'waiting')
        deps.log.warn({ returnId, error }, 'a return waits for inventory or payments; it is taken up again')
        return findReturn(db.autocommit, returnId)
      })
      if (returned === undefined) throw returnNotFound()
      return {
        ...recorded,
        status: returned.state === 'settled' ? 200 : 202,
        body: await viewOf(db.autocommit, returned),
      }
    },
  }),
]

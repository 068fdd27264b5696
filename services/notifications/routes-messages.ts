import { created, mayActFor, noContent, ok, type Principal, type Route, route } from '@souk/http'
import type { Database } from '@souk/postgres'
import { Type } from 'typebox'
import { discardDelivery, failedDeliveries, replayDelivery } from './deliveries.sql.ts'
import { errors } from './errors.ts'
import { kindNumbered } from './kinds.ts'
import { channelNumbered } from './message.ts'
import { messagesOf, settleMessages } from './messages.sql.ts'
import { idIn, pageOf } from './page.ts'
import { type ReadMessage, readMessages } from './read-messages.ts'
import { recentRows } from './recent.ts'
import type { RecordDeps } from './record-messages.ts'
import * as shapes from './schemas.ts'
import { sendMessage } from './send-message.ts'

const tag = 'Notifications'
const operator = { permission: 'operator' } as const

export type RouteDeps = RecordDeps & { db: Database }

const shapeOf = (message: ReadMessage) => ({
  messageId: message.messageId,
  kind: message.kind,
  channel: message.channel,
  state: message.state,
  orderId: message.orderId,
  shopId: message.shopId,
  language: message.language,
  subject: message.rendered.subject,
  text: message.rendered.text,
  recordedAt: new Date(message.recordedAtMs).toISOString(),
  sentAt: message.sentAtMs === null ? null : new Date(message.sentAtMs).toISOString(),
  arrivedAt: message.arrivedAtMs === null ? null : new Date(message.arrivedAtMs).toISOString(),
})
const watchedShapeOf = (message: ReadMessage) => ({
  ...shapeOf(message),
  customerId: message.customerId,
  attempts: message.attempts,
  detail: message.detail,
})

async function historyOf(db: Database, customerId: string, query: { limit: number; cursor?: string }) {
  const rows = await messagesOf(db.autocommit, customerId, idIn(query.cursor) ?? null, query.limit + 1)
  const page = pageOf(rows, query.limit, (row) => row.id)
  return { ...page, messages: await readMessages(db.autocommit, page.rows) }
}

/** Whom somebody may write as. @throws what a shop that is not theirs is answered with. */
function assertMayWriteAs(me: Principal, shopId: string | undefined): void {
  if (shopId === undefined ? !me.permissions.has('operator') : !mayActFor(me, shopId, 'orders'))
    throw errors.error('recipient-not-found', 'Name a shop whose orders you look after: you write in its name.')
}

/** Sending, the customer's own history, and what operators see and decide. */
export const messageRoutes = (deps: RouteDeps): Route[] => [
  route({
    method: 'POST',
    url: '/v1/notifications',
    operationId: 'sendNotification',
    summary: 'Tell customers something',
    description:
      'To up to 100 customers at once: a subject and a text, or a kind with its parameters. It lies in their inboxes when ' +
      'this is answered and goes out by the first way each of them allows. A shop may write to those it has told something before.',
    tag,
    access: { duty: 'orders' },
    body: shapes.SendMessage,
    answers: { 201: shapes.Recorded },
    errors: ['recipient-not-found', 'message-unclear'],
    async handle(request) {
      assertMayWriteAs(request.me, request.body.shopId)
      return await request.once(deps.db, async (tx) =>
        created({ messages: await sendMessage(tx, deps, { ...request.body, shopId: request.body.shopId }) }),
      )
    },
  }),
  route({
    method: 'GET',
    url: '/v1/notifications',
    operationId: 'listMyNotifications',
    summary: 'What I was told',
    description: 'My own inbox, with what went out by other ways; the newest first, in the language I chose.',
    tag,
    access: 'signed-in',
    query: shapes.PageQuery,
    answers: { 200: shapes.MessagePage },
    async handle({ me, query }) {
      const { messages, nextCursor } = await historyOf(deps.db, me.accountId, query)
      return ok({ items: messages.map(shapeOf), nextCursor })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/notifications/customers/:customerId',
    operationId: 'listCustomerNotifications',
    summary: 'What a customer was told',
    tag,
    access: operator,
    params: shapes.CustomerParams,
    query: shapes.PageQuery,
    answers: { 200: shapes.WatchedPage },
    async handle({ params, query }) {
      const { messages, nextCursor } = await historyOf(deps.db, params.customerId, query)
      return ok({ items: messages.map(watchedShapeOf), nextCursor })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/notifications/recent',
    operationId: 'listRecentNotifications',
    summary: 'What people were told lately',
    description: 'Of everybody, the newest first; by kind, channel or customer where asked.',
    tag,
    access: operator,
    query: shapes.RecentQuery,
    answers: { 200: shapes.WatchedPage },
    async handle({ query }) {
      const rows = await recentRows(deps.db.autocommit, deps.clock(), {
        limit: query.limit + 1,
        before: idIn(query.cursor),
        kind: query.kind,
        channel: query.channel,
        customerId: query.customerId,
      })
      const page = pageOf(rows, query.limit, (row) => row.id)
      const messages = await readMessages(deps.db.autocommit, page.rows)
      return ok({ items: messages.map(watchedShapeOf), nextCursor: page.nextCursor })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/notifications/failed',
    operationId: 'listFailedNotifications',
    summary: 'Messages that could not be delivered',
    description: 'No way open to them worked. Each waits until somebody has it sent again or discards it.',
    tag,
    access: operator,
    query: shapes.PageQuery,
    answers: { 200: shapes.FailedPage },
    async handle({ query }) {
      const rows = await failedDeliveries(deps.db.autocommit, idIn(query.cursor) ?? null, query.limit + 1)
      const page = pageOf(rows, query.limit, (row) => row.message_id)
      return ok({
        items: page.rows.map((row) => ({
          messageId: row.message_id,
          customerId: row.customer_id,
          kind: kindNumbered(row.kind),
          channel: channelNumbered(row.channel),
          attempts: row.attempts,
          cause: row.cause ?? '',
          failedAt: row.failed_at.toISOString(),
        })),
        nextCursor: page.nextCursor,
      })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/notifications/failed/:messageId/replay',
    operationId: 'replayNotification',
    summary: 'Send a failed message again',
    tag,
    access: operator,
    params: shapes.MessageParams,
    answers: { 204: Type.Null() },
    errors: ['message-not-found'],
    handle: (request) =>
      request.once(deps.db, async (tx) => {
        if ((await replayDelivery(tx, request.params.messageId, deps.clock())) === 0) throw noSuchMessage()
        return noContent
      }),
  }),
  route({
    method: 'POST',
    url: '/v1/notifications/failed/:messageId/discard',
    operationId: 'discardNotification',
    summary: 'Give a failed message up',
    tag,
    access: operator,
    params: shapes.MessageParams,
    body: shapes.Discard,
    answers: { 204: Type.Null() },
    errors: ['message-not-found'],
    handle: (request) =>
      request.once(deps.db, async (tx) => {
        const { messageId } = request.params
        const gone = await discardDelivery(tx, messageId)
        if (gone === undefined) throw noSuchMessage()
        const outcome = `discarded by ${request.me.accountId}: ${request.body.reason}`
        await settleMessages(tx, [{ customerId: gone.customer_id, id: messageId, outcome }], null)
        return noContent
      }),
  }),
]

const noSuchMessage = () => errors.error('message-not-found', 'There is no failed message with this id.')

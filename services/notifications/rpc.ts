import { MessageService } from '@souk/contracts/notifications'
import { type Database, isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { kindNumbered, kinds } from './kinds.ts'
import { channelNumbered, messageId, recordedAtMs } from './message.ts'
import { absentMessages, messagesAbout } from './messages.sql.ts'
import { detailOf, stateOf } from './read-messages.ts'

export const messageRpc =
  ({ db }: { db: Database }): RpcHandlers =>
  (router) =>
    router.service(MessageService, {
      async findUntold({ orders }) {
        const known = orders.filter(({ orderId, customerId }) => isUuid(orderId) && isUuid(customerId)).slice(0, 2_048)
        const keys = known.map(({ orderId, customerId, confirmedAtMs }) => ({
          customerId,
          id: messageId(Number(confirmedAtMs), kinds['order-confirmed'].number, 0, orderId),
          orderId,
        }))
        const absent = new Set((await absentMessages(db.autocommit, keys)).map((row) => `${row.customer_id} ${row.id}`))
        return {
          orderIds: keys
            .filter(({ customerId, id }) => absent.has(`${customerId} ${id}`))
            .map(({ orderId }) => orderId),
        }
      },
      async listOfOrder({ orderId, customerId }) {
        if (!isUuid(orderId) || !isUuid(customerId)) return { messages: [] }
        const rows = await messagesAbout(db.autocommit, customerId, orderId)
        return {
          messages: rows.map((row) => ({
            messageId: row.id,
            kind: kindNumbered(row.kind),
            channel: channelNumbered(row.channel),
            state: stateOf(row),
            attempts: row.attempts ?? (row.sent_at === null ? 0 : 1),
            recordedAtMs: BigInt(recordedAtMs(row.id)),
            sentAtMs: BigInt(row.sent_at?.getTime() ?? 0),
            detail: row.cause ?? detailOf(row) ?? '',
          })),
        }
      },
    })

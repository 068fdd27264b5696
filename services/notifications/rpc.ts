import { MessageService } from '@souk/contracts/notifications'
import { type Database, isUuid } from '@souk/postgres'
import type { RpcHandlers } from '@souk/rpc'
import { kindNumbered } from './kinds.ts'
import { channelNumbered, recordedAtMs } from './message.ts'
import { messagesAbout } from './messages.sql.ts'
import { stateOf } from './read-messages.ts'

export const messageRpc =
  ({ db }: { db: Database }): RpcHandlers =>
  (router) =>
    router.service(MessageService, {
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
            detail: row.cause ?? row.outcome ?? '',
          })),
        }
      },
    })

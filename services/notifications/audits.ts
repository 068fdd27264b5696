import { firstIdAt } from '@souk/postgres'
import type { AuditCheck } from '@souk/service'
import {
  countDeliveries,
  countLeaving,
  countOfKind,
  deliveriesOfNothing,
  lostMessages,
  overdueDeliveries,
  toldTwice,
} from './audits.sql.ts'
import { kinds } from './kinds.ts'
import { channelNumbered } from './message.ts'

/** From a minute before the mark: a batch may commit late. */
const firstIdOf = (sinceMs: number | undefined): string => firstIdAt(Math.max(0, (sinceMs ?? 60_000) - 60_000))

/** A lease is a minute; another to be taken again. */
const overdueSeconds = 60

export const messageAudits: AuditCheck[] = [
  {
    invariant: 'I8',
    title: 'nobody is told twice by one channel that an order is confirmed',
    async run(tx, { sinceMs, maxFindings }) {
      const firstId = firstIdOf(sinceMs)
      const kind = kinds['order-confirmed'].number
      const rows = await toldTwice(tx, firstId, kind, maxFindings)
      return {
        checked: await countOfKind(tx, firstId, kind),
        findings: rows.map((row) => ({
          subject: row.about_id,
          message: `${row.n} messages by ${channelNumbered(row.channel)} say that this order is confirmed`,
        })),
      }
    },
  },
  {
    invariant: 'I8',
    title: 'what leaves the house is on its way, sent, or waits for a person; nothing is lost between',
    async run(tx, { sinceMs, maxFindings }) {
      const firstId = firstIdOf(sinceMs)
      const lost = await lostMessages(tx, firstId, maxFindings)
      const nothing = await deliveriesOfNothing(tx, maxFindings)
      return {
        checked: await countLeaving(tx, firstId),
        findings: [
          ...lost.map((row) => ({ subject: row.id, message: 'was to leave, and is neither on its way nor settled' })),
          ...nothing.map((row) => ({
            subject: row.message_id,
            message: `is ${row.state}, but there is no such message`,
          })),
        ],
      }
    },
  },
  {
    invariant: 'I18',
    title: 'no message is being sent for longer than whoever took it may hold it',
    async run(tx, { maxFindings }) {
      const rows = await overdueDeliveries(tx, overdueSeconds, maxFindings)
      return {
        checked: await countDeliveries(tx),
        findings: rows.map((row) => ({
          subject: row.message_id,
          message: `is being sent; its time was over ${row.overdue} s ago and nobody has taken it again`,
        })),
      }
    },
  },
]

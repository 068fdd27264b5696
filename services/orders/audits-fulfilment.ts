import { firstIdAt } from '@souk/postgres'
import type { AuditCheck, Finding } from '@souk/service'
import { countParts, waitingParts, wrongLines, wrongRefunds, wrongStates } from './audits-fulfilment.sql.ts'

const allTime = '00000000-0000-0000-0000-000000000000'

/**
 * Shipments and returns come long after their order was placed: a look at what was done since a mark goes back over the
 * orders of this long before it. The nightly look over everything has no such border.
 */
const backMs = 60 * 24 * 3_600_000

const firstIdOf = (sinceMs: number | undefined): string =>
  sinceMs === undefined ? allTime : firstIdAt(Math.max(0, sinceMs - backMs))

export const fulfilmentAudits: AuditCheck[] = [
  {
    invariant: 'I3',
    title: 'nothing is shipped that was not ordered, nothing comes back that was not shipped, and orders say so',
    async run(tx, { sinceMs, maxFindings }) {
      const firstId = firstIdOf(sinceMs)
      const lines = await wrongLines(tx, firstId, maxFindings)
      const states = await wrongStates(tx, firstId, maxFindings)
      const findings: Finding[] = [
        ...lines.map((row) => ({
          subject: row.order_id,
          message: `of line ${row.line_no} ${row.ordered} were ordered, ${row.shipped} shipped, ${row.returned} returned`,
        })),
        ...states.map((row) => ({
          subject: row.order_id,
          message: `is ${row.status}, but ${row.gone} of its ${row.ordered} units have left`,
        })),
      ]
      return { checked: await countParts(tx, firstId), findings: findings.slice(0, maxFindings) }
    },
  },
  {
    invariant: 'I9',
    title: 'returns give back what was paid for what came back, never more',
    async run(tx, { sinceMs, maxFindings }) {
      const firstId = firstIdOf(sinceMs)
      const rows = await wrongRefunds(tx, firstId, maxFindings)
      return {
        checked: await countParts(tx, firstId),
        findings: rows.map((row) => ({
          subject: row.order_id,
          message:
            row.line_no === 0
              ? `a return gives back ${row.refunded}, its lines ${row.paid}`
              : `line ${row.line_no} cost ${row.paid}, its returns give back ${row.refunded}`,
        })),
      }
    },
  },
  {
    invariant: 'I10',
    title: 'no shipment or return waits for another service for more than five minutes',
    async run(tx, { maxFindings }) {
      const rows = await waitingParts(tx, maxFindings)
      return {
        checked: rows.length,
        findings: rows.map((row) => ({
          subject: row.id,
          message: `the ${row.what} is ${row.state} for more than five minutes, after ${row.attempts} more attempts`,
        })),
      }
    },
  },
]

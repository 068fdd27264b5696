import { firstIdAt, type Tx } from '@souk/postgres'
import type { AuditCheck, AuditScope, Finding } from '@souk/service'
import type { OrderIds } from './audits.sql.ts'
import { touchedLately } from './audits-told.ts'
import {
  countParts,
  ordersWithParts,
  waitingParts,
  wrongLines,
  wrongRefunds,
  wrongStates,
} from './audits-fulfilment.sql.ts'

/** Of orders that were changed since the mark, or of which something is shipped or comes back. */
async function ordersIn(tx: Tx, scope: AuditScope): Promise<OrderIds> {
  const touched = await touchedLately(tx, scope)
  if (touched === undefined || scope.sinceMs === undefined) return null
  // Parts have the time they were made in their ids; a minute for those that were committed late.
  const made = await ordersWithParts(tx, firstIdAt(scope.sinceMs - 60_000))
  return [...new Set([...touched.orders.keys(), ...made])]
}

export const fulfilmentAudits: AuditCheck[] = [
  {
    invariant: 'I3',
    title: 'nothing is shipped that was not ordered, nothing comes back that was not shipped, and orders say so',
    async run(tx, scope) {
      const { maxFindings } = scope
      const ids = await ordersIn(tx, scope)
      const lines = await wrongLines(tx, ids, maxFindings)
      const states = await wrongStates(tx, ids, maxFindings)
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
      return { checked: await countParts(tx, ids), findings: findings.slice(0, maxFindings) }
    },
  },
  {
    invariant: 'I9',
    title: 'returns give back what was paid for what came back, never more',
    async run(tx, scope) {
      const { maxFindings } = scope
      const ids = await ordersIn(tx, scope)
      const rows = await wrongRefunds(tx, ids, maxFindings)
      return {
        checked: await countParts(tx, ids),
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

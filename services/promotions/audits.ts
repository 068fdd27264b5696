import type { AuditCheck } from '@souk/service'
import { countBalances, overdrawnOrders, wrongBalances } from './points.sql.ts'

export const promotionAudits: AuditCheck[] = [
  {
    invariant: 'I14',
    title: "a customer's points are the sum of the entries in the ledger",
    async run(tx, { maxFindings }) {
      const rows = await wrongBalances(tx, maxFindings)
      return {
        checked: await countBalances(tx),
        findings: rows.map((row) => ({
          subject: row.customer_id,
          message: `has ${row.balance} points of shop ${row.shop_id}, but the entries sum to ${row.entries}`,
        })),
      }
    },
  },
  {
    invariant: 'I14',
    title: 'no order takes back more points than it earned',
    async run(tx, { maxFindings }) {
      const rows = await overdrawnOrders(tx, maxFindings)
      return {
        checked: rows.length,
        findings: rows.map((row) => ({ subject: row.order_id, message: `its entries sum to ${row.points}` })),
      }
    },
  },
]

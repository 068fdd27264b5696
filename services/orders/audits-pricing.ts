import { firstIdAt } from '@souk/postgres'
import type { AuditCheck } from '@souk/service'
import { openBooks } from './audits-kept.ts'
import { heldToKeep, unbalancedUsesSince, vouchersUsed } from './audits-kept.sql.ts'
import { touchedLately } from './audits-told.ts'
import { countUses, countVouchers, unbalancedUses, wrongSums, wrongUsesOfCustomers } from './uses.sql.ts'

/** What orders cost beyond their lines, and the vouchers they used. */
export const pricingAudits: AuditCheck[] = [
  {
    invariant: 'I13',
    title: 'lines and adjustments of an order add up to its total, and so do the paid parts of its lines',
    async run(tx, { sinceMs, maxFindings }) {
      const firstId = sinceMs === undefined ? '00000000-0000-0000-0000-000000000000' : firstIdAt(sinceMs - 60_000)
      const rows = await wrongSums(tx, firstId, maxFindings)
      return {
        checked: rows.length,
        findings: rows.map((row) => ({
          subject: row.order_id,
          message: `total ${row.total_minor}, lines ${row.lines_minor} and adjustments ${row.adjusted_minor}, paid parts ${row.paid_minor}`,
        })),
      }
    },
  },
  {
    invariant: 'I14',
    title: 'what was granted of a voucher is what remains plus what live orders use',
    async run(tx, { since, maxFindings }) {
      const { touched, keeping } = await openBooks(tx, 'I14', since)
      const ids = touched ? await vouchersUsed(tx, touched) : null
      const rows =
        touched && ids
          ? await unbalancedUsesSince(tx, 'I14', touched, ids, maxFindings)
          : await unbalancedUses(tx, maxFindings)
      return {
        checked: ids?.length ?? (await countVouchers(tx)),
        findings: rows.map((row) => ({
          subject: row.voucher_id,
          message: `granted ${row.granted} of ${row.uses}, remaining ${row.remaining}, but live orders use ${row.held}`,
        })),
        keep: rows.length === 0 ? keeping(await heldToKeep(tx, 'I14', [4], ids)) : undefined,
      }
    },
  },
  {
    invariant: 'I14',
    title: 'no customer uses a voucher more often than each may',
    async run(tx, scope) {
      const touched = await touchedLately(tx, scope)
      const orderIds = touched === undefined ? null : [...touched.orders.keys()]
      const rows = await wrongUsesOfCustomers(tx, orderIds, scope.maxFindings)
      return {
        checked: await countUses(tx, orderIds),
        findings: rows.map((row) => ({
          subject: row.voucher_id,
          message: `customer ${row.customer_id} uses it ${row.held} times and has drawn ${row.drawn}, the cap is ${row.cap}`,
        })),
      }
    },
  },
]

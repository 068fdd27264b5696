import type { AuditCheck } from '@souk/service'
import {
  countInScope,
  listRepeatedCauses,
  listStuckTransfers,
  listUnbalancedItems,
  listUnbalancedShelves,
  listUncaused,
} from './audits.sql.ts'
import {
  listAssignedExpired,
  listShelvesWithoutLots,
  listUnbalancedLots,
  listUnevenIssues,
  listUnevenOrders,
  listWronglyAssigned,
} from './audits-lots.sql.ts'
import type { Deps } from './deps.ts'

/** The job asks again every second, so a minute means that orders has refused or been away all that time. */
const stuckAfterMs = 60_000

export const audits = ({ clock }: Pick<Deps, 'clock'>): AuditCheck[] => [
  {
    invariant: 'I1',
    title: 'what is on hand and what is allotted is what the ledger adds up to, and no transfer hangs',
    async run(tx, { since, maxFindings }) {
      const { count } = await countInScope(tx, since)
      const before = new Date(clock().getTime() - stuckAfterMs)
      const findings = [
        ...(await listUnbalancedItems(tx, since, maxFindings)),
        ...(await listUnbalancedShelves(tx, since, maxFindings)),
        ...(await listStuckTransfers(tx, before, maxFindings)),
      ]
      return { checked: count, findings: findings.slice(0, maxFindings) }
    },
  },
  {
    invariant: 'I2',
    title: 'every movement of stock has a cause, and no cause has moved a variant twice',
    async run(tx, { since, maxFindings }) {
      const { count } = await countInScope(tx, since)
      const findings = [
        ...(await listRepeatedCauses(tx, since, maxFindings)),
        ...(await listUncaused(tx, since, maxFindings)),
      ]
      return { checked: count, findings: findings.slice(0, maxFindings) }
    },
  },
  {
    invariant: 'I1',
    title: 'a shelf is the sum of its lots, and what is set apart in a lot is what orders have there',
    async run(tx, { since, maxFindings }) {
      const { count } = await countInScope(tx, since)
      const findings = [
        ...(await listShelvesWithoutLots(tx, since, maxFindings)),
        ...(await listUnbalancedLots(tx, since, maxFindings)),
        ...(await listWronglyAssigned(tx, maxFindings)),
        ...(await listAssignedExpired(tx, maxFindings)),
      ]
      return { checked: count, findings: findings.slice(0, maxFindings) }
    },
  },
  {
    invariant: 'I2',
    title: 'what was shipped left the ledger, the lots and what was set apart alike, and no more came back',
    async run(tx, { since, maxFindings }) {
      const { count } = await countInScope(tx, since)
      const findings = [
        ...(await listUnevenIssues(tx, since, maxFindings)),
        ...(await listUnevenOrders(tx, since, maxFindings)),
      ]
      return { checked: count, findings: findings.slice(0, maxFindings) }
    },
  },
]

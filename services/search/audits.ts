import type { AuditCheck } from '@souk/service'
import { countDue, hiddenButFound, lateDue, unturnedSales } from './audits.sql.ts'

export const searchAudits: readonly AuditCheck[] = [
  {
    invariant: 'search',
    title: 'what changed in the catalogue is in the index within a minute',
    run: async (tx, { maxFindings }) => ({
      checked: await countDue(tx),
      findings: [...(await lateDue(tx, maxFindings)), ...(await unturnedSales(tx, maxFindings))],
    }),
  },
  {
    invariant: 'search',
    title: 'nothing of a shop that is not open is found',
    run: async (tx, { maxFindings }) => ({ checked: 1, findings: await hiddenButFound(tx, maxFindings) }),
  },
]

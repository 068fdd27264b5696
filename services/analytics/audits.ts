import type { AuditCheck } from '@souk/service'
import { countClosedDays, wrongDays } from './audits.sql.ts'
import { dayMs, dayName, dayOf } from './slots.ts'

/** Quarters of the first days that are kept may just be going. */
export const analyticsAudits = (deps: { clock: () => Date; keptDays: number }): AuditCheck[] => [
  {
    invariant: 'analytics',
    title: 'the sums of every day that is over are those of its quarters of an hour',
    async run(tx, { maxFindings }) {
      const slotsFrom = dayName(dayOf(deps.clock().getTime()) - (deps.keptDays - 2) * dayMs)
      return {
        checked: await countClosedDays(tx, slotsFrom),
        findings: (await wrongDays(tx, slotsFrom, maxFindings)).map(({ day, shopId, kept, counted }) => ({
          subject: `${day} of shop ${shopId}`,
          message: `its sums are ${kept}; its quarters are ${counted}`,
        })),
      }
    },
  },
]

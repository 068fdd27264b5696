import type { Database } from '@souk/postgres'
import { paymentAudits } from './audits.ts'

/** Every finding of every check, over everything or since an instant. */
export async function auditAll(db: Database, sinceMs?: number, clock = () => new Date()): Promise<string[]> {
  const findings: string[] = []
  for (const check of paymentAudits({ clock }))
    await db.transaction(
      async (tx) => {
        const result = await check.run(tx, { since: undefined, sinceMs, maxFindings: 20 })
        findings.push(...result.findings.map((each) => `${check.invariant} ${each.subject}: ${each.message}`))
      },
      { isolation: 'repeatable read', readOnly: true },
    )
  return findings
}

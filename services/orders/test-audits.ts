import type { Database, Tx } from '@souk/postgres'
import { type AuditResult, type AuditScope, seenNow } from '@souk/service'
import { orderAudits } from './audits.ts'

/** What an audit looks at: everything, or what changed since a mark. */
export type Mark = Pick<AuditScope, 'since' | 'sinceMs'>
export const everything: Mark = { since: undefined, sinceMs: undefined }

/** The invariants that do not hold, each once. */
export async function redIn(tx: Tx, at: Mark): Promise<string[]> {
  const scope = { ...at, maxFindings: 10 }
  const found = new Set<string>()
  for (const check of orderAudits) if ((await check.run(tx, scope)).findings.length > 0) found.add(check.invariant)
  return [...found]
}

/** Audit everything, keep what its checks keep, and resolve to the mark it leaves. */
export async function markNow(db: Database, from: Mark = everything): Promise<Mark> {
  const scope = { ...from, maxFindings: 10 }
  const kept: AuditResult['keep'][] = []
  const mark = await db.transaction(
    async (tx) => {
      const { snapshot, madeAt } = await seenNow(tx)
      for (const check of orderAudits) kept.push((await check.run(tx, scope)).keep)
      return { since: snapshot, sinceMs: madeAt.getTime() }
    },
    { isolation: 'repeatable read', readOnly: true },
  )
  await db.transaction(async (tx) => {
    for (const keep of kept) await keep?.(tx)
  })
  return mark
}

import type { Database, Tx } from '@souk/postgres'
import type { AuditCheck, AuditResult, AuditScope, Finding } from './audit.ts'
import { type AuditMark, findAuditMark, keepAuditMark, seenNow } from './audit-marks.sql.ts'

export type CheckOutcome = {
  service: string
  invariant: string
  title: string
  /** How many things were looked at; 0 proves nothing. */
  checked: number
  findings: Finding[]
  /** Why the check could not be carried out; that proves nothing either. */
  failure: string | undefined
  tookMs: number
  keep?: AuditResult['keep']
}

export type ServiceAudit = { outcomes: CheckOutcome[]; seen: AuditMark; since: AuditMark | undefined }

export type AuditOptions = {
  /** Look at everything, not only at what changed since the mark. */
  full: boolean
  maxFindings: number
  onCheck?: (service: string, check: AuditCheck) => void
}

/** Full scans of what a marketplace of millions keeps. */
const statementTimeoutMs = 600_000

/**
 * Run a service's checks one after the other on its own database, each in a read-only snapshot of its own: one long
 * snapshot over all of them would keep the hot rows of a sale from being tidied up.
 */
export async function auditService(
  service: string,
  db: Database,
  checks: readonly AuditCheck[],
  options: AuditOptions,
): Promise<ServiceAudit> {
  const read = <T>(body: (tx: Tx) => Promise<T>) =>
    db.transaction(body, { isolation: 'repeatable read', readOnly: true, statementTimeoutMs })
  const { since, seen } = await read(async (tx) => ({
    since: options.full ? undefined : await findAuditMark(tx),
    seen: await seenNow(tx),
  }))
  const scope = { since: since?.snapshot, sinceMs: since?.madeAt.getTime(), maxFindings: options.maxFindings }
  const outcomes: CheckOutcome[] = []
  for (const check of checks) {
    options.onCheck?.(service, check)
    outcomes.push(await outcomeOf(service, check, () => read((tx) => check.run(tx, scope satisfies AuditScope))))
  }
  return { outcomes, seen, since }
}

/** Carry a check out and time it. One that throws is told as not carried out. */
export async function outcomeOf(
  service: string,
  { invariant, title }: Pick<AuditCheck, 'invariant' | 'title'>,
  run: () => Promise<AuditResult>,
): Promise<CheckOutcome> {
  const beganAt = performance.now()
  const told = { service, invariant, title }
  const tookMs = () => Math.round(performance.now() - beganAt)
  try {
    return { ...told, ...(await run()), failure: undefined, tookMs: tookMs() }
  } catch (error) {
    return { ...told, checked: 0, findings: [], failure: (error as Error).message, tookMs: tookMs() }
  }
}

/**
 * The next audit may begin where this one looked. Only for one without findings: those must be seen again. Of two audits
 * at once the one that began later counts.
 */
export const keepMark = (db: Database, { seen, outcomes }: Pick<ServiceAudit, 'seen' | 'outcomes'>): Promise<void> =>
  db.transaction(async (tx) => {
    if ((await keepAuditMark(tx, seen)) === 0) return
    for (const { keep } of outcomes) await keep?.(tx)
  })

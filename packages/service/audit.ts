import type { Tx } from '@souk/postgres'

/** One thing that does not add up: which row, and what was expected of it. */
export type Finding = { subject: string; message: string }

export type AuditResult = { checked: number; findings: Finding[] }

/** An invariant of a service's own data, checked on the live system in one read-only snapshot. */
export type AuditCheck = {
  /** Number in the list of invariants: "I1". */
  invariant: string
  /** A sentence an operator can dispute: "no more units are promised than were granted". */
  title: string
  /**
   * @param tx a read-only, repeatable-read transaction on the service's database.
   * @param scope `since` = only what changed after that snapshot (text form of pg_snapshot); undefined = everything.
   */
  run(tx: Tx, scope: { since: string | undefined; maxFindings: number }): Promise<AuditResult>
}

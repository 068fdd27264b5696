import type { Tx } from '@souk/postgres'

/** One thing that does not add up: which row, and what was expected of it. */
export type Finding = { subject: string; message: string }

export type AuditResult = {
  checked: number
  findings: Finding[]
  /** Writes down what the next audit starts from. Called with the mark's own transaction, once everything was found sound. */
  keep?: ((tx: Tx) => Promise<unknown>) | undefined
}

export type AuditScope = {
  /** Only what changed after this snapshot (text form of pg_snapshot). Undefined: everything. */
  since: string | undefined
  /** When that snapshot was taken, Unix milliseconds; for data found by time. */
  sinceMs: number | undefined
  maxFindings: number
}

/** An invariant of a service's own data, checked on the live system in one read-only snapshot. */
export type AuditCheck = {
  /** Number in the list of invariants: "I1". */
  invariant: string
  /** A sentence an operator can dispute: "no more units are promised than were granted". */
  title: string
  /**
   * @param tx a read-only, repeatable-read transaction on the service's database.
   */
  run(tx: Tx, scope: AuditScope): Promise<AuditResult>
}

import { sql, type Tx } from '@souk/postgres'

export type AuditMark = { snapshot: string; madeAt: Date }

export const findAuditMark = (tx: Tx) =>
  tx.maybeOne<AuditMark>(sql`select snapshot::text, made_at as "madeAt" from audit_marks where name = 'audit'`)

/** What this transaction sees, and when; both the server's own. */
export const seenNow = (tx: Tx) =>
  tx.one<AuditMark>(sql`select pg_current_snapshot()::text as snapshot, now() as "madeAt"`)

/** Never backwards: of two audits at once the one that began later counts. */
export const keepAuditMark = (tx: Tx, mark: AuditMark) =>
  tx.run(sql`
  insert into audit_marks (name, snapshot, made_at) values ('audit', ${mark.snapshot}::pg_snapshot, ${mark.madeAt})
  on conflict (name) do update set snapshot = excluded.snapshot, made_at = excluded.made_at
   where audit_marks.made_at < excluded.made_at`)

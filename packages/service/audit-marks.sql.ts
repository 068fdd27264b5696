import { sql, type Tx } from '@souk/postgres'

export type AuditMark = { snapshot: string; madeAt: Date }

/** @param name of the audit as a whole, or of a check that keeps figures of its own. */
export const findAuditMark = (tx: Tx, name = 'audit') =>
  tx.maybeOne<AuditMark>(sql`select snapshot::text, made_at as "madeAt" from audit_marks where name = ${name}`)

/** What this transaction sees, and when; both the server's own. */
export const seenNow = (tx: Tx) =>
  tx.one<AuditMark>(sql`select pg_current_snapshot()::text as snapshot, now() as "madeAt"`)

/** Never backwards: of two audits at once the one that began later counts. */
export const keepAuditMark = (tx: Tx, mark: AuditMark) =>
  tx.run(sql`
  insert into audit_marks (name, snapshot, made_at) values ('audit', ${mark.snapshot}::pg_snapshot, ${mark.madeAt})
  on conflict (name) do update set snapshot = excluded.snapshot, made_at = excluded.made_at
   where audit_marks.made_at < excluded.made_at`)

/** Set a check's own mark, unless somebody has moved it since it was read as `before`. @returns whether it was set. */
export const replaceAuditMark = async (tx: Tx, name: string, before: AuditMark | undefined, mark: AuditMark) =>
  (before === undefined
    ? await tx.run(sql`
        insert into audit_marks (name, snapshot, made_at) values (${name}, ${mark.snapshot}::pg_snapshot, ${mark.madeAt})
        on conflict (name) do nothing`)
    : await tx.run(sql`
        update audit_marks set snapshot = ${mark.snapshot}::pg_snapshot, made_at = ${mark.madeAt}
        where name = ${name} and snapshot::text = ${before.snapshot}`)) > 0

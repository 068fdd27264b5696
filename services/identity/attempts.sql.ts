import { sql, type Tx } from '@souk/postgres'

export type AttemptsRow = { subject: string; attempts: number[]; blockedUntil: Date | null; noticedAt: Date | null }

/** Lock the subjects' rows, in one order for everybody; those that do not exist yet are made first. */
export const lockAttempts = async (
  tx: Tx,
  subjects: readonly string[],
  now: Date,
): Promise<Map<string, AttemptsRow>> => {
  await tx.run(sql`
    insert into sign_in_attempts (subject, updated_at)
    select subject, ${now}::timestamptz from unnest(${subjects}::text[]) as subject order by subject
    on conflict do nothing`)
  const rows = await tx.many<AttemptsRow>(sql`
    select subject, attempts, blocked_until as "blockedUntil", noticed_at as "noticedAt"
      from sign_in_attempts where subject = any(${subjects}::text[]) order by subject for update`)
  return new Map(rows.map((row) => [row.subject, row]))
}

export const saveAttempts = (tx: Tx, rows: readonly AttemptsRow[], now: Date) =>
  tx.run(sql`
    update sign_in_attempts as kept
       set attempts = given.attempts, blocked_until = given."blockedUntil", noticed_at = given."noticedAt",
           updated_at = ${now}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as given (subject text, attempts jsonb, "blockedUntil" timestamptz, "noticedAt" timestamptz)
     where kept.subject = given.subject`)

export const deleteOldAttempts = (tx: Tx, before: Date, limit: number) =>
  tx.run(sql`
    delete from sign_in_attempts where subject in (
      select subject from sign_in_attempts where updated_at < ${before} limit ${limit} for update skip locked)`)

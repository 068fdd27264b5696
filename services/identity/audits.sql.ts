import { sql, type Tx } from '@souk/postgres'

export type Suspect = { subject: string; found: string }

export const countSessions = (tx: Tx) => tx.one<{ count: number }>(sql`select count(*) as count from sessions`)

/** Live sessions whose account is missing, disabled or closed. */
export const sessionsWithoutAccount = (tx: Tx, limit: number) =>
  tx.many<Suspect>(sql`
    select sessions.id::text as subject, coalesce(accounts.status, 'no account') as found
      from sessions left join accounts on accounts.id = account_id
     where accounts.id is null or (accounts.status <> 'active' and ended_at is null)
     limit ${limit}`)

/** Live families with another number of live tokens than one. Rehearsal shoppers have none to begin with. */
export const familiesWithoutOneToken = (tx: Tx, limit: number) =>
  tx.many<Suspect>(sql`
    select session_id::text as subject, count(*) filter (where replaced_at is null) || ' live tokens' as found
      from refresh_tokens join sessions on sessions.id = session_id
     where ended_at is null
     group by session_id having count(*) filter (where replaced_at is null) <> 1
     limit ${limit}`)

export const keysByState = (tx: Tx) =>
  tx.many<{ state: string; count: number }>(sql`
    select state, count(*) as count from (values ('current'), ('next')) as wanted (state)
      join signing_keys using (state) group by state`)

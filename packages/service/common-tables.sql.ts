import { sql } from '@souk/postgres'
import type { TableMove } from './bucket-tables.ts'

/** Of every service, by `commonMigrations`. */
export const commonTables: Readonly<Record<string, TableMove>> = {
  outbox: 'stays',
  consumer_offsets: 'stays',
  dead_letters: 'stays',
  audit_marks: 'stays',
  // Nothing in them says whose shop it was. Having them on both databases harms nobody; they are kept for a day. Of two
  // answers the later one holds: the earlier may be about to be forgotten, and its key be taken for a new one.
  idempotency_keys: {
    ofAll: true,
    merge: (table, brought) => sql`
      insert into ${table} as kept select * from ${brought} on conflict (principal, key, route) do update
         set body_hash = excluded.body_hash, status = excluded.status, answer = excluded.answer, headers = excluded.headers,
             created_at = excluded.created_at
       where kept.created_at < excluded.created_at`,
  },
}

import { sql } from '@souk/postgres'
import type { TableMove } from './bucket-tables.ts'

/** Of every service, by `commonMigrations`. */
export const commonTables: Readonly<Record<string, TableMove>> = {
  outbox: 'stays',
  consumer_offsets: 'stays',
  dead_letters: 'stays',
  audit_marks: 'stays',
  // Nothing in them says whose shop it was. Having them on both databases harms nobody; they are kept for a day.
  idempotency_keys: {
    ofAll: true,
    merge: (table, brought) => sql`insert into ${table} select * from ${brought} on conflict do nothing`,
  },
}

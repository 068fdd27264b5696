import type { Tx } from './database.ts'
import { sql } from './sql.ts'

/** How far the primary's log is written, in bytes. */
export const primaryPlace = (tx: Tx) =>
  tx.one<{ place: string }>(sql`select (pg_current_wal_lsn() - '0/0')::text as place`)

/** How far a replica has played it. */
export const replicaPlace = (tx: Tx) =>
  tx.one<{ place: string }>(sql`select (pg_last_wal_replay_lsn() - '0/0')::text as place`)

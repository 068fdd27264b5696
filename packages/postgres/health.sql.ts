import type { Database } from './database.ts'
import { sql } from './sql.ts'

/** Resolves when the database answers; rejects with the reason when it does not. */
export const isReachable = (db: Database): Promise<unknown> => db.autocommit.one(sql`select 1 as up`)

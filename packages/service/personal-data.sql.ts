import { type Sql, sql, type Tx } from '@souk/postgres'

/** One person's rows are sorted at each page: what one person leaves behind is little. */
export const personalRows = (tx: Tx, statement: Sql, after: string, limit: number) =>
  tx.many<{ key: string; record: Record<string, unknown> }>(sql`
    select key, record from (${statement}) kept where key collate "C" > ${after}::text order by key collate "C" limit ${limit}`)

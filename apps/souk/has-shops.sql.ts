import { openDatabase, type Pooled, sql } from '@souk/postgres'

/** Whether any shop was opened here. Asked once, before any service starts, as the owner of the schemas. */
export async function hasShops(adminUrl: string, pooled: Pooled): Promise<boolean> {
  const db = openDatabase({ url: adminUrl, schema: 'public', maxConnections: 1, pooled })
  try {
    const there = await db.autocommit.one<{ table: string | null }>(
      sql`select to_regclass('shops.shops')::text as table`,
    )
    return there.table !== null && (await db.autocommit.maybeOne(sql`select from shops.shops limit 1`)) !== undefined
  } finally {
    await db.close()
  }
}

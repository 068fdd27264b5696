import { openDatabase, sql } from '@souk/postgres'

/** Make an empty database on this server if there is none of that name. `name` is a constant of the program. */
export async function ensureDatabase(serverUrl: string, name: 'souk'): Promise<void> {
  const db = openDatabase({ url: serverUrl, schema: 'public', maxConnections: 1 })
  try {
    const known = await db.autocommit.maybeOne(sql`select from pg_database where datname = ${name}`)
    if (known === undefined) await db.autocommit.run(sql`create database souk`)
  } finally {
    await db.close()
  }
}

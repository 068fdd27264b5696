import { openDatabase, sql } from '@souk/postgres'

/** In a copy: it makes keys of its own then, and no token of the one is good for the other. */
export async function forgetSigningKeys(adminUrl: string): Promise<void> {
  const db = openDatabase({ url: adminUrl, schema: 'identity', maxConnections: 1 })
  try {
    await db.autocommit.run(sql`delete from identity.signing_keys`)
  } finally {
    await db.close()
  }
}

import { openDatabase, sql } from '@souk/postgres'
import type { Database } from '@souk/postgres'

// What a server of the cluster needs before the first migration: an owner of the schemas who is no superuser, and databases.
// Names are checked by the description; `create` takes no parameters.

const identifier = (name: string): string => {
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(name)) throw new RangeError(`${name} is no name of a database or a role`)
  return name
}

const statement = (text: string) => sql([text] as never)

/** Make the owner and its databases where they are missing; the password is set anew each time. */
export async function ensureDatabases(
  adminUrl: string,
  given: { owner: string; password: string; databases: readonly string[] },
): Promise<void> {
  const db = openDatabase({ url: adminUrl, schema: 'public', maxConnections: 1 })
  const owner = identifier(given.owner)
  if (!/^[\w-]+$/.test(given.password)) throw new RangeError('the password may have letters, digits, _ and - only')
  try {
    const known = await db.autocommit.maybeOne(sql`select from pg_roles where rolname = ${owner}`)
    const verb = known === undefined ? 'create' : 'alter'
    await db.autocommit.run(statement(`${verb} role ${owner} login createrole password '${given.password}'`))
    for (const each of given.databases) await ensureOne(db, identifier(each), owner)
  } finally {
    await db.close()
  }
}

async function ensureOne(db: Database, name: string, owner: string): Promise<void> {
  const known = await db.autocommit.maybeOne(sql`select from pg_database where datname = ${name}`)
  if (known === undefined) await db.autocommit.run(statement(`create database ${name} owner ${owner}`))
}

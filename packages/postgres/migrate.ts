import { createHash, createHmac } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import pg from 'pg'
import type { Pooled } from './database.ts'
import { sessionDefaults } from './defaults.ts'

/**
 * Forward-only migrations in plain SQL: `0001_orders.sql`, `0002_…`. A file whose first line is `--! breaking` cannot be
 * survived by the release before it: processes that do not know it refuse to start.
 */
export type MigrationSet = { name: string; folder: URL }

/** A service's schema and role have its name; it may be given several sets (what all services share, then its own). */
export type ServiceSchema = { service: string; sets: readonly MigrationSet[] }

export type AppliedMigration = { service: string; set: string; file: string; tookMs: number }

export type MigrateOptions = {
  /** A user that may create schemas and, if the services are to have roles of their own, roles. */
  url: string
  services: readonly ServiceSchema[]
  /** The address is that of a pooler in transaction mode: see DatabaseOptions. */
  pooled?: Pooled
  /** Role passwords are derived from it; the same secret must be given to every process. */
  secret: string
  onApplied?: (migration: AppliedMigration) => void
}

export type Migrated = {
  applied: AppliedMigration[]
  /** False when the given user may not create roles: the services then share that user, and that should be said. */
  rolesSeparated: boolean
  /** Connection string of a service, in its own role where roles are separated. */
  urlFor(service: string): string
}

/** Reads every service's outbox and writes nothing: the role of the event log. */
export const logRole = 'souk_log'
export const roleOf = (service: string): string => `souk_${service}`
export const rolePassword = (secret: string, role: string): string =>
  createHmac('sha256', secret).update(role).digest('base64url')

const identifier = (name: string): string => {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new RangeError(`not a service name: ${name}`)
  return name
}

export function urlForRole(url: string, role: string, secret: string): string {
  const own = new URL(url)
  own.username = role
  own.password = rolePassword(secret, role)
  return own.href
}

/** Apply what is missing, under one lock per database, so that processes started together do not collide. */
export async function migrate(options: MigrateOptions): Promise<Migrated> {
  const connectTo = async () => {
    const client = new pg.Client({ connectionString: options.url, application_name: 'souk migrate' })
    await client.connect()
    return client
  }
  const client = await connectTo()
  let lock: Kept | undefined
  try {
    if (options.pooled) lock = await keepLock(await connectTo())
    else await client.query('select pg_advisory_lock($1)', [migrationLock])
    const rolesSeparated = await mayCreateRoles(client)
    if (rolesSeparated) {
      await ensureRole(client, logRole, options.secret, 'pg_catalog')
    }
    const applied: AppliedMigration[] = []
    for (const service of options.services) {
      const lost = lock?.lost()
      if (lost !== undefined) throw lost
      await ensureSchema(client, service.service, rolesSeparated, options.secret)
      for (const set of service.sets) applied.push(...(await applySet(client, service.service, set, options.onApplied)))
      if (rolesSeparated) await keepToItself(client, service.service)
    }
    return {
      applied,
      rolesSeparated,
      urlFor: (service) =>
        rolesSeparated
          ? urlForRole(options.url, service === logRole ? logRole : roleOf(service), options.secret)
          : options.url,
    }
  } finally {
    await client.end()
    await lock?.giveBack()
  }
}

const migrationLock = 0x736f756b // 'souk'

type Kept = { giveBack(): Promise<void>; lost(): Error | undefined }

/**
 * The lock of migrations behind a pooler, where none outlives its transaction: one is kept open for it, on a connection of
 * its own. Asked for again and again: processes that wait inside the server could take every session of the pool from the
 * one that works.
 */
async function keepLock(client: pg.Client): Promise<Kept> {
  let lost: Error | undefined
  client.on('error', (error) => (lost = error))
  for (;;) {
    await client.query('begin; set local idle_in_transaction_session_timeout = 0')
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [
      migrationLock,
    ])
    if (rows[0]?.locked)
      return {
        lost: () => lost,
        async giveBack() {
          await client.query('rollback').catch(() => {})
          await client.end()
        },
      }
    await client.query('rollback')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function mayCreateRoles(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    'select rolsuper or rolcreaterole as may from pg_roles where rolname = current_user',
  )
  return rows[0]?.may ?? false
}

async function ensureRole(client: pg.Client, role: string, secret: string, searchPath: string): Promise<void> {
  const name = identifier(role)
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name])
  const verb = rowCount === 0 ? 'create' : 'alter'
  // Roles belong to the whole server: databases migrated at the same time (tests) may both find it missing.
  try {
    await client.query(`${verb} role ${name} login password '${rolePassword(secret, name)}'`)
    // Also for whoever comes through a pooler, where a connection cannot say it for its session.
    const settings = {
      search_path: identifier(searchPath),
      statement_timeout: sessionDefaults.statementTimeoutMs,
      lock_timeout: sessionDefaults.lockTimeoutMs,
      idle_in_transaction_session_timeout: sessionDefaults.idleInTransactionMs,
    }
    await client.query(
      Object.entries(settings)
        .map(([setting, value]) => `alter role ${name} set ${setting} = ${value}`)
        .join('; '),
    )
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code !== '42710' && code !== '23505' && code !== 'XX000') throw error
  }
}

async function ensureSchema(client: pg.Client, service: string, roles: boolean, secret: string): Promise<void> {
  const schema = identifier(service)
  await client.query(`create schema if not exists ${schema}`)
  await client.query(
    `create table if not exists ${schema}.migrations (
       set_name text not null, file text not null, checksum text not null, breaking boolean not null,
       applied_at timestamptz not null default now(), primary key (set_name, file))`,
  )
  if (!roles) return
  const role = roleOf(service)
  await ensureRole(client, role, secret, schema)
  // Default privileges come before the migrations, so that a migration can take rights away again (append-only tables).
  await client.query(`
    grant usage on schema ${schema} to ${role}, ${logRole};
    grant select on ${schema}.migrations to ${role};
    alter default privileges in schema ${schema} grant select, insert, update, delete on tables to ${role};
    alter default privileges in schema ${schema} grant usage on sequences to ${role};
    alter default privileges in schema ${schema} grant execute on functions to ${role}`)
}

/**
 * PostgreSQL lets everybody call a new function, and some of ours drop partitions as their owner would: whoever may look
 * into a schema, as the event log may into all of them, could have called these.
 */
async function keepToItself(client: pg.Client, service: string): Promise<void> {
  const schema = identifier(service)
  const { rowCount } = await client.query(
    `select from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) granted
      where p.pronamespace = '${schema}'::regnamespace and granted.grantee = 0 limit 1`,
  )
  if (rowCount !== 0) await client.query(`revoke execute on all routines in schema ${schema} from public`)
}

async function applySet(
  client: pg.Client,
  service: string,
  set: MigrationSet,
  onApplied: MigrateOptions['onApplied'],
): Promise<AppliedMigration[]> {
  const files = (await readdir(set.folder)).filter((file) => /^\d{4}_.+\.sql$/.test(file)).sort()
  const { rows: done } = await client.query<{ file: string; checksum: string; breaking: boolean }>(
    `select file, checksum, breaking from ${service}.migrations where set_name = $1`,
    [set.name],
  )
  const doneByFile = new Map(done.map((row) => [row.file, row]))
  const unknownBreaking = done.filter((row) => row.breaking && !files.includes(row.file))
  if (unknownBreaking.length > 0)
    throw new Error(
      `the database is newer than this program: ${service} has applied ${unknownBreaking.map((row) => row.file).join(', ')}, ` +
        'which this release does not know and cannot work with. Start the newer release.',
    )
  const applied: AppliedMigration[] = []
  for (const file of files) {
    const text = await readFile(new URL(file, set.folder), 'utf8')
    const checksum = createHash('sha256').update(text).digest('hex')
    const before = doneByFile.get(file)
    if (before !== undefined) {
      if (before.checksum !== checksum)
        throw new Error(
          `${service}: migration ${file} was changed after it had been applied here. Migrations are forward only: ` +
            'restore the file and write the change as a new one.',
        )
      continue
    }
    const startedAt = performance.now()
    await client.query('begin')
    try {
      await client.query(`set local search_path = ${service}`)
      await client.query(text)
      await client.query(
        `insert into ${service}.migrations (set_name, file, checksum, breaking) values ($1, $2, $3, $4)`,
        [set.name, file, checksum, text.startsWith('--! breaking')],
      )
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw new Error(`${service}: migration ${file} failed: ${(error as Error).message}`, { cause: error })
    }
    const migration = { service, set: set.name, file, tookMs: Math.round(performance.now() - startedAt) }
    onApplied?.(migration)
    applied.push(migration)
  }
  return applied
}

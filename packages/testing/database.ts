import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import {
  createShards,
  type Database,
  type DatabaseOptions,
  type Migrated,
  type MigrationSet,
  migrate,
  openDatabase,
  type ServiceSchema,
  type Shards,
} from '@souk/postgres'
import { Client, Pool, type QueryResultRow } from 'pg'
import { inject } from 'vitest'
import { eventually } from './time.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the superuser of this run's PostgreSQL: `inject('adminUrl')`. */
    adminUrl: string
  }
}

export type TestDatabase = {
  /** Of the superuser, on this database. */
  readonly adminUrl: string
  /** The same: for code that is given one address and migrates by itself. */
  readonly url: string
  /** In the service's own role. */
  urlFor(service: string): string
  /** Connect as the service, as it would be in production. Closed by `close`. */
  open(service: string, options?: Partial<DatabaseOptions>): Database
  /** The same with everything on one shard. */
  shards(service: string): Shards
  /** Any statement, as the superuser: to look, or to break things on purpose. */
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  /** Drops the database. Throws, and so fails the test, when connections it has not opened are left. */
  close(): Promise<void>
}

export type TestDatabaseOptions = {
  /** Default: the server of this run. */
  adminUrl?: string
  /** How long connections under way of being closed may take. */
  leakTimeoutMs?: number
}

/** Services as the migrations know them, or as their index.ts exports them. */
export type Migratable = ServiceSchema | { name: string; migrations: URL }

/** Passwords of database roles follow from it, and roles are the server's: whoever migrates on it must use this one. */
export const testSecret = 'only for tests, the same in every one'
const common: MigrationSet = { name: 'common', folder: new URL('../service/migrations/', import.meta.url) }
/** Services may put work off, as in production; see packages/service. */
const jobs: ServiceSchema = {
  service: 'jobs',
  sets: [{ name: 'jobs', folder: new URL('../service/jobs-schema/', import.meta.url) }],
}
const lockOfTemplates = 0x74657374 // 'test'

/** A database of this test file's own, with the tables of these services: a copy of one migrated once per run. */
export async function testDatabase(
  services: readonly Migratable[],
  options: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const server = options.adminUrl ?? inject('adminUrl')
  const name = `test_${process.pid}_${randomUUID().slice(0, 8)}`
  const schemas = [jobs, ...services.map(schemaOf).filter(({ service }) => service !== jobs.service)]
  await asAdmin(server, async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [lockOfTemplates])
    const template = await ensureTemplate(admin, server, schemas)
    await admin.query(`create database ${name} template ${template}`)
  })
  const adminUrl = urlOf(server, name)
  // Nothing is left to apply; it answers under which role each service connects here.
  const migrated = await migrate({ url: adminUrl, services: [], secret: testSecret })
  return openedOn(server, name, migrated, options)
}

function openedOn(server: string, name: string, migrated: Migrated, options: TestDatabaseOptions): TestDatabase {
  const adminUrl = urlOf(server, name)
  const opened: Database[] = []
  const admin = new Pool({ connectionString: adminUrl, max: 2, application_name: 'souk test' })
  admin.on('error', () => {})
  const open: TestDatabase['open'] = (service, more = {}) => {
    const database = openDatabase({ url: migrated.urlFor(service), schema: service, ...more })
    let closed: Promise<void> | undefined
    const once = { ...database, close: () => (closed ??= database.close()) }
    opened.push(once)
    return once
  }
  return {
    url: adminUrl,
    adminUrl,
    urlFor: migrated.urlFor,
    open,
    shards: (service) => createShards([{ name: 'only', db: open(service) }]),
    query: async <Row extends QueryResultRow>(text: string, values: unknown[] = []) =>
      (await admin.query<Row>(text, values)).rows,
    async close() {
      await Promise.all(opened.map((database) => database.close()))
      await admin.end()
      await asAdmin(server, async (client) => {
        try {
          await eventually(() => noConnections(client, name), { timeoutMs: options.leakTimeoutMs ?? 2_000 })
        } finally {
          await client.query(`drop database if exists ${name} with (force)`)
        }
      })
    },
  }
}

async function noConnections(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ application: string; state: string; query: string }>(
    `select application_name as application, state, left(query, 200) as query from pg_stat_activity
      where datname = $1 and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    [name],
  )
  if (rows.length > 0)
    throw new Error(
      `${rows.length} connections to the test database were never closed:\n` +
        rows.map((row) => `  ${row.application} (${row.state}): ${row.query}`).join('\n'),
    )
}

function schemaOf(given: Migratable): ServiceSchema {
  const schema =
    'service' in given ? given : { service: given.name, sets: [{ name: given.name, folder: given.migrations }] }
  if (!existsSync(common.folder) || schema.sets.some((set) => set.name === common.name)) return schema
  return { ...schema, sets: [common, ...schema.sets] }
}

/** Built under another name and renamed when whole: a template left half by a killed worker is built again. */
async function ensureTemplate(admin: Client, server: string, services: readonly ServiceSchema[]): Promise<string> {
  const hash = hashOf(services)
  const template = `template_${hash}`
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [template])
  if (rowCount === 1) return template
  const building = `building_${hash}`
  await admin.query(`drop database if exists ${building} with (force)`)
  await admin.query(`create database ${building}`)
  await migrate({ url: urlOf(server, building), services, secret: testSecret })
  await admin.query(`alter database ${building} rename to ${template}`)
  return template
}

function hashOf(services: readonly ServiceSchema[]): string {
  const hash = createHash('sha256')
  for (const { service, sets } of services)
    for (const { name, folder } of sets) {
      hash.update(`\0${service}\0${name}`)
      for (const file of readdirSync(folder).sort())
        if (file.endsWith('.sql')) hash.update(`\0${file}\0${readFileSync(new URL(file, folder), 'utf8')}`)
    }
  return hash.digest('hex').slice(0, 16)
}

async function asAdmin<T>(server: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server, application_name: 'souk test admin' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

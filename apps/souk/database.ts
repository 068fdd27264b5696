import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@souk/embedded-postgres'
import { type AppliedMigration, migrate, type Migrated, type Pooled } from '@souk/postgres'
import { commonMigrations, homeShard, jobsSchema, type ServiceDefinition, shardsSchema } from '@souk/service'
import { hasShops } from './has-shops.sql.ts'

export type ReadyDatabase = {
  migrated: Migrated
  /** All databases, home first. */
  shards: readonly ReadyShard[]
  /** No shop was ever opened here. */
  isEmpty: boolean
  /** The server we started, when it is ours. */
  embedded: EmbeddedPostgres | undefined
  secret: string
  /** All addresses are those of a pooler in transaction mode. */
  pooled: Pooled
  /** Of the owner of the schemas: for migrations and audits, never for serving. */
  adminUrl: string
  /** The same by TCP, for whoever is told an address. */
  adminTcpUrl: string
}

export type ReadyShard = { name: string; adminUrl: string; urlFor(service: string): string }

export type DatabaseSettings = {
  /** Beside home. */
  shards?: Readonly<Record<string, string>> | undefined
  dataFolder: string
  databaseUrl: string | undefined
  /** The addresses are those of a pooler in transaction mode. */
  pooled?: Pooled
  secret: string | undefined
}

export type Progress = (message: string) => void

/** Bring up the database, ours or the one given, and apply what it lacks. */
export async function prepareDatabase(
  settings: DatabaseSettings,
  services: readonly ServiceDefinition[],
  onProgress: Progress,
): Promise<ReadyDatabase> {
  const folder = resolve(settings.dataFolder)
  const { pooled = false } = settings
  const secret = settings.secret ?? (await keptSecret(folder))
  if (pooled && settings.databaseUrl === undefined) throw new Error('SOUK_POOLER needs DATABASE_URL: the pooler’s.')
  let embedded: EmbeddedPostgres | undefined
  let adminUrl = settings.databaseUrl
  if (adminUrl === undefined) {
    embedded = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), onProgress })
    adminUrl = embedded.localUrl
  }
  let migrating = ''
  try {
    const migrated = await migrate({
      url: adminUrl,
      pooled,
      secret,
      services: [jobsSchema, shardsSchema, ...services.map(serviceSchema)],
      onApplied({ service }: AppliedMigration) {
        if (service !== migrating) onProgress(`Migrating ${service}`)
        migrating = service
      },
    })
    const shards: ReadyShard[] = [{ name: homeShard, adminUrl, urlFor: migrated.urlFor }]
    for (const [name, url] of Object.entries(settings.shards ?? {})) {
      let said = false
      const { urlFor } = await migrate({
        url,
        pooled,
        secret,
        services: services.filter(({ divided }) => divided).map(serviceSchema),
        onApplied() {
          if (!said) onProgress(`Migrating the shard ${name}`)
          said = true
        },
      })
      shards.push({ name, adminUrl: url, urlFor })
    }
    if (!migrated.rolesSeparated && pooled)
      throw new Error(
        'Behind a pooler services need roles of their own, which carry their settings: give this database user CREATEROLE.',
      )
    if (!migrated.rolesSeparated)
      onProgress(
        'Note: this database user may not create roles, so all services share it. Give it CREATEROLE to separate them.',
      )
    const isEmpty = shards.length > 1 && !(await hasShops(adminUrl, pooled))
    const adminTcpUrl = embedded?.url ?? adminUrl
    return { migrated, shards, isEmpty, embedded, secret, pooled, adminUrl, adminTcpUrl }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

export const serviceSchema = (service: ServiceDefinition) => ({
  service: service.name,
  sets: [commonMigrations, { name: service.name, folder: service.migrations }],
})

/** Made at the first start and kept beside the data, readable by its owner only. */
async function keptSecret(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'secret')
  try {
    await writeFile(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return (await readFile(file, 'utf8')).trim()
}

import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@souk/embedded-postgres'
import { type AppliedMigration, migrate, type Migrated } from '@souk/postgres'
import { commonMigrations, jobsSchema, type ServiceDefinition } from '@souk/service'

export type ReadyDatabase = {
  migrated: Migrated
  /** The server we started, when it is ours. */
  embedded: EmbeddedPostgres | undefined
  secret: string
  /** Of the owner of the schemas: for migrations and audits, never for serving. */
  adminUrl: string
  /** The same by TCP, for whoever is told an address. */
  adminTcpUrl: string
}

export type DatabaseSettings = { dataFolder: string; databaseUrl: string | undefined; secret: string | undefined }

export type Progress = (message: string) => void

/** Bring up the database, ours or the one given, and apply what it lacks. */
export async function prepareDatabase(
  settings: DatabaseSettings,
  services: readonly ServiceDefinition[],
  onProgress: Progress,
): Promise<ReadyDatabase> {
  const folder = resolve(settings.dataFolder)
  const secret = settings.secret ?? (await keptSecret(folder))
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
      secret,
      services: [jobsSchema, ...services.map(serviceSchema)],
      onApplied({ service }: AppliedMigration) {
        if (service !== migrating) onProgress(`Migrating ${service}`)
        migrating = service
      },
    })
    if (!migrated.rolesSeparated)
      onProgress(
        'Note: this database user may not create roles, so all services share it. Give it CREATEROLE to separate them.',
      )
    return { migrated, embedded, secret, adminUrl, adminTcpUrl: embedded?.url ?? adminUrl }
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

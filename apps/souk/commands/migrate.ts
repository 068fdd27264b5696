import { parseEnv } from '@souk/service'
import { appConfig, pooledBy } from '../config.ts'
import { type Console, timed } from '../console.ts'
import { prepareDatabase } from '../database.ts'
import { besideRunning } from '../running.ts'
import { allServices } from '../services.ts'

/** `souk migrate`: apply what the database lacks, and say what that was. */
export async function migrate(io: Console, { json }: { json?: true }): Promise<void> {
  const settings = parseEnv(await besideRunning(io.env), appConfig)
  const { migrated, embedded } = await prepareDatabase(
    {
      dataFolder: settings.SOUK_DATA,
      databaseUrl: settings.DATABASE_URL,
      secret: settings.SOUK_SECRET,
      shards: settings.SOUK_SHARDS,
      pooled: pooledBy[settings.SOUK_POOLER],
    },
    allServices,
    timed(io),
  )
  await embedded?.stop()
  const { applied, rolesSeparated } = migrated
  if (json) io.print(JSON.stringify({ applied, rolesSeparated }, null, 2))
  else
    io.print(
      applied.length === 0
        ? 'The database is up to date.'
        : `Applied ${applied.length} migration${applied.length === 1 ? '' : 's'}.`,
    )
}

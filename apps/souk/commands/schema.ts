import { writeSchemas } from '@souk/postgres'
import { parseEnv } from '@souk/service'
import { appConfig } from '../config.ts'
import type { Console } from '../console.ts'
import { prepareDatabase, serviceSchema } from '../database.ts'
import { besideRunning } from '../running.ts'
import { allServices } from '../services.ts'

/** `souk schema`: write down how each service's tables look after all its migrations. */
export async function schema(io: Console, { json }: { json?: true }): Promise<void> {
  const settings = parseEnv(await besideRunning(io.env), appConfig)
  const { adminUrl, secret, embedded } = await prepareDatabase(
    { dataFolder: settings.SOUK_DATA, databaseUrl: settings.DATABASE_URL, secret: settings.SOUK_SECRET },
    [],
    io.say,
  )
  try {
    const files = allServices.map((service) => ({
      ...serviceSchema(service),
      file: new URL('../schema.sql', service.migrations),
    }))
    const changed = await writeSchemas(adminUrl, files, secret)
    if (json) io.print(JSON.stringify({ changed }))
    else io.print(changed.length === 0 ? 'Every schema.sql is up to date.' : `Written anew: ${changed.join(', ')}.`)
  } finally {
    await embedded?.stop()
  }
}

import { parseEnv } from '@souk/service'
import { appConfig } from '../config.ts'
import { choosePort } from '../choose-port.ts'
import { type Console, timed } from '../console.ts'
import { UsageError } from '../explain.ts'
import { untilAskedToStop } from '../lifetime.ts'
import { openMarketplace } from '../marketplace.ts'
import { ensureOperator } from '../seed/operator.ts'
import { servicesNamed } from '../services.ts'

/** `souk serve orders …`: some services in this process, on a database that is there already. */
export async function serve(io: Console, names: readonly string[], { json }: { json?: true }): Promise<number> {
  const settings = parseEnv(io.env, appConfig)
  if (settings.DATABASE_URL === undefined)
    throw new UsageError(
      'serve needs a database: set DATABASE_URL. To run everything on one of its own, use `souk start`.',
    )
  const services = chosen(names)
  const port = await choosePort(settings.SOUK_HOST, settings.SOUK_PORT, (io.env.SOUK_PORT ?? '') !== '')
  const askedToStop = untilAskedToStop(io)
  const marketplace = await openMarketplace({
    services,
    env: io.env,
    port,
    onProgress: timed(io),
    onFatal: () => {},
    async beforeOpening(house) {
      if (services.some(({ name }) => name === 'identity')) await ensureOperator(house, settings)
    },
  })
  const serving = services.map(({ name }) => name)
  const missing = marketplace.unserved()
  for (const contract of missing)
    io.say(`Note: nobody here serves ${contract}. What needs it is refused until it runs in this process, too.`)
  if (json) io.print(JSON.stringify({ url: marketplace.url, pid: process.pid, services: serving, unserved: missing }))
  else io.print(`Serving ${serving.join(', ')} at ${marketplace.url} (API reference: ${marketplace.url}/docs)`)
  io.say(`\nClosing (${await askedToStop}): finishing what was accepted…`)
  await marketplace.stop()
  io.say('Closed.')
  return 0
}

function chosen(names: readonly string[]) {
  try {
    return servicesNamed(names)
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`${error.message}.`) : error
  }
}

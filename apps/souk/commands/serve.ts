import { parseEnv } from '@souk/service'
import { choosePort } from '../choose-port.ts'
import { appConfig } from '../config.ts'
import { type Console, timed } from '../console.ts'
import { UsageError } from '../explain.ts'
import { untilAskedToStop } from '../lifetime.ts'
import { openMarketplace, type Role } from '../marketplace.ts'
import { openNetwork, planNetwork } from '../network.ts'
import { ensureOperator } from '../seed/operator.ts'
import { allServices, servicesNamed } from '../services.ts'

export type ServeOptions = { role: Role; json?: true }

/** `souk serve orders …`: some services in this process, on a database that is there already. */
export async function serve(io: Console, names: readonly string[], { role, json }: ServeOptions): Promise<number> {
  const settings = parseEnv(io.env, appConfig)
  if (settings.DATABASE_URL === undefined)
    throw new UsageError(
      'serve needs a database: set DATABASE_URL. To run everything on one of its own, use `souk start`.',
    )
  const services = chosen(names)
  if (role === 'desk' && services.length < allServices.length)
    throw new UsageError('A desk is for the marketplace as a whole: name no services with --role desk.')
  const serving = services.map(({ name }) => name)
  const plan = planNetwork(settings, io.env, serving)
  const isDivided = serving.length < allServices.length || plan.listen !== undefined
  const port = await choosePort(settings.SOUK_HOST, settings.SOUK_PORT, (io.env.SOUK_PORT ?? '') !== '')
  let fatal: (error: Error) => void = () => {}
  let exitCode = 0
  const died = new Promise<string>((resolve) => {
    fatal = (error) => {
      exitCode = 1
      resolve(error.message)
    }
  })
  const askedToStop = Promise.race([untilAskedToStop(io), died])
  const marketplace = await openMarketplace({
    services,
    env: io.env,
    port,
    role,
    onProgress: timed(io),
    onFatal: fatal,
    ...(isDivided && { network: (deps) => openNetwork(plan, serving, deps) }),
    async beforeOpening(house) {
      if (serving.includes('identity')) await ensureOperator(house, settings)
    },
  })
  const { url, rpcAddress } = marketplace
  const unserved = marketplace.unserved()
  for (const contract of unserved) io.say(`Note: nobody said where ${contract} is served. What needs it is refused.`)
  if (json) io.print(JSON.stringify({ url, pid: process.pid, services: serving, role, rpc: rpcAddress, unserved }))
  else {
    io.print(`Serving ${serving.join(', ')} at ${url} (API reference: ${url}/docs)`)
    if (rpcAddress !== undefined) io.print(`Other processes call them at ${rpcAddress}`)
  }
  io.say(`\nClosing (${await askedToStop}): finishing what was accepted…`)
  await marketplace.stop()
  io.say('Closed.')
  return exitCode
}

function chosen(names: readonly string[]) {
  try {
    return servicesNamed(names)
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`${error.message}.`) : error
  }
}

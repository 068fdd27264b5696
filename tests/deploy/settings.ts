import { readFileSync } from 'node:fs'
import { appConfig } from '../../apps/souk/config.ts'
import { kafkaConfig } from '../../apps/souk/event-log.ts'
import { gatewayConfig } from '../../apps/souk/gateway/config.ts'
import { planNetwork } from '../../apps/souk/network.ts'
import { allServices, servicesNamed } from '../../apps/souk/services.ts'
import { configOf, ConfigurationError, parseEnv } from '../../packages/service/index.ts'

/** Every setting there is: of the program, its services, the gateway, the log. */
export function knownSettings(): ReadonlySet<string> {
  const specs = [appConfig, gatewayConfig, kafkaConfig, ...allServices.map(({ config }) => config)]
  const peers = allServices.map(({ name }) => `SOUK_RPC_${name.toUpperCase()}`)
  // Of the program that runs, not of its configuration.
  return new Set([...specs.flatMap((spec) => Object.keys(spec)), ...peers, 'NODE_ENV', 'SOUK_PARENT_PID'])
}

/** What the storefront reads, by its own file. */
export const storefrontSettings: ReadonlySet<string> = new Set([
  ...[
    ...readFileSync(new URL('../../apps/storefront/main.ts', import.meta.url), 'utf8').matchAll(/env\.(SOUK_\w+)/g),
  ].map(([, name = '']) => name),
  'NODE_ENV',
])

/** What a secret store gives, in the form it has. */
export const secrets = {
  DATABASE_URL: 'postgres://owner:password@db.example/souk',
  SOUK_SECRET: 'x'.repeat(40),
  SOUK_OPERATOR_EMAIL: 'operator@souk.example',
  SOUK_OPERATOR_PASSWORD: 'a password of some length',
}

/** What `souk <args>` would complain about before it starts anything; and settings that nobody reads. */
export function faultsOf(args: readonly string[], env: Readonly<Record<string, string>>): string[] {
  const known = knownSettings()
  const unread = Object.keys(env).filter((name) => !known.has(name) && /^(SOUK_|DATABASE_)/.test(name))
  const faults = unread.map((name) => `${name} is no setting`)
  const [command = '', ...rest] = args
  const at = rest.indexOf('--role')
  const names = at < 0 ? rest : rest.slice(0, at)
  try {
    const settings = parseEnv(env, { ...appConfig, ...kafkaConfig })
    if (command === 'gateway') {
      parseEnv(env, gatewayConfig)
      planNetwork(settings, env, ['gateway'], ['identity'])
    } else if (command === 'serve') {
      if (at >= 0 && !['all', 'edges', 'work', 'desk'].includes(rest[at + 1] ?? ''))
        faults.push(`no role ${rest[at + 1]}`)
      const services = servicesNamed(names)
      configOf(services, env)
      planNetwork(
        settings,
        env,
        services.map(({ name }) => name),
      )
    } else if (!['relay', 'migrate', 'seed'].includes(command)) faults.push(`there is no program ${command}`)
  } catch (error) {
    faults.push(...(error instanceof ConfigurationError ? error.faults : [(error as Error).message]))
  }
  return faults
}

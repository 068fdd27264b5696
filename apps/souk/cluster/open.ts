import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { callers, gatewayName, operatorName } from '@souk/contracts/callers'
import { engines } from '@souk/engines'
import { issueCertificates } from '../certificates.ts'
import { Refusal } from '../explain.ts'
import type { SignIn } from '../running.ts'
import type { DemoState } from '../seed/demo.ts'
import type { ClusterDescription } from './description.ts'
import { kafkaPart, poolerPart, postgresPart, type PostgresPart, redisPart } from './engine-parts.ts'
import { keep, type Kept, type Part } from './part.ts'
import { commonEnv, host, planPrograms, type PlanOptions, programFile } from './plan.ts'
import { programPart } from './program-part.ts'
import { replicaPart } from './replica-part.ts'
import { runSouk } from './run-souk.ts'

export type Cluster = {
  readonly parts: readonly Kept[]
  part(name: string): Kept
  /** Of the gateway: "http://127.0.0.1:7700". */
  readonly url: string
  readonly storefrontUrl: string | undefined
  readonly providerUrl: string
  readonly operator: SignIn
  readonly demo: DemoState | undefined
  readonly secret: string
  readonly folder: string
  /** For commands beside it: audit, relay --status. */
  readonly env: Readonly<Record<string, string>>
  /** Of the superuser on one of its databases. */
  adminUrl(shard: string): string
  /** `souk …` beside it, to its end. @throws when that is not 0. */
  souk(...args: string[]): Promise<string>
  /** Programs first, in the opposite order of their start; then what they stand on. */
  stop(): Promise<void>
}

export type ClusterOptions = {
  description: ClusterDescription
  folder: string
  /** Stock the demo when there is nothing. */
  demo: boolean
  pages?: { storefront: string; admin: string }
  settings?: Readonly<Record<string, string>>
  brokersOf?: PlanOptions['brokersOf']
  /** More lines of Kafka's settings: a second way in, for who is to be cut off. */
  kafkaSettings?: Record<string, string>
  /** How long a program may take to start; default 90 s. */
  readyMs?: number
  onProgress: (text: string) => void
  signal?: AbortSignal
}

const storefront = fileURLToPath(import.meta.resolve('@souk/storefront/main'))
const provider = fileURLToPath(import.meta.resolve('@souk/stand-ins/test-provider/main'))

/** Start a whole cluster on this machine, on real servers. @throws saying which part did not come up, and why. */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { description, folder, onProgress } = options
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  await obtainEngines(description, onProgress)
  const secret = kept(join(folder, 'secret'))
  const operator = { email: 'operator@cluster.example', password: kept(join(folder, 'operator-password')) }
  const given = { description, folder, secret, onProgress }
  const planned: PlanOptions = { ...options, secret, operator }
  const env = commonEnv(description, { folder, secret, operator, ...settingsOf(options) }, 'commands')
  const servers = Object.keys(description.postgres.servers).map((server) => postgresPart(server, given))
  const patience = options.readyMs === undefined ? {} : { readyMs: options.readyMs }
  const logOf = (name: string) => join(folder, 'logs', `${name}.log`)
  const programs = planPrograms(description, planned).filter(
    ({ run }) => run !== 'storefront' || options.pages !== undefined,
  )
  const gateway = programs.find(({ run }) => run === 'gateway')
  const url = `http://${host}:${gateway?.port}`
  const kept_: (Kept & { close(): void })[] = []
  const add = (part: Part) => {
    const looked = keep(part, onProgress)
    kept_.push(looked)
    return looked
  }
  const stop = async () => {
    for (const part of kept_) part.close()
    // What answers customers goes first, what keeps their orders last; equals go together.
    const ranks = Map.groupBy(kept_.toReversed(), (part) => rankOf(part.name))
    for (const rank of [...ranks.keys()].sort((a, b) => b - a)) {
      const some = ranks.get(rank) ?? []
      const running = some.filter((part) => part.pid() !== undefined)
      if (running.length > 0) onProgress(`Stopping ${running.map(({ name }) => name).join(', ')}`)
      await Promise.allSettled(some.map((part) => part.takeAway()))
    }
  }
  const rankOf = (name: string): number => {
    if (name.startsWith('postgres')) return 0
    // Before what they follow, which would wait until they have everything.
    if (name.startsWith('replica')) return 1
    if (['pooler', 'kafka', 'redis'].includes(name)) return 2
    const program = programs.find((each) => each.name === name)
    const ranks = { relay: 3, serve: 4, gateway: 6, storefront: 7 }
    if (program === undefined) return 3
    // Before the edges: what a worker has begun it asks of them.
    return program.args.includes('work') ? 5 : ranks[program.run]
  }
  const up = async (...parts: Kept[]) => {
    options.signal?.throwIfAborted()
    if (parts.length === 0) return
    onProgress(`Starting ${parts.map(({ name }) => name).join(', ')}`)
    await Promise.all(parts.map((part) => part.start()))
  }
  const souk = (...args: string[]) => runSouk(description, args, env, logOf('commands'))
  try {
    const engines = [...servers.map(add), add(kafkaPart(given, options.kafkaSettings)), add(redisPart(given))]
    await up(...engines)
    if (description.pooler.enabled) await up(add(poolerPart(given)))
    onProgress('Making certificates and migrating the databases')
    const names = [...Object.keys(callers), gatewayName, operatorName]
    await issueCertificates({ folder: join(folder, 'certificates'), names, now: new Date(), hours: 24 * 30 })
    await souk('migrate')
    // Copied when everything is in it already: less to play back.
    if (description.replicas) await up(...servers.map((primary) => add(replicaPart(serverOf(primary), primary, given))))
    const toProvider = programPart({
      name: 'provider',
      does: 'stands for a payment provider',
      port: description.provider.port,
      log: logOf('provider'),
      ...patience,
      args: [
        provider,
        '--host',
        host,
        '--port',
        String(description.provider.port),
        '--folder',
        join(folder, 'provider'),
        '--webhook-url',
        `${url}/v1/payments/webhooks/test`,
      ],
      env: {},
      health: `http://${host}:${description.provider.port}/`,
      firstWords: { secret },
    })
    const parts = new Map(
      programs.map((plan) => [
        plan.name,
        add(
          programPart({
            ...plan,
            log: logOf(plan.name),
            ...patience,
            args: [...description.node, ...(plan.run === 'storefront' ? [storefront] : [programFile, ...plan.args])],
            ...(plan.run === 'storefront' && { firstWords: {} }),
          }),
        ),
      ]),
    )
    const running = (...runs: string[]) =>
      programs.filter(({ run }) => runs.includes(run)).map(({ name }) => parts.get(name) as Kept)
    await up(add(toProvider), ...running('relay'))
    let demo: DemoState | undefined
    if (options.demo) {
      onProgress('Stocking the demo, where there is nothing yet')
      demo = JSON.parse((await souk('seed', '--json')).trim().split('\n').at(-1) ?? 'null') as DemoState | undefined
    }
    // Two at a time: more would only wait for each other on a small machine.
    const serving = running('serve')
    for (let at = 0; at < serving.length; at += 2) await up(...serving.slice(at, at + 2))
    await up(...running('gateway'))
    await up(...running('storefront'))
    return {
      parts: kept_,
      part(name) {
        const found = kept_.find((part) => part.name === name)
        if (found === undefined)
          throw new RangeError(`there is no ${name}; there are ${kept_.map((part) => part.name).join(', ')}`)
        return found
      },
      url,
      storefrontUrl: programs
        .filter(({ run }) => run === 'storefront')
        .map(({ port }) => `http://${host}:${port}`)
        .at(0),
      providerUrl: `http://${host}:${description.provider.port}`,
      operator,
      demo,
      secret,
      folder,
      env,
      adminUrl: (shard) => adminUrlOf(servers, description, shard),
      souk,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

const serverOf = ({ name }: PostgresPart): string => name.replace('postgres-', '')

const settingsOf = ({ settings }: ClusterOptions) => (settings === undefined ? {} : { settings })

function adminUrlOf(servers: readonly PostgresPart[], description: ClusterDescription, shard: string): string {
  const server = servers.find(({ name }) => name === `postgres-${description.postgres.shards[shard]}`)
  const url = new URL(server?.adminUrl() ?? '')
  url.pathname = `/${shard}`
  return url.href
}

/** All of them, before anything starts: what is missing is named at once, with how to get it. */
async function obtainEngines({ pooler }: ClusterDescription, onProgress: (text: string) => void): Promise<void> {
  const wanted = [engines.kafka, engines.redis, ...(pooler.enabled ? [engines.pgbouncer] : [])]
  const missing: string[] = []
  for (const engine of wanted)
    try {
      await engine.obtain({ onProgress: (text) => onProgress(`${engine.name}: ${text}`) })
    } catch (error) {
      missing.push((error as Error).message)
    }
  if (missing.length > 0)
    throw new Refusal(
      `The cluster needs servers this machine does not have, and does not do without:\n${missing.map((each) => `  ${each}`).join('\n')}`,
    )
}

/** A secret made once and kept in a file for its owner. */
function kept(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}

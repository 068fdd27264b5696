import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { homeShard } from '@souk/service'
import { derivedSecret } from '../derived-secret.ts'
import { type ClusterDescription, type ServeProgram, servicesOf } from './description.ts'

export const host = '127.0.0.1'
/** `souk`. */
export const programFile = fileURLToPath(new URL('../main.ts', import.meta.url))
/** Who owns the schemas; its password follows from the secret, on every server. */
export const ownerRole = 'souk'

export type ProgramPlan = {
  name: string
  run: 'serve' | 'relay' | 'gateway' | 'storefront'
  /** After `souk`; empty for the storefront. */
  args: readonly string[]
  env: Readonly<Record<string, string>>
  port: number
  /** What answers 200 when it can work. */
  health: string
  /** In words, for the table. */
  does: string
}

export type PlanOptions = {
  folder: string
  secret: string
  /** Limits to raise and such, over those of the description. */
  settings?: Readonly<Record<string, string>>
  /** Where programs find Kafka instead: a proxy that can be told to misbehave, by name of the program. */
  brokersOf?: (program: string) => string | undefined
  pages?: { storefront: string; admin: string }
  operator: { email: string; password: string }
}

/** Address of a database as the owner, at the pooler if there is one. */
export function databaseUrl({ postgres, pooler }: ClusterDescription, shard: string, secret: string): string {
  const server = postgres.servers[postgres.shards[shard] ?? '']
  const port = pooler.enabled ? pooler.port : server?.port
  return `postgres://${ownerRole}:${derivedSecret(secret, 'cluster owner')}@${host}:${port}/${shard}`
}

/** Where the replica of a server listens. */
export const replicaPort = ({ postgres }: ClusterDescription, server: string): number =>
  (postgres.servers[server]?.port ?? 0) + 1

/** Of the replica of each database, by its name: not through the pooler, which knows the primaries alone. */
function replicaUrls(description: ClusterDescription, secret: string): Record<string, string[]> {
  const password = derivedSecret(secret, 'cluster owner')
  const urlOf = ([shard, server]: [string, string]): [string, string[]] => [
    shard,
    [`postgres://${ownerRole}:${password}@${host}:${replicaPort(description, server)}/${shard}`],
  ]
  return Object.fromEntries(Object.entries(description.postgres.shards).map(urlOf))
}

/** What every program is told, whoever it is. */
export function commonEnv(description: ClusterDescription, options: PlanOptions, program = ''): Record<string, string> {
  const { postgres, pooler, kafka, redis, settings } = description
  const { secret, folder } = options
  const others = Object.keys(postgres.shards).filter((shard) => shard !== homeShard)
  const brokers = Array.from({ length: kafka.nodes }, (_, at) => `${host}:${kafka.port + 2 * at}`).join(',')
  return {
    SOUK_SECRET: secret,
    SOUK_DATA: join(folder, 'programs', program),
    DATABASE_URL: databaseUrl(description, homeShard, secret),
    ...(others.length > 0 && {
      SOUK_SHARDS: JSON.stringify(
        Object.fromEntries(others.map((shard) => [shard, databaseUrl(description, shard, secret)])),
      ),
    }),
    ...(pooler.enabled && { SOUK_POOLER: 'transaction-prepared' }),
    SOUK_KAFKA_BROKERS: options.brokersOf?.(program) ?? brokers,
    SOUK_KAFKA_PARTITIONS: String(kafka.partitions),
    SOUK_KAFKA_REPLICAS: String(kafka.nodes),
    SOUK_REDIS_URL: `redis://${host}:${redis.port}`,
    SOUK_TEST_PROVIDER_URL: `http://${host}:${description.provider.port}`,
    SOUK_MEDIA_FOLDER: join(folder, 'media'),
    SOUK_CERTIFICATES: join(folder, 'certificates'),
    SOUK_RPC_PEERS: JSON.stringify(peersOf(description)),
    ...settings,
    ...options.settings,
  }
}

/** Where each service is called. */
export function peersOf({ programs }: ClusterDescription): Record<string, string[]> {
  const peers: Record<string, string[]> = {}
  for (const program of Object.values(programs))
    if (program.run === 'serve' && program.rpc !== undefined)
      for (const service of servicesOf(program)) (peers[service] ??= []).push(`${host}:${program.rpc}`)
  return peers
}

/** The programs in the order in which they start, each with all it is told. */
export function planPrograms(description: ClusterDescription, options: PlanOptions): ProgramPlan[] {
  const { programs } = description
  const serving = Object.values(programs).filter((program) => program.run === 'serve' && program.role !== 'work')
  const upstreams = serving.map(({ port }) => `http://${host}:${port}`).join(',')
  const gatewayPort = Object.values(programs).find(({ run }) => run === 'gateway')?.port
  const storefrontPort = Object.values(programs).find(({ run }) => run === 'storefront')?.port
  return Object.entries(programs).map(([name, program]): ProgramPlan => {
    const env: Record<string, string> = {
      ...commonEnv(description, options, name),
      SOUK_HOST: host,
      SOUK_PORT: String(program.port),
    }
    const at = { name, run: program.run, port: program.port, health: `http://${host}:${program.port}/health/ready` }
    switch (program.run) {
      case 'serve':
        return {
          ...at,
          args: ['serve', ...(program.services ?? []), '--role', program.role],
          env: {
            ...env,
            ...(program.rpc !== undefined && { SOUK_RPC_LISTEN: `${host}:${program.rpc}` }),
            ...(answers(program) && {
              // Lists are asked for at edges alone; each process that is told follows all replicas.
              ...(description.replicas && { SOUK_REPLICAS: JSON.stringify(replicaUrls(description, options.secret)) }),
              SOUK_OPERATOR_EMAIL: options.operator.email,
              SOUK_OPERATOR_PASSWORD: options.operator.password,
            }),
            ...(storefrontPort !== undefined && {
              SOUK_PAYMENTS_RETURN_URL: `http://${host}:${storefrontPort}/payments`,
            }),
          },
          does: doing(program),
        }
      case 'gateway':
        return {
          ...at,
          args: ['gateway'],
          env: {
            ...env,
            SOUK_GATEWAY_UPSTREAMS: upstreams,
            ...(options.pages !== undefined && { SOUK_ADMIN_BUILT: options.pages.admin }),
          },
          does: 'the single entry',
        }
      case 'relay':
        return { ...at, args: ['relay'], env, does: 'brings events to Kafka' }
      case 'storefront':
        return {
          ...at,
          args: [],
          // Of the marketplace's secrets only what was made for it.
          env: {
            NODE_ENV: 'production',
            SOUK_API_URL: `http://${host}:${gatewayPort}`,
            SOUK_STOREFRONT_HOST: host,
            SOUK_STOREFRONT_PORT: String(program.port),
            SOUK_STOREFRONT_SECRET: derivedSecret(options.secret, 'storefront sessions'),
            SOUK_FORWARDER_SECRET: derivedSecret(options.secret, 'forwarder'),
            ...(options.pages !== undefined && { SOUK_STOREFRONT_BUILT: options.pages.storefront }),
          },
          health: `http://${host}:${program.port}/health`,
          does: 'pages for shoppers',
        }
    }
  })
}

const answers = ({ role }: ServeProgram): boolean => role === 'edges' || role === 'all'

function doing(program: ServeProgram): string {
  const who = program.services === undefined ? 'all services' : program.services.join(', ')
  const what = { edges: 'answers for', work: 'events and jobs of', all: 'everything of', desk: 'operations over' }
  return `${what[program.role]} ${who}`
}
